/// The receipt of an erasure, without personal data.
package struct ErasureRow: Sendable, Equatable {
  /// The id of the receipt, and of the event that reports the erasure.
  package var id: Int64
  /// The former id of the customer.
  package var customerID: Int64
  /// The number of the mode.
  package var mode: Int32
  /// The time of the erasure, in microseconds since 1970.
  package var erasedAt: Int64
  /// The caller's reason; may be empty.
  package var reason: String
  /// Events of the customer at the erasure.
  package var eventCount: Int64
  /// Orders of the customer at the erasure.
  package var orderCount: Int64
  /// Addresses that remain suppressed.
  package var suppressionCount: Int64
  /// The encoded order statistics of the customer, by currency.
  package var stats: [UInt8]

  package init(
    id: Int64,
    customerID: Int64,
    mode: Int32,
    erasedAt: Int64,
    reason: String,
    eventCount: Int64,
    orderCount: Int64,
    suppressionCount: Int64,
    stats: [UInt8]
  ) {
    self.id = id
    self.customerID = customerID
    self.mode = mode
    self.erasedAt = erasedAt
    self.reason = reason
    self.eventCount = eventCount
    self.orderCount = orderCount
    self.suppressionCount = suppressionCount
    self.stats = stats
  }
}
