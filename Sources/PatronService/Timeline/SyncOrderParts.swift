internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC
internal import TTRPC

/// A part of an order that is known, taken over by itself. The order is read, changed and written
/// as a sync of all of it would: statistics and events follow.
struct OrderPart: Sendable {
  /// What is put into the order; the same external id again replaces it.
  enum Content: Sendable {
    case refund(Refund)
    case fulfillment(Fulfillment)
  }

  var store: StoreID
  var orderExternalID: String
  var content: Content

  /// Checks what can be checked without the order.
  init(
    _ storeID: String, _ orderExternalID: String,
    _ read: (inout OrderCheck) -> Content
  ) throws {
    store = try StoreID.named(storeID)
    var check = OrderCheck(
      path: "", country: nil, now: WallClock.now(), violations: Violations())
    self.orderExternalID = check.identifier(orderExternalID, "order_external_id")
    content = read(&check)
    try check.violations.finish()
  }

  /// What became of the order.
  struct Outcome {
    var order: Order
    var outcome: PatronProto.Outcome
    var events: [Event]
    var warnings: [Warning]
  }

  /// Puts the part into the order and tells the timeline what changed.
  func perform(in writer: StoreWriter, at now: Int64) throws -> Outcome {
    guard let known = try writer.read.order(externalID: orderExternalID) else {
      throw RPCError.orderNotFound
    }
    let old = try Order(stored: known.body)
    var order = old
    switch content {
    case .refund(let refund): try order.put(refund)
    case .fulfillment(let fulfillment): try order.put(fulfillment)
    }
    try order.checkSize(over: known.body)
    let draft = try OrderDraft(stored: order)
    let warnings = warnings(of: order, draft, over: old)
    if order == old {
      return Outcome(order: old, outcome: .unchanged, events: [], warnings: warnings)
    }
    guard let row = try writer.read.customerRow(.id(known.customerID)) else {
      guard try writer.read.erasureID(ofCustomer: known.customerID) == nil else {
        throw RPCError.customerErased(.failedPrecondition, known.customerID)
      }
      throw StoreError.corrupt("order \(known.id) has no customer")
    }
    try draft.checkStatistics(over: old, row)
    let written = try TimelineHandlers.OrderChange.write(
      draft.placed(over: old, customerID: known.customerID, now: now), over: known, old,
      CustomerChange.Result(
        row: row, customer: Customer(), outcome: .unchanged, changedFields: [], warnings: []),
      draft, in: writer, at: now)
    return Outcome(
      order: written.order, outcome: written.outcome, events: written.events, warnings: warnings)
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

extension TimelineHandlers {
  /// Checks everything of a refund that needs no look at the order.
  static func prepareRefund(_ request: SyncRefundRequest) throws -> OrderPart {
    try OrderPart(request.storeID, request.orderExternalID) { check in
      .refund(check.refund(request.refund ?? Refund(), "refund"))
    }
  }

  /// Takes over one refund.
  static func syncRefund(
    _ part: OrderPart, _ context: WriteContext, _ response: inout ResponseBuffer
  ) throws {
    let result = try part.perform(in: context.store(part.store), at: context.now)
    try response.append(
      SyncRefundResponse.with {
        $0.order = try result.order.answered()
        $0.outcome = result.outcome
        $0.derivedEvents = result.events
        $0.warnings = result.warnings
      })
  }

  /// Checks everything of a shipment that needs no look at the order.
  static func prepareFulfillment(_ request: SyncFulfillmentRequest) throws -> OrderPart {
    try OrderPart(request.storeID, request.orderExternalID) { check in
      .fulfillment(check.fulfillment(request.fulfillment ?? Fulfillment(), "fulfillment"))
    }
  }

  /// Takes over one shipment.
  static func syncFulfillment(
    _ part: OrderPart, _ context: WriteContext, _ response: inout ResponseBuffer
  ) throws {
    let result = try part.perform(in: context.store(part.store), at: context.now)
    try response.append(
      SyncFulfillmentResponse.with {
        $0.order = try result.order.answered()
        $0.outcome = result.outcome
        $0.derivedEvents = result.events
        $0.warnings = result.warnings
      })
  }
}

extension Order {
  /// Puts a refund in, and lets the payment status follow where the order was paid. What the shop
  /// said without naming refunds stays.
  fileprivate mutating func put(_ refund: Refund) throws(RPCError) {
    var refund = refund
    let currency = total?.currencyCode ?? ""
    let given = refund.amount?.currencyCode ?? ""
    guard given.isEmpty || given == currency else {
      throw .invalid(
        "refund.amount.currency_code", "CURRENCY_MIXED",
        "All amounts of an order are in the currency of its total, \(currency).")
    }
    refund.amount?.currencyCode = currency
    let statusStands = refunds.isEmpty && paymentStatus == .refunded
    if let place = refunds.firstIndex(where: { $0.externalID == refund.externalID }) {
      refunds[place] = refund
    } else {
      guard refunds.count < OrderDraft.Limit.refunds else {
        throw .invalid(
          "refund", "LIST_TOO_LONG",
          "The order has \(refunds.count) refunds; at most \(OrderDraft.Limit.refunds) are allowed."
        )
      }
      refunds.append(refund)
    }
    guard !statusStands, [.paid, .partiallyRefunded, .refunded].contains(paymentStatus) else {
      return
    }
    let refunded = (try? OrderSnapshot(stored: self).refundedMinor()) ?? .max
    paymentStatus =
      refunded == 0 ? .paid : refunded < total?.minorUnits ?? 0 ? .partiallyRefunded : .refunded
  }

  /// Puts a shipment in, and lets the fulfilment status follow. One that is known and comes without
  /// items keeps those that it had: what a carrier reports says nothing of what is in it, and must
  /// not turn it into everything that was left.
  fileprivate mutating func put(_ fulfillment: Fulfillment) throws(RPCError) {
    let unknown = fulfillment.items(notOf: products, at: "fulfillment")
    guard unknown.isEmpty else { throw .invalid(unknown) }
    let before = sentStatus
    if let place = fulfillments.firstIndex(where: { $0.externalID == fulfillment.externalID }) {
      let items = fulfillments[place].items
      fulfillments[place] = fulfillment
      if fulfillment.items.isEmpty { fulfillments[place].items = items }
    } else {
      guard fulfillments.count < OrderDraft.Limit.fulfillments else {
        throw .invalid(
          "fulfillment", "LIST_TOO_LONG",
          "The order has \(fulfillments.count) shipments; at most "
            + "\(OrderDraft.Limit.fulfillments) are allowed.")
      }
      fulfillments.append(fulfillment)
    }
    let sent = sentStatus
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

extension OrderDraft {
  /// The draft of an order that was checked when it was stored, and changed since.
  fileprivate init(stored order: Order) throws(RPCError) {
    self.order = order
    snapshot = OrderSnapshot(stored: order)
    do throws(RuleError) {
      try snapshot.validate()
      contribution = try OrderContribution(of: snapshot)
    } catch {
      throw .invalid([Violation(path: "refund.amount", error: error)])
    }
  }

  /// Refuses sums that do not fit before anything is written.
  fileprivate func checkStatistics(over old: Order, _ row: CustomerRow) throws {
    let contributed = try OrderContribution(of: OrderSnapshot(stored: old))
    let stats = try CustomerStats(row.stats)
    do throws(RuleError) {
      try stats.check(contributed, contribution)
    } catch {
      throw RPCError.invalid([Violation(path: "refund.amount", error: error)])
    }
  }
}

extension RPCError {
  /// The reference fits no order.
  static let orderNotFound = reason(
    .notFound, "ORDER_NOT_FOUND",
    "No order of this store has that identifier; check it, and the store.")
}
