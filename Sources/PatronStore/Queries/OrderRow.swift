/// An order, as stored.
package struct OrderRow: Sendable {
  package var id: Int64
  /// The customer who placed it.
  package var customerID: Int64
  /// The time at which it was placed, in microseconds since 1970.
  package var placedAt: Int64
  /// The shop's identifier.
  package var externalID: String
  /// The currency, an ISO 4217 code.
  package var currencyCode: String
  /// The total, in minor units of the currency.
  package var total: Int64
  /// The refunded amount, in minor units of the currency.
  package var refunded: Int64
  /// True if the order was cancelled.
  package var isCancelled: Bool
  /// The encoded `patron.v1.Order`.
  package var body: [UInt8]

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
