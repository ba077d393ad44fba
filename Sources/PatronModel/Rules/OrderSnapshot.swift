/// The payment status of an order. Raw values are those of the protocol.
package enum OrderPayment: Int, Sendable, Hashable, CaseIterable {
  /// Not paid yet.
  case pending = 1
  /// The amount is reserved on the customer's means of payment.
  case authorized = 2
  /// Paid in part.
  case partiallyPaid = 3
  /// Paid.
  case paid = 4
  /// Paid, and refunded in part.
  case partiallyRefunded = 5
  /// Paid, and refunded.
  case refunded = 6
  /// The payment was abandoned or cancelled.
  case voided = 7

  /// True if the whole price was paid at some time.
  package var wasPaid: Bool {
    switch self {
    case .paid, .partiallyRefunded, .refunded: true
    case .pending, .authorized, .partiallyPaid, .voided: false
    }
  }

  /// True if an order that is not cancelled counts as money spent.
  package var countsAsSpent: Bool { self != .pending && self != .voided }
}

/// The delivery status of an order. Raw values are those of the protocol.
package enum OrderFulfillment: Int, Sendable, Hashable, CaseIterable {
  /// Nothing was sent.
  case unfulfilled = 1
  /// Some of it was sent.
  case partiallyFulfilled = 2
  /// All of it was sent.
  case fulfilled = 3
}

/// The state of a shipment. Raw values are those of the protocol.
package enum ShipmentState: Int, Sendable, Hashable, CaseIterable {
  /// The shipment waits to be accepted.
  case pending = 1
  /// The shipment was accepted.
  case open = 2
  /// The shipment was sent. Also the state of a shipment without a reported one.
  case success = 3
  /// The shipment was cancelled.
  case cancelled = 4
  /// The shipment failed.
  case error = 5
}

/// A carrier's progress with a shipment. Raw values are those of the protocol.
package enum ShipmentProgress: Int, Sendable, Hashable, CaseIterable {
  /// The label was printed or bought.
  case labelPrinted = 1
  /// The carrier has it.
  case confirmed = 2
  /// On its way.
  case inTransit = 3
  /// On the last stretch.
  case outForDelivery = 4
  /// The carrier came and could not deliver.
  case attemptedDelivery = 5
  /// Waits to be collected.
  case readyForPickup = 6
  /// Delivered.
  case delivered = 7
  /// Lost, returned or refused.
  case failure = 8
}

/// A refund of an order.
package struct RefundSnapshot: Sendable, Hashable {
  /// The shop's identifier, unique in the order.
  package var id: String
  /// The time of the refund.
  package var at: Micros
  /// The amount, in minor units of the order's currency, 0 or more.
  package var amountMinor: Int64
  /// The reason; empty if none was given.
  package var reason: String

  package init(id: String, at: Micros, amountMinor: Int64, reason: String = "") {
    self.id = id
    self.at = at
    self.amountMinor = amountMinor
    self.reason = reason
  }
}

/// A shipment of an order.
package struct ShipmentSnapshot: Sendable, Hashable {
  /// The shop's identifier, unique in the order.
  package var id: String
  /// The time of the shipment.
  package var at: Micros
  package var state: ShipmentState
  /// The number of pieces in it; nil means all that were left.
  package var quantity: Int64?
  /// The carrier's progress; nil if it was not reported.
  package var progress: ShipmentProgress?
  /// The time of the carrier's report; nil if it was not reported.
  package var occurredAt: Micros?

  package init(
    id: String,
    at: Micros,
    state: ShipmentState,
    quantity: Int64? = nil,
    progress: ShipmentProgress? = nil,
    occurredAt: Micros? = nil
  ) {
    self.id = id
    self.at = at
    self.state = state
    self.quantity = quantity
    self.progress = progress
    self.occurredAt = occurredAt
  }
}

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

extension Int64 {
  /// Returns the sum. Throws `AMOUNT_OUT_OF_RANGE` if it does not fit.
  func adding(_ other: Int64) throws(RuleError) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    guard !overflow else { throw Self.outOfRange }
    return sum
  }

  /// Returns the difference. Throws `AMOUNT_OUT_OF_RANGE` if it does not fit.
  func subtracting(_ other: Int64) throws(RuleError) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    guard !overflow else { throw Self.outOfRange }
    return difference
  }

  private static let outOfRange = RuleError(
    reason: "AMOUNT_OUT_OF_RANGE",
    message: "A sum of amounts does not fit 64 bits of minor units. Check the amounts given."
  )
}
