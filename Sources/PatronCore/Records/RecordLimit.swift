package import PatronProto
internal import ProtobufC

/// The most that a record takes that is stored as one message, in bytes as encoded. Limits of its
/// parts alone do not bound it: an answer must hold any record, and a change reads and writes all
/// of it.
struct RecordLimit: Sendable {
  let bytes: Int
  let reason: String
  let advice: String

  static let order = RecordLimit(
    bytes: 1 << 20,
    reason: "ORDER_TOO_LARGE",
    advice: "Leave out what it does not need, or send it as several orders."
  )
  static let checkout = RecordLimit(
    bytes: 1 << 20,
    reason: "CHECKOUT_TOO_LARGE",
    advice: "Leave out what it does not need."
  )
  /// Texts, 250 tags and 100 properties take 400 KiB at the most.
  static let customer = RecordLimit(
    bytes: 1 << 19,
    reason: "CUSTOMER_TOO_LARGE",
    advice: "Remove tags or custom properties."
  )
  /// Properties take 64 KiB at the most, everything else 20.
  static let event = RecordLimit(
    bytes: 1 << 17,
    reason: "EVENT_TOO_LARGE",
    advice: "Leave out what it does not need."
  )

  /// The encoded record, if it keeps to the limit or is no larger than what it replaces: what was
  /// stored before there was a limit may get smaller.
  func checked(_ body: [UInt8], over stored: [UInt8]? = nil) throws(DomainError) -> [UInt8] {
    try check(body.count, over: stored?.count)
    return body
  }

  /// Checks the size of an encoded record, before anything is written.
  func check(_ count: Int, over stored: Int? = nil) throws(DomainError) {
    guard count > max(bytes, stored ?? 0) else { return }
    throw .reason(
      .failedPrecondition,
      reason,
      "The record would take \(count) bytes; at most \(bytes) are stored. \(advice)",
      metadata: ["bytes": String(count), "limit": String(bytes)]
    )
  }
}

extension Checkout {
  /// Refuses a checkout that is too large, before anything is written. `stored` is what it
  /// replaces.
  func checkSize(over stored: [UInt8]?) throws {
    guard lineItems.count > Order.fewParts else { return }
    try RecordLimit.checkout.check(encodedSize, over: stored?.count)
  }
}

extension Order {
  /// Positions, refunds and parts of shipments that fit into the limit whatever they hold: each
  /// takes up to 15 KiB.
  fileprivate static let fewParts = 60

  /// True when it may be larger than an order may be. Counting costs nothing, measuring as much as
  /// encoding.
  private var mayBeLarge: Bool {
    lineItems.count + refunds.count + fulfillments.reduce(0) { $0 + 1 + $1.items.count }
      > Self.fewParts
  }

  /// Refuses an order that is too large, before anything is written. `stored` is what it replaces.
  func checkSize(over stored: [UInt8]?) throws {
    guard mayBeLarge else { return }
    try RecordLimit.order.check(encodedSize, over: stored?.count)
  }

  /// The order for an answer: without parts where it is larger than an answer should be.
  package func answered() throws -> Order {
    guard mayBeLarge else { return self }
    let body = try encoded()
    return OrderParts.isLarge(body.count) ? try Order(stored: OrderParts(body).overview()) : self
  }
}
