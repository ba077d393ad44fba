package import PatronModel

/// What is left of an erased customer: the receipt, without personal data.
package struct ErasureRow: Sendable, Equatable {
  /// Number of the receipt, and of the event that tells of the erasure.
  package var id: Int64
  /// The id that the customer had.
  package var customerID: Int64
  /// Number of the mode.
  package var mode: Int32
  /// When, microseconds since 1970.
  package var erasedAt: Int64
  /// Why, as the caller said; may be empty.
  package var reason: String
  /// Events that the customer had.
  package var eventCount: Int64
  /// Orders that the customer had.
  package var orderCount: Int64
  /// Addresses that stay suppressed.
  package var suppressionCount: Int64
  /// What the orders added up to: the encoded statistics by currency.
  package var stats: [UInt8]

  /// A row to be written.
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

/// The ids and addresses to which a customer answers, those of customers who were merged into it
/// among them.
package struct ErasedNames: Sendable {
  /// Patron's ids.
  package var ids: [Int64]
  /// Phone numbers, and e-mail addresses in the form that is compared.
  package var addresses: [(channel: Channel, address: String)]
}
