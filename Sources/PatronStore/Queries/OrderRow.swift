/// An order as the store keeps it.
package struct OrderRow: Sendable {
  /// Patron's id.
  package var id: Int64
  /// Who ordered.
  package var customerID: Int64
  /// When it was placed, microseconds since 1970.
  package var placedAt: Int64
  /// The shop's identifier.
  package var externalID: String
  /// ISO 4217.
  package var currencyCode: String
  /// In minor units.
  package var total: Int64
  /// In minor units.
  package var refunded: Int64
  /// Whether it was called off.
  package var isCancelled: Bool
  /// The encoded order.
  package var body: [UInt8]

  /// A row to be written.
  package init(
    id: Int64,
    customerID: Int64,
    placedAt: Int64,
    externalID: String,
    currencyCode: String,
    total: Int64,
    refunded: Int64,
    isCancelled: Bool,
    body: [UInt8]
  ) {
    self.id = id
    self.customerID = customerID
    self.placedAt = placedAt
    self.externalID = externalID
    self.currencyCode = currencyCode
    self.total = total
    self.refunded = refunded
    self.isCancelled = isCancelled
    self.body = body
  }
}
