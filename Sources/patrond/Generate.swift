import ArgumentParser
import PatronCore
import PatronSample
import PatronStore

struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fill a data directory with generated customers, for measurements.",
    discussion: """
      Creates customers with the external ids g0000001 and up in the store `default`. Some of them \
      have every writable field, and all states of consent and suppressions occur. The same seed \
      generates the same customers. The server must not be running. Existing customers are not \
      changed.
      """
  )

  @OptionGroup var data: DataOptions

  @Option(help: "Number of customers, 1 to 9,999,999.")
  var customers: Int

  @Option(help: "Number of events per customer, 0 to 1,000.")
  var eventsPerCustomer = 0

  @Option(help: "Seed of the generated data.")
  var seed: UInt64 = 1

  func validate() throws {
    guard (1...9_999_999).contains(customers) else {
      throw ValidationError("--customers is \(customers); expected 1 to 9999999.")
    }
    guard (0...1000).contains(eventsPerCustomer) else {
      throw ValidationError("--events-per-customer is \(eventsPerCustomer); expected 0 to 1000.")
    }
  }

  func run() throws {
    var options = StoreOptions(directory: data.data, migrations: Migration.all)
    // Generated data can be generated again, so batches need not wait for the disk.
    options.durability = .off
    let store = try Store.opened(options)
    defer { store.close() }
    let before = try store.counts()
    let generator = SampleShop(
      customers: customers,
      eventsPerCustomer: eventsPerCustomer,
      seed: seed
    )
    let start = ContinuousClock.now
    try generator.fill(store) { done in
      guard done % 10_000 == 0 || done == customers else { return }
      report(
        "\(done) of \(customers) customers, \((ContinuousClock.now - start).components.seconds) s"
      )
    }
    let after = try store.counts()
    report(
      "new: \(CountText.of(after.customers - before.customers, "customer")), "
        + CountText.of(after.events - before.events, "event")
    )
  }
}
