internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// A checked order with its customer.
  struct OrderChange: Sendable {
    var customer: CustomerChange
    /// nil only while there are violations.
    var draft: OrderDraft?

    /// Checks an order and its customer.
    init(
      _ customer: CustomerInput?, _ order: Order?, country: CountryCode?, now: Int64,
      _ violations: inout Violations
    ) {
      draft = OrderDraft(
        order ?? Order(), path: "order", country: country, now: now, violations: &violations)
      self.customer = CustomerChange.checked(
        customer ?? CustomerInput(), path: "customer", mode: .fillGaps, identity: .order,
        origin: .ecommercePlatform, country: country, source: "checkout", actor: .platform,
        now: now, &violations)
    }

    /// What became of an order.
    struct Outcome {
      var order: Order
      var outcome: PatronProto.Outcome
      var customer: CustomerChange.Result
      var events: [Event]
    }

    /// Finds or makes the customer, takes the order over and tells the timeline what changed.
    func perform(in writer: StoreWriter, at now: Int64) throws -> Outcome {
      guard let draft else { throw RPCError.internalError }
      var known = try writer.read.order(externalID: draft.order.externalID)
      var old = try known.map { try Order(stored: $0.body) }
      var change = enriched(by: draft, isNew: old == nil)
      change.asOf = min(draft.snapshot.placedAt, now)
      let plan = try change.plan(in: writer.read)
      try refuse(draft, known, old, plan)
      var customer = try change.perform(plan, in: writer, at: now)
      if plan.merges {
        known = try writer.read.order(externalID: draft.order.externalID)
        old = try known.map { try Order(stored: $0.body) }
      }
      let order = draft.placed(over: old, customerID: customer.row.id, now: now)
      if let old, order.isSame(as: old) {
        let setter = Provenance.Setter(name: "order_placed", at: min(draft.snapshot.placedAt, now))
        if let provenance = try customer.provenance(noting: setter, writer.read) {
          try writer.setProvenance(provenance, of: customer.row.id)
        }
        return Outcome(order: old, outcome: .unchanged, customer: customer, events: [])
      }
      if let old { customer.warnings += order.removals(from: old) }
      return try Self.write(order, over: known, old, customer, draft, in: writer, at: now)
    }

    /// What a placed order tells of its customer. An order that is known has told it already: its
    /// repeat must not bring back what was changed since.
    private func enriched(by draft: OrderDraft, isNew: Bool) -> CustomerChange {
      var change = customer
      guard isNew else {
        change.flags.clear()
        return change
      }
      change.flags.saidAt = draft.snapshot.placedAt
      if change.draft.address.value == nil,
        let address = draft.order.shippingAddress ?? draft.order.billingAddress
      {
        change.draft.address = .set(address)
      }
      // Orders may have been paid in a currency that is none any more; customers have a current
      // one.
      if change.draft.currency.value == nil,
        let currency = try? CurrencyCode(draft.snapshot.currency)
      {
        change.draft.currency = .set(currency)
      }
      return change
    }

    /// Refuses what cannot change, before anything is written.
    private func refuse(
      _ draft: OrderDraft, _ known: OrderRow?, _ old: Order?, _ plan: CustomerChange.Plan
    ) throws {
      if let old { try draft.checkFits(old) }
      if let known, !plan.has(known.customerID) {
        throw RPCError.orderChanged(
          "ORDER_CUSTOMER_CHANGED", "customer \(known.customerID)", "The order belongs to")
      }
      let contributed = try old.map { try OrderContribution(of: OrderSnapshot(stored: $0)) }
      let stats = try CustomerStats(plan.row?.stats ?? [])
      do throws(RuleError) {
        try stats.check(contributed, draft.contribution)
      } catch {
        throw RPCError.invalid([Violation(path: "order.total", error: error)])
      }
    }

    /// Writes an order that differs from what is known, and what follows from it: statistics,
    /// events, and the checkout that it came from.
    static func write(
      _ order: Order, over known: OrderRow?, _ old: Order?, _ customer: CustomerChange.Result,
      _ draft: OrderDraft, in writer: StoreWriter, at now: Int64
    ) throws -> Outcome {
      var order = order
      let before = old.map(OrderSnapshot.init(stored:))
      let contributed = try before.map { try OrderContribution(of: $0) }
      var timeline = try TimelineWriter(
        writer, customerID: customer.row.id, stats: customer.row.stats, now: now)
      if known == nil { order.id = try writer.nextID() }
      let row = OrderRow(order, draft, body: try order.encoded())
      if let known { try writer.update(row, replacing: known) } else { try writer.insert(row) }
      try timeline.changeStats { stats in
        try stats.replace(contributed, by: draft.contribution) { currency in
          try writer.read.orderDates(of: customer.row.id, in: currency)
        }
      }
      let derived = OrderEvents.derive(from: before, to: draft.snapshot, observedAt: now)
      let events = try derived.compactMap { derived in
        var event = Event(derived, of: order)
        if derived.kind == .placed { event.enrichedFields = customer.changedFields }
        return try timeline.tell(event, replaces: derived.replaces)
      }
      var told = events
      if let event = try CheckoutChange.recover(by: order, in: &timeline) {
        let place = told.firstIndex { ($0.occurredAt?.micros ?? 0) > event.occurredAt?.micros ?? 0 }
        told.insert(event, at: place ?? told.endIndex)
      }
      let setter = Provenance.Setter(
        name: "order_placed", at: min(draft.snapshot.placedAt, now),
        eventID: events.first { $0.type == "order_placed" }?.id ?? 0)
      try timeline.finish(provenance: customer.provenance(noting: setter, writer.read))
      return Outcome(
        order: order, outcome: known == nil ? .created : .updated, customer: customer,
        events: told)
    }
  }
}

extension OrderDraft {
  /// An order keeps its currency: statistics are kept by currency, and refunds refer to it.
  fileprivate func checkFits(_ old: Order) throws(RPCError) {
    guard let currency = old.total?.currencyCode, currency != order.total?.currencyCode else {
      return
    }
    throw .orderChanged("ORDER_CURRENCY_CHANGED", currency, "The order is known in")
  }

  /// The order with what the server sets.
  func placed(over old: Order?, customerID: Int64, now: Int64) -> Order {
    var order = order
    order.id = old?.id ?? 0
    order.customerID = customerID
    order.createdAt = old?.createdAt ?? .init(micros: now)
    order.updatedAt = .init(micros: now)
    return order
  }
}

extension Order {
  /// Whether nothing but the time of the last change differs.
  func isSame(as old: Order) -> Bool {
    var same = self
    same.updatedAt = old.updatedAt
    return same == old
  }
}

extension Order {
  /// What the caller should know of refunds and shipments that were known and are not given: a sync
  /// of the whole order removes them, perhaps without meaning it.
  fileprivate func removals(from old: Order) -> [Warning] {
    let refunds = Set(old.refunds.map(\.externalID)).subtracting(self.refunds.map(\.externalID))
    let shipments = Set(old.fulfillments.map(\.externalID))
      .subtracting(fulfillments.map(\.externalID))
    return [("refunds", refunds.count), ("fulfillments", shipments.count)]
      .filter { $0.1 > 0 }
      .map { list, count in
        .with {
          $0.reason = "ORDER_PARTS_REMOVED"
          $0.field = "order.\(list)"
          $0.message =
            "\(count) that the order had \(count == 1 ? "is" : "are") not given, and so removed: "
            + "a sync gives the whole order. Give them too, or sync them again by themselves."
        }
      }
  }
}

extension OrderRow {
  /// An order as the store keeps it.
  fileprivate init(_ order: Order, _ draft: OrderDraft, body: [UInt8]) {
    self.init(
      id: order.id, customerID: order.customerID, placedAt: draft.snapshot.placedAt,
      externalID: order.externalID, currencyCode: draft.snapshot.currency,
      total: draft.snapshot.totalMinor, refunded: draft.contribution.refundedMinor,
      isCancelled: draft.contribution.isCancelled, body: body)
  }
}

extension Event {
  /// The event that a change of an order derives.
  fileprivate init(_ derived: DerivedEvent, of order: Order) {
    self.init()
    eventID = EventCheck.reservedPrefix + derived.dedupKey
    source = .ecommerce
    type = derived.type
    title = EventCatalogue.type(derived.type, of: .ecommerce)?.label ?? derived.type
    occurredAt = .init(micros: derived.occurredAt)
    orderID = order.id
    actor = derived.kind == .placed ? .customer : .platform
    references = .with { $0.orderExternalID = order.externalID }
    amount = derived.amountMinor.map { minor in
      .with {
        $0.currencyCode = order.total?.currencyCode ?? ""
        $0.minorUnits = minor
      }
    }
    properties["order_name"] = .text(order.name)
    if derived.kind == .placed, !order.lineItems.isEmpty {
      let pieces = order.lineItems.reduce(Int64(0)) { $0 + Int64($1.quantity) }
      properties["item_count"] = .with { $0.kind = .int64Value(pieces) }
    }
    if let refundID = derived.refundID { properties["refund_id"] = .text(refundID) }
    if let shipmentID = derived.shipmentID { properties["fulfillment_id"] = .text(shipmentID) }
    if let reason = derived.reason, !reason.isEmpty { properties["reason"] = .text(reason) }
    if let isFull = derived.isFull { properties["full"] = .with { $0.kind = .boolValue(isFull) } }
  }
}

extension PatronProto.PropertyValue {
  static func text(_ text: String) -> PatronProto.PropertyValue {
    .with { $0.kind = .stringValue(text) }
  }
}

extension RPCError {
  /// Something of a known order that cannot change.
  static func orderChanged(_ code: String, _ known: String, _ what: String) -> RPCError {
    reason(
      .failedPrecondition, code,
      "\(what) \(known), which a sync cannot change. Use another external_id for another order.")
  }
}
