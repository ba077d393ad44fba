/// A checkout as the store keeps it.
public struct CheckoutRow: Sendable {
  /// The shop's identifier.
  public var token: String
  /// Whose.
  public var customerID: Int64
  /// When it began, microseconds since 1970.
  public var startedAt: Int64
  /// The encoded checkout.
  public var body: [UInt8]

  /// A row to be written.
  public init(token: String, customerID: Int64, startedAt: Int64, body: [UInt8]) {
    self.token = token
    self.customerID = customerID
    self.startedAt = startedAt
    self.body = body
  }
}
