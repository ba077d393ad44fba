package import PatronProto
internal import ProtobufC

/// The maximum size of a record that is stored as one message, in encoded bytes. The limits of its
/// parts do not bound it: an answer must hold any record, and a change reads and writes all of it.
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
  /// Texts, 250 tags and 100 properties take at most 400 KiB.
  static let customer = RecordLimit(
    bytes: 1 << 19,
    reason: "CUSTOMER_TOO_LARGE",
    advice: "Remove tags or custom properties."
  )
  /// Properties take at most 64 KiB, everything else at most 20 KiB.
  static let event = RecordLimit(
    bytes: 1 << 17,
    reason: "EVENT_TOO_LARGE",
    advice: "Leave out what it does not need."
  )

  /// Returns the encoded record if it keeps to the limit, or is not larger than the record it
  /// replaces: a record from before the limit existed may shrink.
  ///
  /// - Throws: FAILED_PRECONDITION with ``reason``.
  func checked(_ body: [UInt8], over stored: [UInt8]? = nil) throws(DomainError) -> [UInt8] {
    try check(body.count, over: stored?.count)
    return body
  }

  /// Checks the size of an encoded record in bytes. Call it before anything is written.
  ///
  /// - Throws: FAILED_PRECONDITION with ``reason``.
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
  /// Refuses a checkout that is too large. Call it before anything is written. `stored` is the
  /// encoded checkout that it replaces.
  ///
  /// - Throws: FAILED_PRECONDITION `CHECKOUT_TOO_LARGE`.
  func checkSize(over stored: [UInt8]?) throws {
    guard lineItems.count > Order.fewParts else { return }
    try RecordLimit.checkout.check(encodedSize, over: stored?.count)
  }
}

extension Order {
  /// The number of positions, refunds and parts of shipments that always fit the limit: each takes
  /// at most 15 KiB.
  fileprivate static let fewParts = 60

  /// True if the order may exceed the limit. Counting its parts is cheap; measuring costs as much
  /// as encoding.
  private var mayBeLarge: Bool {
    lineItems.count + refunds.count + fulfillments.reduce(0) { $0 + 1 + $1.items.count }
      > Self.fewParts
  }

  /// Refuses an order that is too large. Call it before anything is written. `stored` is the
  /// encoded order that it replaces.
  ///
  /// - Throws: FAILED_PRECONDITION `ORDER_TOO_LARGE`.
  func checkSize(over stored: [UInt8]?) throws {
    guard mayBeLarge else { return }
    try RecordLimit.order.check(encodedSize, over: stored?.count)
  }

  /// Returns the order for an answer: an overview with few entries if it is too large for one
  /// answer.
  package func answered() throws -> Order {
    guard mayBeLarge else { return self }
    let body = try encoded()
    return OrderParts.isLarge(body.count) ? try Order(stored: OrderParts(body).overview()) : self
  }
}
