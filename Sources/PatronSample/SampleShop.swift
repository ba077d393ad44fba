internal import PatronCore
internal import PatronModel
internal import PatronProto
package import PatronStore
internal import ProtobufC

/// Invented customers and events for measurements. The same seed makes the same shop.
package struct SampleShop: Sendable {
  private let customers: Int
  private let eventsPerCustomer: Int
  private let seed: UInt64

  private static let batch = 500

  /// Makes a shop of `customers` (external ids g0000001 and up) with `eventsPerCustomer` events
  /// each.
  package init(customers: Int, eventsPerCustomer: Int, seed: UInt64) {
    self.customers = customers
    self.eventsPerCustomer = eventsPerCustomer
    self.seed = seed
  }

  /// Writes the shop into the store `default`, and calls `progress` with the number of customers
  /// written so far. Existing customers are changed only if they differ.
  package func fill(_ store: Store, progress: (Int) -> Void) throws {
    for first in stride(from: 1, through: customers, by: Self.batch) {
      let last = min(first + Self.batch - 1, customers)
      try store.performAndWait { transaction in
        let writer = StoreWriter(transaction, of: .default)
        for number in first...last { try write(number, in: writer) }
      }
      progress(last)
    }
  }

  /// 2026-01-01 in microseconds since 1970: a fixed time, so that records do not depend on the time
  /// of their creation.
  private static let made: Int64 = 1_767_225_600_000_000

  private func write(_ number: Int, in writer: StoreWriter) throws {
    var random = SplitMix(seed: seed &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(number))
    var violations = Violations()
    let input = SampleCustomer.make(number, &random)
    var change = CustomerChange.checked(
      input,
      path: "customer",
      mode: .explicit,
      author: .request,
      identity: .upsert,
      origin: .import,
      country: nil,
      source: "generated",
      actor: .platform,
      now: Self.made,
      &violations
    )
    change.setBy = "import"
    change.imported = SampleConsent.make(number, of: input, now: Self.made, &violations)
    var events: [EventChange] = []
    for index in 0..<eventsPerCustomer {
      events.append(
        EventChange(
          CustomerInput.with { $0.externalID = input.externalID },
          SampleCustomer.event(index, of: number, &random),
          country: nil,
          now: Self.made,
          &violations
        )
      )
    }
    try violations.finish()
    let plan = try change.plan(in: writer.read)
    _ = try change.perform(plan, in: writer, at: Self.made)
    for event in events { _ = try event.perform(in: writer, at: Self.made) }
  }
}

/// A small generator of random numbers (SplitMix64), the same on every machine.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
