import ArgumentParser
import Foundation
import PatronCore
import PatronSample
import PatronStore

/// Fills a data directory with made-up customers.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fill a data directory with made-up customers, for measurements.",
    discussion: """
      The customers have external ids g0000001 and up, in the store `default`; every writable \
      field is filled in some of them, and every state of consent and suppressions are among \
      them. The same seed makes the same customers. The server must \
      not be running. Nothing is overwritten: customers that exist are left as they are.
      """
  )

  @OptionGroup var data: DataOptions

  @Option(help: "How many customers, up to 9,999,999.")
  var customers: Int

  @Option(help: "How many events each, 0 to 1,000.")
  var eventsPerCustomer = 0

  @Option(help: "What the made-up data begins with.")
  var seed: UInt64 = 1

  func validate() throws {
    guard (1...9_999_999).contains(customers) else {
      throw ValidationError("--customers \(customers): expected 1 to 9999999.")
    }
    guard (0...1000).contains(eventsPerCustomer) else {
      throw ValidationError("--events-per-customer \(eventsPerCustomer): expected 0 to 1000.")
    }
  }

  func run() throws {
    var options = StoreOptions(directory: data.data, migrations: Migration.all)
    // Made-up data can be made again: no need to wait for the disk after each batch.
    options.durability = .off
    let store = try Store.opened(options)
    defer { store.close() }
    let before = try store.counts()
    let generator = SampleShop(
      customers: customers,
      eventsPerCustomer: eventsPerCustomer,
      seed: seed
    )
    let start = Date()
    try generator.fill(store) { done in
      guard done % 10_000 == 0 || done == customers else { return }
      report("\(done) of \(customers) customers, \(Int(Date().timeIntervalSince(start))) s")
    }
    let after = try store.counts()
    report(
      "new: \(CountText.of(after.customers - before.customers, "customer")), "
        + CountText.of(after.events - before.events, "event")
    )
  }
}
