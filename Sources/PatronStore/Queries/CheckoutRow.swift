/// A checkout, as stored.
package struct CheckoutRow: Sendable {
  /// The shop's identifier, unique in its store.
  package var token: String
  package var customerID: Int64
  /// The start, in microseconds since 1970.
  package var startedAt: Int64
  /// The encoded `patron.v1.Checkout`.
  package var body: [UInt8]

  package init(token: String, customerID: Int64, startedAt: Int64, body: [UInt8]) {
    self.token = token
    self.customerID = customerID
    self.startedAt = startedAt
    self.body = body
  }
}
