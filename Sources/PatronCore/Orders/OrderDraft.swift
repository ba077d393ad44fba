package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// A whole checked order: the message as it will be stored, without the fields that the server
/// sets, and the parts of it that events and statistics need.
package struct OrderDraft: Sendable {
  package var order: Order
  var snapshot: OrderSnapshot
  package var contribution: OrderContribution

  /// The longest lists of an order.
  package enum Limit {
    package static let lineItems = 500
    package static let refunds = 100
    static let fulfillments = 100
    package static let discountCodes = 20
    package static let quantity: Int32 = 1_000_000
  }

  /// Makes the draft of an order whose fields were checked. `path` is the field named in errors
  /// about sums that do not fit.
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

  /// Refuses sums that do not fit before anything is written. `old` is the order's contribution to
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

  /// Returns the order with the fields that the server sets. `author` is the author of the change.
  func placed(
    over old: Order?,
    customerID: Int64,
    by author: PatronModel.Author,
    now: Int64
  ) -> Order {
    var order = order
    order.id = old?.id ?? 0
    order.customerID = customerID
    order.createdAt = old?.createdAt ?? .init(micros: now)
    order.changedAt = .init(micros: now)
    order.contact = old?.contact
    order.author = author.message
    return order
  }
}

extension Order {
  /// Reads a stored order. Earlier versions kept the server's time in `updated_at`, which is now
  /// the platform's.
  package init(known bytes: [UInt8]) throws(StoreError) {
    try self.init(stored: bytes)
    guard changedAt == nil else { return }
    changedAt = updatedAt
    updatedAt = nil
  }

  /// Returns true if nothing but the time and author of the last change differs.
  func isSame(as old: Order) -> Bool {
    var same = self
    same.changedAt = old.changedAt
    same.author = old.author
    return same == old
  }
}

extension OrderSnapshot {
  /// Makes the part of an order that events and statistics need.
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
