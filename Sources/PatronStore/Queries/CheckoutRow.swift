/// A checkout as the store keeps it.
package struct CheckoutRow: Sendable {
  /// The shop's identifier.
  package var token: String
  /// Whose.
  package var customerID: Int64
  /// When it began, microseconds since 1970.
  package var startedAt: Int64
  /// The encoded checkout.
  package var body: [UInt8]

  /// A row to be written.
  package init(token: String, customerID: Int64, startedAt: Int64, body: [UInt8]) {
    self.token = token
    self.customerID = customerID
    self.startedAt = startedAt
    self.body = body
  }
}
