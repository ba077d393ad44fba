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
      customer.warnings += draft.order.timeWarnings
      customer.warnings += [
        draft.refundWarning("order.refunds"), draft.order.quantityWarning("order.fulfillments"),
      ].compactMap(\.self)
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
        change.draft.address = .set(.whole(address))
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
      try draft.order.checkSize(over: known?.body)
      if let known, !plan.has(known.customerID) {
        throw RPCError.reason(
          .failedPrecondition, "ORDER_CUSTOMER_CHANGED",
          "The order belongs to customer \(known.customerID), which a sync cannot change. Name "
            + "that customer, merge the two where they are one person, or use another external_id "
            + "for another order.",
          metadata: ["customer_id": String(known.customerID)])
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
      let contributed = try old.map { try OrderContribution(of: OrderSnapshot(stored: $0)) }
      var timeline = try TimelineWriter(
        writer, customerID: customer.row.id, stats: customer.row.stats, now: now)
      if known == nil { order.id = try writer.nextID() }
      let body = try RecordLimit.order.checked(order.encoded(), over: known?.body)
      let row = OrderRow(order, draft, body: body)
      if let known { try writer.update(row, replacing: known) } else { try writer.insert(row) }
      let number = timeline.stats.numberOfOrder(placedAt: row.placedAt)
      try timeline.changeStats { stats in
        try stats.replace(contributed, by: draft.contribution) { currency in
          try writer.read.orderDates(of: customer.row.id, in: currency)
        }
      }
      let news = OrderNews(
        order: order, old: old, snapshot: draft.snapshot, enrichedFields: customer.changedFields,
        number: number, changesFigures: contributed.map { $0 != draft.contribution } ?? false)
      let events = try news.tell(in: &timeline)
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
    throw .reason(
      .failedPrecondition, "ORDER_CURRENCY_CHANGED",
      "The order is known in \(currency), which a sync cannot change. Give its amounts in that "
        + "currency, or use another external_id for another order.",
      metadata: ["currency_code": currency])
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
