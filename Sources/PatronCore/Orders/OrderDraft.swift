package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// A whole order that was checked: the message as it is to be stored, but for what the server sets,
/// and what events and statistics need of it.
package struct OrderDraft: Sendable {
  package var order: Order
  var snapshot: OrderSnapshot
  package var contribution: OrderContribution

  /// Longest lists of an order.
  package enum Limit {
    package static let lineItems = 500
    package static let refunds = 100
    static let fulfillments = 100
    package static let discountCodes = 20
    package static let quantity: Int32 = 1_000_000
  }

  /// The draft of an order whose fields were checked. `path` names what sums that do not fit come
  /// from.
  package init(_ order: Order, path: String) throws(DomainError) {
    self.order = order
    snapshot = OrderSnapshot(stored: order)
    do throws(RuleError) {
      try snapshot.validate()
      contribution = try OrderContribution(of: snapshot)
    } catch {
      throw .invalid([Violation(path: path, error: error)])
    }
  }

  /// Refuses sums that do not fit before anything is written. `old` is what the order counts for in
  /// these statistics so far.
  func checkStatistics(
    _ stats: [UInt8],
    over old: OrderContribution?,
    path: String
  ) throws {
    let stats = try CustomerStats(stats)
    do throws(RuleError) {
      try stats.check(old, contribution)
    } catch {
      throw DomainError.invalid([Violation(path: path, error: error)])
    }
  }

  /// The order with what the server sets.
  func placed(over old: Order?, customerID: Int64, now: Int64) -> Order {
    var order = order
    order.id = old?.id ?? 0
    order.customerID = customerID
    order.createdAt = old?.createdAt ?? .init(micros: now)
    order.changedAt = .init(micros: now)
    order.contact = old?.contact
    return order
  }
}

extension Order {
  /// Reads a stored order. Versions before this one kept the server's time in `updated_at`, which
  /// is the platform's now.
  package init(known bytes: [UInt8]) throws(StoreError) {
    try self.init(stored: bytes)
    guard changedAt == nil else { return }
    changedAt = updatedAt
    updatedAt = nil
  }

  /// Tells if nothing but the time of the last change differs.
  func isSame(as old: Order) -> Bool {
    var same = self
    same.changedAt = old.changedAt
    return same == old
  }
}

extension OrderSnapshot {
  /// The part of an order that events and statistics need.
  package init(stored order: Order) {
    self.init(
      id: order.externalID,
      placedAt: order.placedAt?.micros ?? 0,
      currency: order.total?.currencyCode ?? "",
      totalMinor: order.total?.minorUnits ?? 0,
      payment: OrderPayment(rawValue: Int(order.paymentStatus.rawValue)),
      paidAt: order.paidAt?.micros,
      fulfillment: OrderFulfillment(rawValue: Int(order.fulfillmentStatus.rawValue)),
      cancelledAt: order.cancellation?.cancelledAt?.micros,
      cancelReason: order.cancellation.map(\.reason),
      refunds: order.refunds.map {
        RefundSnapshot(
          id: $0.externalID,
          at: $0.refundedAt?.micros ?? 0,
          amountMinor: $0.amount?.minorUnits ?? 0,
          reason: $0.reason
        )
      },
      shipments: order.fulfillments.map { shipment in
        ShipmentSnapshot(
          id: shipment.externalID,
          at: shipment.fulfilledAt?.micros ?? 0,
          state: ShipmentState(rawValue: Int(shipment.state.rawValue)) ?? .success,
          quantity: shipment.items.isEmpty
            ? nil : shipment.items.reduce(0) { $0 + Int64($1.quantity) },
          progress: ShipmentProgress(rawValue: Int(shipment.shipmentStatus.rawValue)),
          occurredAt: shipment.occurredAt?.micros
        )
      },
      quantity: order.lineItems.reduce(0) { $0 + Int64($1.quantity) }
    )
  }
}
