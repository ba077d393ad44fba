/// An order as the store keeps it.
public struct OrderRow: Sendable {
  /// Patron's id.
  public var id: Int64
  /// Who ordered.
  public var customerID: Int64
  /// When it was placed, microseconds since 1970.
  public var placedAt: Int64
  /// The shop's identifier.
  public var externalID: String
  /// ISO 4217.
  public var currencyCode: String
  /// In minor units.
  public var total: Int64
  /// In minor units.
  public var refunded: Int64
  /// Whether it was called off.
  public var isCancelled: Bool
  /// The encoded order.
  public var body: [UInt8]

  /// A row to be written.
  public init(
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
