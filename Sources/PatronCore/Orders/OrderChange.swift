package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// The order and the customer that a sync gives, checked.
package struct OrderChange: Sendable {
  package var customer: CustomerChange
  package var given: GivenOrder
  /// Warnings about parts of the order that were taken in another form than given.
  private let taken: [Warning]
  /// True if a phone number was left out because its country is unknown.
  package let lacksCountry: Bool

  /// Checks an order and its customer.
  package init(
    _ customer: CustomerInput?,
    _ order: Order?,
    mask: GoogleProtobuf.FieldMask?,
    _ mode: GivenOrder.Mode,
    country: CountryCode?,
    now: Int64,
    _ violations: inout Violations
  ) {
    let earlier = violations.warnings.count
    given = GivenOrder(
      order ?? Order(),
      mask: mask,
      mode,
      path: "order",
      country: country,
      now: now,
      violations: &violations
    )
    taken = violations.warnings.dropFirst(earlier).map(Warning.about)
    self.customer = .buyer(customer, country: country, now: now, &violations)
    lacksCountry = violations.lacksCountry
  }

  /// The result of a sync of an order.
  package struct Outcome {
    package var order: Order
    package var outcome: PatronProto.Outcome
    package var customerID: Int64
    package var customerCreated = false
    package var events: [Event] = []
    package var warnings: [Warning] = []
  }

  /// Finds or creates the customer, writes the order and emits the events of its changes. A state
  /// older than the stored state changes neither the order nor the customer.
  package func perform(in writer: StoreWriter, at now: Int64) throws -> Outcome {
    var known = try writer.read.order(externalID: given.order.externalID)
    var old = try known.map { try Order(known: $0.body) }
    if let old, OrderAge(of: given.order, over: old) == .older {
      return Outcome(
        order: old,
        outcome: .unchanged,
        customerID: old.customerID,
        warnings: [.outdated("order", "The state of the order")]
      )
    }
    let (draft, warnings) = try OrderMerge.merged(given, over: old, now: now)
    var change = enriched(by: draft, isNew: old == nil)
    change.asOf = min(draft.snapshot.placedAt, now)
    let plan = try change.plan(in: writer.read)
    if let known, !plan.has(known.customerID) {
      change.flags.takeRefusals(
        of: customer.flags,
        at: min(draft.order.updatedAt?.micros ?? now, now)
      )
    }
    try draft.order.checkSize(over: known?.body)
    let owner = try known.flatMap { try mover($0, plan, writer.read) }
    try draft.checkStatistics(
      plan.row?.stats ?? [],
      over: owner == nil ? contribution(of: old) : nil,
      path: "order.total"
    )
    var customer = try change.perform(plan, in: writer, at: now)
    customer.warnings += taken + draft.order.timeWarnings + warnings
    customer.warnings += [
      draft.refundWarning("order.refunds"), draft.order.quantityWarning("order.fulfillments"),
    ].compactMap(\.self)
    if let owner, let moving = known {
      let move = OrderMove(moving, of: owner, to: customer.row)
      customer.row.stats = try move.perform(in: writer, at: now).stats
      customer.row.provenance = nil
      customer.warnings.append(.moved(from: owner.id, to: customer.row.id))
      customer.warnings += try notCarried(to: customer.row)
      try takeBack(from: owner.id, placedAt: old?.placedAt?.micros, in: writer, at: now)
    }
    if owner != nil || plan.merges {
      known = try writer.read.order(externalID: given.order.externalID)
      old = try known.map { try Order(known: $0.body) }
    }
    var result = try Self.take(
      draft,
      over: known,
      old,
      customer,
      plan.shared.contact,
      in: writer,
      at: now
    )
    if owner != nil { result.outcome = .updated }
    if known == nil { try OrderPart.applyWaiting(to: &result, in: writer, at: now) }
    return result
  }

  /// Writes the order, unless it is the same as the known order.
  private static func take(
    _ draft: OrderDraft,
    over known: OrderRow?,
    _ old: Order?,
    _ customer: CustomerChange.Result,
    _ contact: Contact?,
    in writer: StoreWriter,
    at now: Int64
  ) throws -> Outcome {
    var order = draft.placed(
      over: old,
      customerID: customer.row.id,
      by: writer.author,
      now: now
    )
    order.contact = contact ?? old?.contact
    if let old, order.isSame(as: old) {
      let setter = Provenance.Setter(
        name: "order_placed",
        at: min(draft.snapshot.placedAt, now),
        author: writer.author
      )
      if let provenance = try customer.provenance(noting: setter, writer.read) {
        try writer.setProvenance(provenance, of: customer.row.id)
      }
      return Outcome(
        order: old,
        outcome: .unchanged,
        customerID: customer.row.id,
        customerCreated: customer.outcome == .created,
        warnings: customer.warnings
      )
    }
    return try write(order, over: known, old, customer, draft, in: writer, at: now)
  }

  /// Returns the change of the customer by a placed order. A known order made its change already: a
  /// repeat must not bring back values that were changed since. If the order moves, a refusal is
  /// new for the customer that gets it.
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
    // Orders may have been paid in a historic currency; customers have a current one.
    if !change.draft.sets(.currency), let currency = try? CurrencyCode(draft.snapshot.currency) {
      change.draft.set(.currency) { $0.defaultCurrency = currency.code }
    }
    return change
  }

  /// Returns the customer that an order leaves because the platform names another customer now, or
  /// nil if it stays. The order of a guest follows the guest's address. The order of a customer
  /// that the shop knows moves only if the platform names another customer by an identifier of the
  /// shop's.
  ///
  /// - Throws: FAILED_PRECONDITION `ORDER_CUSTOMER_CHANGED`, `CUSTOMER_ERASED`.
  private func mover(
    _ known: OrderRow,
    _ plan: CustomerChange.Plan,
    _ reader: StoreReader
  ) throws -> CustomerRow? {
    if plan.has(known.customerID) { return nil }
    if let owner = try reader.customerRow(.id(known.customerID)) {
      let named = IdentityMatch(
        customerID: 0,
        externalID: plan.draft.identifiers.externalID,
        emailKey: plan.draft.identifiers.emailKey
      )
      if !owner.match.hasOwnExternalID || named.hasOwnExternalID { return owner }
    } else if try reader.erasureID(ofCustomer: known.customerID) != nil {
      throw DomainError.customerErased(.failedPrecondition, known.customerID)
    }
    throw DomainError.reason(
      .failedPrecondition,
      "ORDER_CUSTOMER_CHANGED",
      "The order belongs to customer \(known.customerID), whom the shop knows by an external_id. "
        + "Name the customer by external_id whose it is, call MoveOrder, or merge the two where "
        + "they are one person.",
      metadata: ["customer_id": String(known.customerID)]
    )
  }

  /// Returns warnings about agreements that an order brought for another address. They do not count
  /// for the address of the customer that gets the order.
  private func notCarried(to row: CustomerRow) throws -> [Warning] {
    let target = try Customer(stored: row.body)
    return PatronModel.Channel.allCases
      .filter { customer.flags[$0] == true && !target.consent($0, .marketing).isWish }
      .map(Warning.notCarried)
  }

  /// Ends the agreements that the order brought for the address of a guest, if the order turned out
  /// to be another customer's: the owner of the address never agreed.
  private func takeBack(
    from id: Int64,
    placedAt: Int64?,
    in writer: StoreWriter,
    at now: Int64
  ) throws {
    guard let row = try writer.read.customerRow(.id(id)), row.id == id else { return }
    var edit = try ConsentEdit(row, writer, at: now)
    let statement = ConsentStatement(at: now, actor: .platform, source: "order_moved")
    for channel in PatronModel.Channel.allCases {
      let held = edit.customer.consent(channel, .marketing)
      guard held.isWish, held.changedAt == placedAt, held.changedBy == customer.flags.actor,
        held.source == customer.flags.source
      else { continue }
      let next = ConsentRules.readdress(held, to: .never, by: statement)
      edit.apply(
        .changed(next, LedgerRow(readdressed: held, to: next, by: statement)),
        channel,
        .marketing,
        ConsentEvidence()
      )
    }
    try edit.write()
  }

  private func contribution(of old: Order?) throws -> OrderContribution? {
    try old.map { try OrderContribution(of: OrderSnapshot(stored: $0)) }
  }

  /// Writes an order that differs from the known order, with its consequences: statistics, events,
  /// and the checkout that it came from.
  package static func write(
    _ order: Order,
    over known: OrderRow?,
    _ old: Order?,
    _ customer: CustomerChange.Result,
    _ draft: OrderDraft,
    in writer: StoreWriter,
    at now: Int64
  ) throws -> Outcome {
    var order = order
    let contributed = try old.map { try OrderContribution(of: OrderSnapshot(stored: $0)) }
    var timeline = try TimelineWriter(
      writer,
      customerID: customer.row.id,
      stats: customer.row.stats,
      now: now
    )
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
      order: order,
      old: old,
      snapshot: draft.snapshot,
      enrichedFields: customer.changedFields,
      number: number,
      changesStatistics: contributed.map { $0 != draft.contribution } ?? false
    )
    let events = try news.emit(in: &timeline)
    let recovery = try CheckoutChange.recover(by: order, in: &timeline)
    let setter = Provenance.Setter(
      name: "order_placed",
      at: min(draft.snapshot.placedAt, now),
      eventID: events.first { $0.type == "order_placed" }?.id ?? 0,
      author: writer.author
    )
    try timeline.finish(provenance: customer.provenance(noting: setter, writer.read))
    return Outcome(
      order: order,
      outcome: known == nil ? .created : .updated,
      customerID: customer.row.id,
      customerCreated: customer.outcome == .created,
      events: Self.inserting(recovery, into: events),
      warnings: customer.warnings
    )
  }

  /// Returns the events, oldest first, with another event in its place.
  private static func inserting(_ event: Event?, into events: [Event]) -> [Event] {
    guard let event else { return events }
    var events = events
    let place = events.firstIndex { ($0.occurredAt?.micros ?? 0) > event.occurredAt?.micros ?? 0 }
    events.insert(event, at: place ?? events.endIndex)
    return events
  }
}

extension OrderRow {
  /// Makes the row of an order as the store keeps it.
  fileprivate init(_ order: Order, _ draft: OrderDraft, body: [UInt8]) {
    self.init(
      id: order.id,
      customerID: order.customerID,
      placedAt: draft.snapshot.placedAt,
      externalID: order.externalID,
      currencyCode: draft.snapshot.currency,
      total: draft.snapshot.totalMinor,
      refunded: draft.contribution.refundedMinor,
      isCancelled: draft.contribution.isCancelled,
      body: body
    )
  }
}
