internal import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// A checked checkout with its customer.
package struct CheckoutChange: Sendable {
  package var customer: CustomerChange
  package var draft: CheckoutDraft
  /// Warnings about parts of the checkout that were taken in another form than given.
  package var warnings: [Warning]
  /// True if a phone number was left out because its country is unknown.
  package var lacksCountry: Bool

  package init(
    customer: CustomerChange,
    draft: CheckoutDraft,
    warnings: [Warning],
    lacksCountry: Bool
  ) {
    self.customer = customer
    self.draft = draft
    self.warnings = warnings
    self.lacksCountry = lacksCountry
  }

  /// The number of the customer's orders, newest first, that are searched by token for the order of
  /// an abandoned checkout.
  private static let ordersLookedAt = 20

  /// The result of a sync of a checkout.
  package struct Outcome {
    package var checkout: Checkout
    package var outcome: PatronProto.Outcome
    package var customer: CustomerChange.Result
    package var events: [Event]
  }

  /// Finds or creates the customer, writes the checkout and emits the events of its changes.
  package func perform(in writer: StoreWriter, at now: Int64) throws -> Outcome {
    let known = try writer.read.checkout(token: draft.checkout.token)
    let old = try known.map { try Checkout(stored: $0.body) }
    var checkout = try draft.merged(over: old)
    let startedAt = min(checkout.startedAt?.micros ?? now, now)
    var change = enriched(isNew: old == nil)
    // Until it is completed the customer may take a statement back; a repeat has nothing new.
    if let old, old != checkout, !old.isCompleted {
      change.flags.takeRefusals(
        of: customer.flags,
        at: min(checkout.completedAt?.micros ?? now, now)
      )
    }
    change.asOf = startedAt
    let plan = try change.plan(in: writer.read)
    if let known, !plan.has(known.customerID) {
      throw DomainError.reason(
        .failedPrecondition,
        "CHECKOUT_CUSTOMER_CHANGED",
        "The checkout belongs to customer \(known.customerID), which a sync cannot change. Name "
          + "that customer, or use another token for another checkout.",
        metadata: ["customer_id": String(known.customerID)]
      )
    }
    try draft.checkout.checkSize(over: known?.body)
    var customer = try change.perform(plan, in: writer, at: now)
    customer.warnings += warnings + checkout.timeWarnings
    checkout.keepOrder(of: old)
    if checkout.abandonedAt != nil, !checkout.isCompleted {
      try Self.findOrder(of: &checkout, customer.row.id, writer.read)
    }
    return try Self.write(
      checkout,
      over: old,
      customer,
      startedAt: startedAt,
      in: writer,
      at: now
    )
  }

  /// Writes the checkout, unless it is the same as the known checkout, and emits the events of the
  /// change.
  private static func write(
    _ checkout: Checkout,
    over old: Checkout?,
    _ customer: CustomerChange.Result,
    startedAt: Int64,
    in writer: StoreWriter,
    at now: Int64
  ) throws -> Outcome {
    var setter = Provenance.Setter(
      name: "checkout_started",
      at: startedAt,
      author: writer.author
    )
    if checkout == old {
      if let provenance = try customer.provenance(noting: setter, writer.read) {
        try writer.setProvenance(provenance, of: customer.row.id)
      }
      return Outcome(checkout: checkout, outcome: .unchanged, customer: customer, events: [])
    }
    try writer.put(try CheckoutRow(checkout, of: customer.row.id))
    var timeline = try TimelineWriter(
      writer,
      customerID: customer.row.id,
      stats: customer.row.stats,
      now: now
    )
    let events = try emit(
      from: old,
      to: checkout,
      enriched: customer.changedFields,
      in: &timeline
    )
    setter.eventID = events.first { $0.type == setter.name }?.id ?? 0
    try timeline.finish(provenance: customer.provenance(noting: setter, writer.read))
    return Outcome(
      checkout: checkout,
      outcome: old == nil ? .created : .updated,
      customer: customer,
      events: events
    )
  }

  /// Returns the change of the customer by a new checkout: fields that are empty so far. A repeat
  /// must not bring back values that were changed since.
  private func enriched(isNew: Bool) -> CustomerChange {
    var change = customer
    guard isNew else {
      change.flags.clear()
      return change
    }
    let checkout = draft.checkout
    change.flags.saidAt = checkout.startedAt?.micros
    if change.draft.address.value == nil,
      let address = checkout.shippingAddress ?? checkout.billingAddress
    {
      change.draft.address = .set(.whole(address))
    }
    if !change.draft.sets(.currency), let code = checkout.total?.currencyCode,
      let currency = try? CurrencyCode(code)
    {
      change.draft.set(.currency) { $0.defaultCurrency = currency.code }
    }
    return change
  }

  /// Completes the checkout if its order came first.
  private static func findOrder(
    of checkout: inout Checkout,
    _ customerID: Int64,
    _ reader: StoreReader
  ) throws {
    var count = 0
    var found: Order?
    try reader.latestOrders(of: customerID) { body in
      let order = try Order(stored: body)
      if order.checkoutToken == checkout.token { found = order }
      count += 1
      return found == nil && count < ordersLookedAt
    }
    if let found { checkout.complete(by: found) }
  }

  private static func emit(
    from old: Checkout?,
    to new: Checkout,
    enriched: [String],
    in timeline: inout TimelineWriter
  ) throws -> [Event] {
    let derived = CheckoutEvents.derive(
      from: old.map(CheckoutSnapshot.init),
      to: CheckoutSnapshot(new),
      observedAt: timeline.now
    )
    var events: [Event] = []
    for transition in derived {
      var event = Event(transition, of: new)
      if transition.kind == .started { event.enrichedFields = enriched }
      if let order = try timeline.writer.read.order(about: event, of: timeline.customerID) {
        event.orderID = order.id
      }
      if let event = try timeline.emit(event, replaces: false) { events.append(event) }
    }
    return events
  }

  /// Emits the event of an abandoned checkout that became the order, which is found by the order's
  /// token. Returns nil when there is no such checkout.
  static func recover(by order: Order, in timeline: inout TimelineWriter) throws -> Event? {
    guard let token = order.checkoutToken,
      let row = try timeline.writer.read.checkout(token: token),
      row.customerID == timeline.customerID
    else { return nil }
    let old = try Checkout(stored: row.body)
    guard !old.isCompleted else { return nil }
    var checkout = old
    checkout.complete(by: order)
    try timeline.writer.put(try CheckoutRow(checkout, of: row.customerID))
    return try emit(from: old, to: checkout, enriched: [], in: &timeline).first
  }
}

extension Checkout {
  /// True if the checkout became an order.
  fileprivate var isCompleted: Bool { completedAt != nil || !orderExternalID.isEmpty }

  fileprivate mutating func complete(by order: Order) {
    orderExternalID = order.externalID
    completedAt = completedAt ?? order.placedAt
  }

  /// Keeps the order of the checkout, even if the shop repeats an earlier state.
  fileprivate mutating func keepOrder(of old: Checkout?) {
    guard let old, old.isCompleted else { return }
    if orderExternalID.isEmpty { orderExternalID = old.orderExternalID }
    completedAt = completedAt ?? old.completedAt
  }
}

extension CheckoutSnapshot {
  fileprivate init(_ checkout: Checkout) {
    self.init(
      token: checkout.token,
      startedAt: checkout.startedAt?.micros ?? 0,
      abandonedAt: checkout.abandonedAt?.micros,
      completedAt: checkout.completedAt?.micros,
      namesOrder: !checkout.orderExternalID.isEmpty
    )
  }
}

extension CheckoutRow {
  /// Makes the row of a checkout as the store keeps it.
  fileprivate init(_ checkout: Checkout, of customerID: Int64) throws {
    self.init(
      token: checkout.token,
      customerID: customerID,
      startedAt: checkout.startedAt?.micros ?? 0,
      body: try checkout.encoded()
    )
  }
}

extension Event {
  /// Makes the event that a change of a checkout derives.
  fileprivate init(_ derived: CheckoutEvent, of checkout: Checkout) {
    self.init()
    let known = EventCatalogue.type(derived.kind.rawValue, of: .ecommerce)
    eventID = EventCheck.reservedPrefix + derived.dedupKey
    source = .ecommerce
    type = derived.kind.rawValue
    title = known?.label ?? type
    occurredAt = .init(micros: derived.occurredAt)
    actor = .customer
    references = .with {
      $0.checkoutToken = checkout.token
      if derived.kind == .recovered { $0.orderExternalID = checkout.orderExternalID }
    }
    if derived.kind == .recovered { return }
    amount = checkout.total
    note("line_items", ItemText.of(checkout.lineItems))
    if derived.kind == .started { note("landing_site_url", checkout.landingSiteURL) }
    if derived.kind == .abandoned {
      note("abandoned_checkout_url", checkout.abandonedCheckoutURL)
      properties["abandoned_at"] = .time(derived.occurredAt)
    }
  }
}
