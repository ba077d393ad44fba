internal import PatronModel
internal import PatronProto
internal import TTRPC

/// An order that was checked: the message as it is to be stored, but for what the server sets, and
/// what events and statistics need of it.
struct OrderDraft: Sendable {
  var order: Order
  var snapshot: OrderSnapshot
  var contribution: OrderContribution

  /// Longest lists of an order.
  enum Limit {
    static let lineItems = 500
    static let refunds = 100
    static let fulfillments = 100
    static let discountCodes = 20
    static let quantity: Int32 = 1_000_000
  }

  /// Checks an order; nil when something is wrong, which is then in `violations`.
  init?(
    _ given: Order, path: String, country: CountryCode?, now: Int64,
    violations: inout Violations
  ) {
    let before = violations.errors.count
    var check = OrderCheck(path: path, country: country, now: now, violations: violations)
    let order = check.checked(given)
    violations = check.violations
    guard violations.errors.count == before, let total = order.total,
      let placedAt = order.placedAt
    else { return nil }
    let snapshot = OrderSnapshot(
      order, placedAt: placedAt.micros, currency: total.currencyCode, total: total.minorUnits)
    let contribution = violations.check(path) { () throws(RuleError) in
      try snapshot.validate()
      return try OrderContribution(of: snapshot)
    }
    guard let contribution else { return nil }
    self.order = order
    self.snapshot = snapshot
    self.contribution = contribution
  }
}

extension OrderSnapshot {
  /// What events and statistics need of a stored order.
  init(stored order: Order) {
    self.init(
      order, placedAt: order.placedAt?.micros ?? 0, currency: order.total?.currencyCode ?? "",
      total: order.total?.minorUnits ?? 0)
  }

  fileprivate init(_ order: Order, placedAt: Int64, currency: String, total: Int64) {
    self.init(
      id: order.externalID, placedAt: placedAt, currency: currency, totalMinor: total,
      payment: OrderPayment(rawValue: Int(order.paymentStatus.rawValue)) ?? .pending,
      fulfillment: OrderFulfillment(rawValue: Int(order.fulfillmentStatus.rawValue)),
      cancelledAt: order.cancellation?.cancelledAt?.micros,
      cancelReason: order.cancellation.map(\.reason),
      refunds: order.refunds.map {
        RefundSnapshot(
          id: $0.externalID, at: $0.refundedAt?.micros ?? 0,
          amountMinor: $0.amount?.minorUnits ?? 0, reason: $0.reason)
      },
      shipments: order.fulfillments.map { shipment in
        ShipmentSnapshot(
          id: shipment.externalID, at: shipment.fulfilledAt?.micros ?? 0,
          state: ShipmentState(rawValue: Int(shipment.state.rawValue)) ?? .success,
          quantity: shipment.items.isEmpty
            ? nil : shipment.items.reduce(0) { $0 + Int64($1.quantity) },
          progress: ShipmentProgress(rawValue: Int(shipment.shipmentStatus.rawValue)))
      },
      quantity: order.lineItems.reduce(0) { $0 + Int64($1.quantity) })
  }
}
