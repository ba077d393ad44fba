internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// A part of an order, synced by itself. The order is read, changed and written as by a sync of the
/// order: statistics and events follow.
package struct OrderPart: Sendable {
  /// The part to put into the order; the same external id again replaces it.
  package enum Content: Sendable {
    case refund(Refund)
    case fulfillment(Fulfillment)
  }

  package var orderExternalID: String
  package var content: Content
  /// Warnings about fields that were taken in another form than given.
  private let taken: [Warning]
  /// Identifiers that the store has to allow.
  private let suspects: [SuspectedPlaceholder]

  /// Checks the fields that can be checked without the order.
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

  /// Makes a part that waited for its order.
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

  /// The result of a sync of a part.
  package struct Outcome {
    /// The order; nil if the part waits for it.
    package var order: Order?
    package var outcome: PatronProto.Outcome
    package var events: [Event] = []
    package var warnings: [Warning] = []
  }

  /// Puts the part into the order and emits the events of the change. If the order is not known
  /// yet, keeps the part. A refusal has written nothing.
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
    let row = try Self.customer(of: known, in: writer.read)
    try draft.checkStatistics(
      row.stats,
      over: OrderContribution(of: OrderSnapshot(stored: old)),
      path: "refund.amount"
    )
    let written = try OrderChange.write(
      draft.placed(over: old, customerID: known.customerID, by: writer.author, now: now),
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

  /// Returns the row of an order's customer.
  ///
  /// - Throws: FAILED_PRECONDITION if the customer was erased.
  private static func customer(
    of order: OrderRow,
    in reader: StoreReader
  ) throws -> CustomerRow {
    if let row = try reader.customerRow(.id(order.customerID)) { return row }
    guard try reader.erasureID(ofCustomer: order.customerID) == nil else {
      throw DomainError.customerErased(.failedPrecondition, order.customerID)
    }
    throw StoreError.corrupt("order \(order.id) has no customer")
  }

  /// Returns a warning if the carrier's report is older than the shipment's last one.
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
  /// Puts a refund in, and updates the payment status of a paid order. A status that the shop set
  /// without naming refunds stays.
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

  /// Sets the payment status of a paid order from its refunds. A refund in full that the shop
  /// stated beyond the listed refunds stays.
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

  /// Puts a shipment in, and updates the fulfilment status. A known shipment that comes without
  /// items keeps its items: a carrier's report does not list them, and must not turn the shipment
  /// into all positions that were left.
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

  /// Sets the fulfilment status from the shipments.
  mutating func followShipments(over old: Order) {
    let (before, sent) = (old.sentStatus, sentStatus)
    // The shop may have set another status for the whole order than its shipments have. They then
    // raise that status and never lower it.
    let follows = fulfillmentStatus == .unspecified || fulfillmentStatus == before
    if follows || sent.rawValue > fulfillmentStatus.rawValue { fulfillmentStatus = sent }
  }

  /// The fulfilment status by the shipments alone.
  private var sentStatus: FulfillmentStatus {
    var snapshot = OrderSnapshot(stored: self)
    snapshot.fulfillment = nil
    return .init(rawValue: Int32(snapshot.delivered.rawValue))
  }
}

extension Fulfillment {
  /// Returns a warning if the carrier's report is older than the last known report of the shipment.
  func outdated(by known: Fulfillment) -> Warning? {
    guard let time = occurredAt?.micros, let last = known.occurredAt?.micros, time < last else {
      return nil
    }
    return .outdated("fulfillment.occurred_at", "What the carrier reported of the shipment")
  }

  /// Returns this shipment as the replacement of a known one, with its items if this one names
  /// none.
  func replacing(_ known: Fulfillment) -> Fulfillment {
    var shipment = self
    if items.isEmpty { shipment.items = known.items }
    return shipment
  }
}

extension DomainError {
  /// The error for a reference that fits no order.
  package static let orderNotFound = reason(
    .notFound,
    "ORDER_NOT_FOUND",
    "No order of this store has that identifier; check it, and the store."
  )
}
