internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// A part of an order, taken over by itself. The order is read, changed and written as a sync of it
/// would: statistics and events follow.
package struct OrderPart: Sendable {
  /// What is put into the order; the same external id again replaces it.
  package enum Content: Sendable {
    case refund(Refund)
    case fulfillment(Fulfillment)
  }

  package var orderExternalID: String
  package var content: Content
  /// What was taken in another form than it was given.
  private let taken: [Warning]
  /// Identifiers that the store has to allow.
  private let suspects: [SuspectedPlaceholder]

  /// Checks what can be checked without the order.
  package init(
    _ orderExternalID: String,
    _ invalidFields: InvalidFields,
    now: Int64,
    _ read: (inout OrderCheck) -> Content
  ) throws {
    var check = OrderCheck(
      path: "",
      country: nil,
      now: now,
      violations: Violations(invalidFields, unspecified: .drop)
    )
    self.orderExternalID = check.identifier(orderExternalID, "order_external_id")
    content = read(&check)
    suspects = check.violations.suspects
    try check.violations.finish()
    taken = check.violations.warnings.map(Warning.about)
  }

  /// A part that waited for its order.
  package init(waiting part: PendingOrderPart) {
    taken = []
    suspects = []
    orderExternalID = part.orderExternalID
    content =
      switch part.part {
      case .fulfillment(let fulfillment): .fulfillment(fulfillment)
      case .refund(let refund): .refund(refund)
      case nil: .refund(Refund())
      }
  }

  /// What became of the order.
  package struct Outcome {
    /// nil where the part waits for it.
    package var order: Order?
    package var outcome: PatronProto.Outcome
    package var events: [Event] = []
    package var warnings: [Warning] = []
  }

  /// Puts the part into the order and tells the timeline what changed; keeps it where there is no
  /// such order yet. What is refused has written nothing.
  package func perform(in writer: StoreWriter, at now: Int64) throws -> Outcome {
    try suspects.check(in: writer.read)
    guard let known = try writer.read.order(externalID: orderExternalID) else {
      return try wait(in: writer, at: now)
    }
    let old = try Order(known: known.body)
    if let outdated = outdated(by: old) {
      return Outcome(order: old, outcome: .unchanged, warnings: [outdated])
    }
    var order = old
    switch content {
    case .refund(let refund): try order.put(refund)
    case .fulfillment(let fulfillment): try order.put(fulfillment)
    }
    try order.checkSize(over: known.body)
    let draft = try OrderDraft(order, path: "refund.amount")
    let warnings = taken + warnings(of: order, draft, over: old)
    if order == old {
      return Outcome(order: old, outcome: .unchanged, warnings: warnings)
    }
    guard let row = try writer.read.customerRow(.id(known.customerID)) else {
      guard try writer.read.erasureID(ofCustomer: known.customerID) == nil else {
        throw DomainError.customerErased(.failedPrecondition, known.customerID)
      }
      throw StoreError.corrupt("order \(known.id) has no customer")
    }
    try draft.checkStatistics(
      row.stats,
      over: OrderContribution(of: OrderSnapshot(stored: old)),
      path: "refund.amount"
    )
    let written = try OrderChange.write(
      draft.placed(over: old, customerID: known.customerID, now: now),
      over: known,
      old,
      CustomerChange.Result(
        row: row,
        customer: Customer(),
        outcome: .unchanged,
        changedFields: [],
        warnings: []
      ),
      draft,
      in: writer,
      at: now
    )
    return Outcome(
      order: written.order,
      outcome: written.outcome,
      events: written.events,
      warnings: warnings
    )
  }

  /// A warning where the carrier said so before what the shipment has of it.
  private func outdated(by order: Order) -> Warning? {
    guard case .fulfillment(let given) = content,
      let known = order.fulfillments.first(where: { $0.externalID == given.externalID })
    else { return nil }
    return given.outdated(by: known)
  }

  private func warnings(of order: Order, _ draft: OrderDraft, over old: Order) -> [Warning] {
    switch content {
    case .refund(let refund):
      return [
        order.warning("refund.refunded_at", refund.refundedAt),
        draft.refundWarning("refund.amount"),
      ].compactMap(\.self)
    case .fulfillment(let given):
      func shipment(of order: Order) -> Fulfillment? {
        order.fulfillments.first { $0.externalID == given.externalID }
      }
      let removal = shipment(of: old).flatMap {
        shipment(of: order)?.removal(from: $0, at: "fulfillment")
      }
      return [
        order.warning("fulfillment.fulfilled_at", given.fulfilledAt), removal,
        given.items.isEmpty ? nil : order.quantityWarning("fulfillment.items"),
      ].compactMap(\.self)
    }
  }
}

extension Order {
  /// Puts a refund in, and lets the payment status follow where the order was paid. What the shop
  /// said without naming refunds stays.
  fileprivate mutating func put(_ refund: Refund) throws(DomainError) {
    var refund = refund
    let currency = total?.currencyCode ?? ""
    let given = refund.amount?.currencyCode ?? ""
    guard given.isEmpty || given == currency else {
      throw .invalid(
        "refund.amount.currency_code",
        "CURRENCY_MIXED",
        "All amounts of an order are in the currency of its total, \(currency)."
      )
    }
    refund.amount?.currencyCode = currency
    let old = self
    if let place = refunds.firstIndex(where: { $0.externalID == refund.externalID }) {
      refunds[place] = refund
    } else {
      guard refunds.count < OrderDraft.Limit.refunds else {
        throw .invalid(
          "refund",
          "LIST_TOO_LONG",
          "The order has \(refunds.count) refunds; at most \(OrderDraft.Limit.refunds) are allowed."
        )
      }
      refunds.append(refund)
    }
    followRefunds(over: old)
  }

  /// Lets the payment status say how much of a paid order went back. What the shop said beyond the
  /// refunds that it named stays.
  mutating func followRefunds(over old: Order) {
    let total = total?.minorUnits ?? 0
    func listed(_ order: Order) -> Int64 {
      (try? OrderSnapshot(stored: order).listedRefundsMinor()) ?? .max
    }
    let statusStands = old.paymentStatus == .refunded && listed(old) < total
    guard !statusStands, [.paid, .partiallyRefunded, .refunded].contains(paymentStatus) else {
      return
    }
    let refunded = listed(self)
    paymentStatus = refunded == 0 ? .paid : refunded < total ? .partiallyRefunded : .refunded
  }

  /// Puts a shipment in, and lets the fulfilment status follow. One that is known and comes without
  /// items keeps those that it had: what a carrier reports says nothing of what is in it, and must
  /// not turn it into everything that was left.
  fileprivate mutating func put(_ fulfillment: Fulfillment) throws(DomainError) {
    let unknown = OrderPositions(self).violations(of: fulfillment, at: "fulfillment")
    guard unknown.isEmpty else { throw .invalid(unknown) }
    let old = self
    if let place = fulfillments.firstIndex(where: { $0.externalID == fulfillment.externalID }) {
      fulfillments[place] = fulfillment.replacing(fulfillments[place])
    } else {
      guard fulfillments.count < OrderDraft.Limit.fulfillments else {
        throw .invalid(
          "fulfillment",
          "LIST_TOO_LONG",
          "The order has \(fulfillments.count) shipments; at most "
            + "\(OrderDraft.Limit.fulfillments) are allowed."
        )
      }
      fulfillments.append(fulfillment)
    }
    followShipments(over: old)
  }

  /// Lets the fulfilment status say how far the shipments deliver the order.
  mutating func followShipments(over old: Order) {
    let (before, sent) = (old.sentStatus, sentStatus)
    // Where the shop said something else of the whole order than its shipments do, they raise that
    // and never lower it.
    let follows = fulfillmentStatus == .unspecified || fulfillmentStatus == before
    if follows || sent.rawValue > fulfillmentStatus.rawValue { fulfillmentStatus = sent }
  }

  /// How far the shipments alone deliver the order.
  private var sentStatus: FulfillmentStatus {
    var snapshot = OrderSnapshot(stored: self)
    snapshot.fulfillment = nil
    return .init(rawValue: Int32(snapshot.delivered.rawValue))
  }
}

extension Fulfillment {
  /// A warning where the carrier said so before what is known of the shipment.
  func outdated(by known: Fulfillment) -> Warning? {
    guard let time = occurredAt?.micros, let last = known.occurredAt?.micros, time < last else {
      return nil
    }
    return .outdated("fulfillment.occurred_at", "What the carrier reported of the shipment")
  }

  /// The shipment in the place of what is known of it, with the items that it had where it names
  /// none.
  func replacing(_ known: Fulfillment) -> Fulfillment {
    var shipment = self
    if items.isEmpty { shipment.items = known.items }
    return shipment
  }
}

extension DomainError {
  /// The reference fits no order.
  package static let orderNotFound = reason(
    .notFound,
    "ORDER_NOT_FOUND",
    "No order of this store has that identifier; check it, and the store."
  )
}
