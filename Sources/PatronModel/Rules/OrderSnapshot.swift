/// How far an order is paid. Raw values are those of the protocol.
package enum OrderPayment: Int, Sendable, Hashable, CaseIterable {
  /// Not paid yet.
  case pending = 1
  /// Reserved on the customer's means of payment.
  case authorized = 2
  /// Paid in part.
  case partiallyPaid = 3
  /// Paid.
  case paid = 4
  /// Paid, and refunded in part.
  case partiallyRefunded = 5
  /// Paid, and refunded.
  case refunded = 6
  /// Given up before it was paid.
  case voided = 7

  /// Whether the whole price was paid at some time.
  package var wasPaid: Bool {
    switch self {
    case .paid, .partiallyRefunded, .refunded: true
    case .pending, .authorized, .partiallyPaid, .voided: false
    }
  }

  /// True where an order that is not cancelled counts as money spent.
  package var countsAsSpent: Bool { self != .pending && self != .voided }
}

/// How far an order is delivered. Raw values are those of the protocol.
package enum OrderFulfillment: Int, Sendable, Hashable, CaseIterable {
  /// Nothing was sent.
  case unfulfilled = 1
  /// Some of it was sent.
  case partiallyFulfilled = 2
  /// All of it was sent.
  case fulfilled = 3
}

/// State of one shipment. Raw values are those of the protocol.
package enum ShipmentState: Int, Sendable, Hashable, CaseIterable {
  /// Waits.
  case pending = 1
  /// Accepted.
  case open = 2
  /// Sent; also what is not said.
  case success = 3
  /// Called off.
  case cancelled = 4
  /// Went wrong.
  case error = 5
}

/// How far a carrier is with a shipment. Raw values are those of the protocol.
package enum ShipmentProgress: Int, Sendable, Hashable, CaseIterable {
  /// The label was printed or bought.
  case labelPrinted = 1
  /// The carrier has it.
  case confirmed = 2
  /// On its way.
  case inTransit = 3
  /// On the last stretch.
  case outForDelivery = 4
  /// The carrier came and nobody was there.
  case attemptedDelivery = 5
  /// Waits to be collected.
  case readyForPickup = 6
  /// Delivered.
  case delivered = 7
  /// Lost, returned or refused.
  case failure = 8
}

/// One refund of an order.
package struct RefundSnapshot: Sendable, Hashable {
  /// The shop's identifier, unique within the order.
  package var id: String
  /// When.
  package var at: Micros
  /// How much, in minor units of the order's currency, 0 or more.
  package var amountMinor: Int64
  /// Why; empty when nobody said.
  package var reason: String

  /// Makes a refund.
  package init(id: String, at: Micros, amountMinor: Int64, reason: String = "") {
    self.id = id
    self.at = at
    self.amountMinor = amountMinor
    self.reason = reason
  }
}

/// One shipment of an order.
package struct ShipmentSnapshot: Sendable, Hashable {
  /// The shop's identifier, unique within the order.
  package var id: String
  /// When.
  package var at: Micros
  /// Its state.
  package var state: ShipmentState
  /// How many pieces it holds; nil is everything that was left to send.
  package var quantity: Int64?
  /// How far the carrier is; nil when nobody said.
  package var progress: ShipmentProgress?
  /// When what the carrier reported came about; nil when nobody said.
  package var occurredAt: Micros?

  /// Makes a shipment.
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

/// What events and statistics need of an order's whole current state.
package struct OrderSnapshot: Sendable, Hashable {
  /// The shop's identifier, unique within the store.
  package var id: String
  /// When it was placed.
  package var placedAt: Micros
  /// ISO 4217 code.
  package var currency: String
  /// What the customer pays, in minor units, 0 or more.
  package var totalMinor: Int64
  /// The state of its payment; nil where the shop never said.
  package var payment: OrderPayment?
  /// When it was paid; nil where the shop did not say.
  package var paidAt: Micros?
  /// How far it is delivered; nil where the shop did not say: the shipments tell.
  package var fulfillment: OrderFulfillment?
  /// When it was called off; nil when it was not.
  package var cancelledAt: Micros?
  /// Why it was called off.
  package var cancelReason: String?
  /// Refunds, in any order.
  package var refunds: [RefundSnapshot]
  /// Shipments, in any order.
  package var shipments: [ShipmentSnapshot]
  /// Pieces in all its positions.
  package var quantity: Int64

  /// Makes a snapshot.
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

  /// True where the whole price was paid at some time.
  package var wasPaid: Bool { payment?.wasPaid ?? false }

  /// The amount that was given back, in minor units: the refunds, and at least the whole total
  /// where the order says `refunded`.
  ///
  /// - Throws: `AMOUNT_OUT_OF_RANGE` when the sum does not fit 64 bits.
  package func refundedMinor() throws(RuleError) -> Int64 {
    max(try listedRefundsMinor(), payment == .refunded ? totalMinor : 0)
  }

  /// The sum of the refunds that are listed, in minor units.
  ///
  /// - Throws: `AMOUNT_OUT_OF_RANGE` when it does not fit 64 bits.
  package func listedRefundsMinor() throws(RuleError) -> Int64 {
    var sum: Int64 = 0
    for refund in refunds { sum = try sum.adding(refund.amountMinor) }
    return sum
  }

  /// How far the order is delivered: what the shop said, else what the shipments add up to.
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

  /// Whether everything was sent, in shipments that have all arrived.
  package var hasArrived: Bool {
    let sent = shipments.filter { $0.state == .success }
    return !sent.isEmpty && sent.allSatisfy { $0.progress == .delivered }
      && delivered == .fulfilled
  }

  /// Checks what the other rules rely on.
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
  /// The sum. Throws `AMOUNT_OUT_OF_RANGE` when it does not fit.
  func adding(_ other: Int64) throws(RuleError) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    guard !overflow else { throw Self.outOfRange }
    return sum
  }

  /// The difference. Throws `AMOUNT_OUT_OF_RANGE` when it does not fit.
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
