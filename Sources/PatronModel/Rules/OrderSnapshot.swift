/// The complete current state of an order, as far as events and statistics depend on it.
package struct OrderSnapshot: Sendable, Hashable {
  /// The shop's identifier, unique in the store.
  package var id: String
  /// The time at which it was placed.
  package var placedAt: Micros
  /// The currency, an ISO 4217 code.
  package var currency: String
  /// The amount that the customer pays, in minor units, 0 or more.
  package var totalMinor: Int64
  /// The payment status; nil if the shop never gave one.
  package var payment: OrderPayment?
  /// The time of payment; nil if the shop did not give it.
  package var paidAt: Micros?
  /// The delivery status; nil if the shop did not give it, and the shipments determine it.
  package var fulfillment: OrderFulfillment?
  /// The time of cancellation; nil if it was not cancelled.
  package var cancelledAt: Micros?
  /// The reason of the cancellation.
  package var cancelReason: String?
  /// The refunds, in any order.
  package var refunds: [RefundSnapshot]
  /// The shipments, in any order.
  package var shipments: [ShipmentSnapshot]
  /// The number of pieces in all of its line items.
  package var quantity: Int64

  package init(
    id: String,
    placedAt: Micros,
    currency: String,
    totalMinor: Int64,
    payment: OrderPayment? = nil,
    paidAt: Micros? = nil,
    fulfillment: OrderFulfillment? = nil,
    cancelledAt: Micros? = nil,
    cancelReason: String? = nil,
    refunds: [RefundSnapshot] = [],
    shipments: [ShipmentSnapshot] = [],
    quantity: Int64 = 0
  ) {
    self.id = id
    self.placedAt = placedAt
    self.currency = currency
    self.totalMinor = totalMinor
    self.payment = payment
    self.paidAt = paidAt
    self.fulfillment = fulfillment
    self.cancelledAt = cancelledAt
    self.cancelReason = cancelReason
    self.refunds = refunds
    self.shipments = shipments
    self.quantity = quantity
  }

  /// True if the whole price was paid at some time.
  package var wasPaid: Bool { payment?.wasPaid ?? false }

  /// Returns the refunded amount in minor units: the sum of the refunds, and at least the total if
  /// the payment status is `refunded`.
  ///
  /// - Throws: `AMOUNT_OUT_OF_RANGE` if the sum does not fit 64 bits.
  package func refundedMinor() throws(RuleError) -> Int64 {
    max(try listedRefundsMinor(), payment == .refunded ? totalMinor : 0)
  }

  /// Returns the sum of the listed refunds in minor units.
  ///
  /// - Throws: `AMOUNT_OUT_OF_RANGE` if it does not fit 64 bits.
  package func listedRefundsMinor() throws(RuleError) -> Int64 {
    var sum: Int64 = 0
    for refund in refunds { sum = try sum.adding(refund.amountMinor) }
    return sum
  }

  /// The delivery status: the shop's, or else the one that follows from the shipments.
  package var delivered: OrderFulfillment {
    if let fulfillment { return fulfillment }
    let sent = shipments.filter { $0.state == .success }
    if sent.isEmpty { return .unfulfilled }
    var left = quantity
    for shipment in sent {
      guard let pieces = shipment.quantity, pieces < left else { return .fulfilled }
      left -= max(0, pieces)
    }
    return .partiallyFulfilled
  }

  /// True if everything was sent, in shipments that have all arrived.
  package var hasArrived: Bool {
    let sent = shipments.filter { $0.state == .success }
    return !sent.isEmpty && sent.allSatisfy { $0.progress == .delivered }
      && delivered == .fulfilled
  }

  /// Checks the invariants that the other rules rely on.
  ///
  /// - Throws: `AMOUNT_NEGATIVE`, `REFUND_DUPLICATE`, `FULFILLMENT_DUPLICATE`.
  package func validate() throws(RuleError) {
    guard totalMinor >= 0, refunds.allSatisfy({ $0.amountMinor >= 0 }) else {
      throw RuleError(
        reason: "AMOUNT_NEGATIVE",
        message: "An amount of the order is negative. Expected is 0 or more; money that goes back "
          + "is a refund with a positive amount."
      )
    }
    guard Set(refunds.map(\.id)).count == refunds.count else {
      throw RuleError(
        reason: "REFUND_DUPLICATE",
        message: "Two refunds of the order have the same external_id. Make them differ."
      )
    }
    guard Set(shipments.map(\.id)).count == shipments.count else {
      throw RuleError(
        reason: "FULFILLMENT_DUPLICATE",
        message: "Two fulfillments of the order have the same external_id. Make them differ."
      )
    }
  }
}
