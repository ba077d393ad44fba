package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// A checked event with its customer.
package struct EventChange: Sendable {
  package var customer: CustomerChange
  package var draft: EventDraft
  /// The effects that events of the type may have on the customer.
  private let rule: Enrichment.Rule
  /// True if a phone number was left out because its country is unknown.
  package let lacksCountry: Bool

  /// Checks an event and its customer.
  package init(
    _ customer: CustomerInput?,
    _ event: EventInput?,
    country: CountryCode?,
    now: Int64,
    _ violations: inout Violations
  ) {
    let event = event ?? EventInput()
    draft = EventDraft(event, path: "event", now: now, violations: &violations)
    rule = Enrichment.rule(for: event.type, of: event.modelSource)
    let type = EventCatalogue.type(event.type, of: event.modelSource)
    var input = customer ?? CustomerInput()
    if draft.mayRestrict {
      let earlier = violations.warnings.count
      input.leaveOutUnusableID(&violations)
      draft.warnings += violations.warnings.dropFirst(earlier).map(Warning.about)
    }
    // Only the shop's platform may set flags of the shop's record: events of other sources never
    // change consent by flags.
    if rule.flagSource == nil {
      input.acceptsSMSMarketing = nil
      input.acceptsEmailMarketing = nil
    }
    self.customer = CustomerChange.checked(
      input,
      path: "customer",
      mode: .fillGaps,
      author: .evidence,
      identity: .event,
      origin: Self.origin(event.source, type?.product),
      country: country,
      source: rule.flagSource ?? "event",
      actor: .platform,
      now: now,
      &violations
    )
    self.customer.draft.restrict(to: rule)
    let earlier = violations.warnings.count
    self.customer.draft.take(
      Enrichment.effects(of: draft.event, at: now),
      of: draft.event,
      now: now,
      &violations
    )
    draft.warnings += violations.warnings.dropFirst(earlier).map(Warning.about)
    lacksCountry = violations.lacksCountry
    if event.source == .ecommerce, rule.fills.contains("default_currency") {
      self.customer.draft.takeCurrency(of: draft.event.amount)
    }
    if rule.changesOrderStats { draft.warnings.append(.orderStatsKept) }
  }

  /// Returns the origin of a customer that an event creates.
  private static func origin(
    _ source: PatronProto.EventSource,
    _ product: EventProduct?
  ) -> Origin {
    if source == .ecommerce { return .ecommercePlatform }
    return product == .subscriptionTools ? .subscriptionTool : .event
  }

  /// The result of recording an event.
  package struct Recorded {
    /// The event; nil if it was about an address without a customer.
    package var event: Event?
    package var outcome: Outcome
    package var customer: CustomerChange.Result?
    package var warnings: [Warning]
  }

  /// Finds or creates the customer, puts the event on the timeline and applies its effects.
  package func perform(in writer: StoreWriter, at now: Int64) throws -> Recorded {
    try customer.suspects.check(in: writer.read)
    try refuseUnknownID(in: writer.read)
    guard let plan = try plan(in: writer.read), plan.row != nil || mayCreate else {
      return try performUnknown(in: writer, at: now)
    }
    // A new customer has no events.
    var event = draft.event
    if let row = plan.row { event = try completed(for: row.id, writer.read, at: now) }
    var known = try known(event, plan, writer.read)
    let old = try known.map { try Event(stored: $0.body) }
    let time = draft.event.occurredAt?.micros ?? old?.occurredAt?.micros ?? now
    let change = self.change(at: time, over: old, now: now)
    var customer = try change.perform(plan, in: writer, at: now)
    if plan.merges { known = try self.known(event, plan, writer.read) }
    if plan.row == nil { event = try draft.completed(for: customer.row.id, at: time) }
    event.occurredAt = .init(micros: time)
    event.contact = plan.shared.contact
    var enrichment = try EventEnrichment(
      event,
      over: old,
      self.customer.draft.identifiers,
      writer,
      now
    )
    customer.row = try enrichment.changeConsent(of: customer.row)
    let fields = Set(customer.changedFields + enrichment.fields).sorted()
    event.enrichedFields = fields
    event.orderID = try writer.read.order(about: event)?.id ?? 0
    var timeline = try TimelineWriter(
      writer,
      customerID: customer.row.id,
      stats: customer.row.stats,
      now: now
    )
    let (stored, outcome) = try timeline.put(
      event,
      over: known,
      keepsTime: draft.event.occurredAt == nil
    )
    if outcome != .unchanged { try enrichment.summarise(stored, on: &timeline) }
    if let channel = enrichment.possibleOptOut {
      _ = try timeline.emit(.possibleOptOut(in: stored, channel), replaces: true)
    }
    let setter = Provenance.Setter(
      name: stored.type,
      at: min(time, now),
      eventID: stored.id,
      author: writer.author
    )
    try timeline.finish(
      provenance: Provenance.noting(
        fields,
        by: setter,
        over: try customer.row.provenance(in: writer.read)
      )
    )
    return Recorded(
      event: stored,
      outcome: outcome,
      customer: customer,
      warnings: customer.warnings + draft.warnings + enrichment.warnings
    )
  }

  /// Returns the event's change of its customer, as of its time. `old` is the version that it
  /// replaces.
  private func change(at time: Int64, over old: Event?, now: Int64) -> CustomerChange {
    var change = customer
    change.asOf = min(time, now)
    change.repeats = old?.id
    change.flags.saidAt = draft.event.occurredAt?.micros
    guard let old else { return change }
    // Its consent was applied when it was new; newer statements may exist. A later repeat of an
    // opt-out is new all the same.
    let isLater = time > old.occurredAt?.micros ?? .max
    change.flags.sms = change.flags.sms == false && isLater ? false : nil
    change.flags.email = change.flags.email == false && isLater ? false : nil
    return change
  }

  /// Finds the customer. Identifiers that belong to other customers are left out: an event must not
  /// touch those, and must not be lost for them. Returns nil if no customer is named then, and the
  /// event is about the addresses.
  private func plan(in reader: StoreReader) throws -> CustomerChange.Plan? {
    do {
      return try customer.plan(in: reader)
    } catch let conflict as DomainError where conflict.kind == .alreadyExists {
      var change = customer
      change.onConflict = .keepExisting
      do {
        return try change.plan(in: reader)
      } catch is DomainError {
        if rule.creates == .never, try restricts(in: reader) { return nil }
        throw conflict
      }
    } catch let refusal as DomainError
      where refusal.kind == .failedPrecondition && rule.creates == .never
    {
      // The address is shared, so no customer has it: a refusal or an opt-out is kept with it all
      // the same.
      var draft = customer.draft
      guard try !draft.takeShared(in: reader).fields.isEmpty, try restricts(in: reader)
      else { throw refusal }
      return nil
    }
  }

  /// Returns true when the event is a refusal or an opt-out, also by a word of the store's own.
  private func restricts(in reader: StoreReader) throws -> Bool {
    let words = try ReplyWords(for: draft.event, in: reader)
    return Enrichment.effects(of: draft.event, at: 0, words).contains(where: \.restricts)
  }

  private var mayCreate: Bool {
    switch rule.creates {
    case .always: true
    case .withEmail: customer.draft.identifiers.emailKey != nil
    case .never: false
    }
  }

  /// Returns the version of the event that is on the timeline already.
  ///
  /// - Throws: FAILED_PRECONDITION for an event id of another customer, before anything is written.
  private func known(
    _ event: Event,
    _ plan: CustomerChange.Plan,
    _ reader: StoreReader
  ) throws -> EventRow? {
    if event.eventID.isEmpty { return nil }
    let known = try reader.event(
      source: event.source.rawValue,
      sourceName: event.sourceName,
      eventID: event.eventID
    )
    guard let known else { return nil }
    guard plan.has(known.customerID) else { throw DomainError.eventBelongsToOther(known) }
    return known
  }

  /// Refuses an unknown external id without an address: the event could not create such a customer.
  private func refuseUnknownID(in reader: StoreReader) throws {
    let given = customer.draft.identifiers
    guard rule.creates == .never, given.emailKey == nil, given.phone == nil,
      let externalID = given.externalID,
      try reader.customerRow(.externalID(externalID)) == nil
    else { return }
    throw DomainError.customerUnknown(to: draft.event.type, rule)
  }

  /// Records an event about an address without a customer: a refusal or an opt-out is kept with the
  /// address.
  private func performUnknown(in writer: StoreWriter, at now: Int64) throws -> Recorded {
    let time = draft.event.occurredAt?.micros ?? now
    let event = try draft.completed(for: 0, at: time)
    var enrichment = try EventEnrichment(
      event,
      over: nil,
      customer.draft.identifiers,
      writer,
      now
    )
    guard let isChanged = try enrichment.restrictAddresses() else {
      throw DomainError.customerUnknown(to: draft.event.type, rule)
    }
    return Recorded(
      event: nil,
      outcome: isChanged ? .updated : .unchanged,
      customer: nil,
      warnings: draft.warnings + enrichment.warnings
    )
  }

  /// The maximum number of merged customers whose events are searched for under a derived id.
  private static let maxFormer = 20

  /// Returns the event with its time and id. A derived id contains the customer's: if the event is
  /// known for a customer that was merged into this one, it is that event again.
  private func completed(
    for customerID: Int64,
    _ reader: StoreReader,
    at now: Int64
  ) throws -> Event {
    let event = try draft.completed(for: customerID, at: now)
    guard draft.event.eventID.isEmpty, draft.event.occurredAt != nil else { return event }
    for former in try reader.formerIDs(of: customerID, atMost: Self.maxFormer) {
      var other = try draft.completed(for: former, at: now)
      let known = try reader.event(
        source: other.source.rawValue,
        sourceName: other.sourceName,
        eventID: other.eventID
      )
      guard known?.customerID == customerID else { continue }
      other.customerID = customerID
      return other
    }
    return event
  }
}

extension EventInput {
  /// The source in the form of the rules; the source of third parties if there is none.
  fileprivate var modelSource: PatronModel.EventSource {
    PatronModel.EventSource(rawValue: Int(source.rawValue)) ?? .thirdParty
  }
}

extension CustomerDraft {
  /// Leaves out the fields that events of a type do not set. Identifiers stay: they name the
  /// customer.
  fileprivate mutating func restrict(to rule: Enrichment.Rule) {
    let taken = rule.fills.union(rule.overwrites)
    var dropped: [String] = []
    for attribute in CustomerAttribute.all
    where gives(attribute) && !taken.contains(attribute.name) {
      dropped.append(attribute.name)
      leave(attribute)
    }
    if !properties.isEmpty, !taken.contains(Enrichment.properties) {
      dropped.append(Enrichment.properties)
      properties = []
    }
    overwrites = rule.overwrites
    filledIdentifiers = rule.fills.intersection(["email", "phone_number"])
    warnings += dropped.map { field in
      .with {
        $0.reason = "FIELD_NOT_ENRICHED"
        $0.field = "customer.\(field)"
        $0.message = "Events of this type do not set it; it was left out. Use UpsertCustomer."
      }
    }
  }

  /// Takes the fields that the event itself gives.
  fileprivate mutating func take(
    _ effects: [EnrichmentEffect],
    of event: Event,
    now: Int64,
    _ violations: inout Violations
  ) {
    for effect in effects {
      switch effect {
      case .accountStatus(let text, let name):
        let status = violations.secondary("event.properties.\(name)") { () throws(RuleError) in
          try AccountStatus(text)
        }
        if let status { set(.accountStatus) { $0.accountStatus = status.rawValue } }
      case .accountCreated(let micros, let name):
        let time = violations.secondary("event.properties.\(name)") {
          () throws(RuleError) in
          let time = try PatronModel.Timestamp(microseconds: micros)
          try TimeBounds.checkAccountCreated(time, now: .init(microseconds: now))
          return time
        }
        if let time {
          set(.accountCreatedAt) { $0.accountCreatedAt = .init(micros: time.microseconds) }
        }
      case .accountOpened:
        takeOpening(at: event.occurredAt?.micros, now: now)
      case .reviewerName(let text):
        takeSigned(text)
      default:
        break
      }
    }
  }

  /// Takes an account as enabled, and as created at the time of the event, unless the event or its
  /// customer says otherwise. A time in the future is not taken.
  private mutating func takeOpening(at time: Int64?, now: Int64) {
    if !sets(.accountStatus) {
      set(.accountStatus) { $0.accountStatus = AccountStatus.enabled.rawValue }
    }
    if !sets(.accountCreatedAt), let time, time <= now,
      let opened = try? PatronModel.Timestamp(microseconds: time)
    {
      set(.accountCreatedAt) { $0.accountCreatedAt = .init(micros: opened.microseconds) }
    }
  }

  /// Takes the currency of an amount. An order may have been paid in a historic currency; customers
  /// have a current one.
  fileprivate mutating func takeCurrency(of amount: PatronProto.Money?) {
    guard !sets(.currency), let code = amount?.currencyCode,
      let known = try? CurrencyCode(code)
    else { return }
    set(.currency) { $0.defaultCurrency = known.code }
  }

  /// Takes the text before the first space as the first name.
  private mutating func takeSigned(_ text: String) {
    guard !sets(.firstName), !sets(.lastName) else { return }
    let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
    guard let first = parts.first, let name = try? PersonName(first) else { return }
    set(.firstName) { $0.firstName = name.value }
    if parts.count > 1, let last = try? PersonName(parts[1]) {
      set(.lastName) { $0.lastName = last.value }
    }
    namesAreSigned = true
  }
}

extension DomainError {
  /// Returns the error for an event about a customer that must be known, but is not.
  fileprivate static func customerUnknown(to type: String, _ rule: Enrichment.Rule) -> DomainError {
    let advice =
      rule.creates == .withEmail
      ? "Events of the type \(type) make a customer by an e-mail address only: give it, or make "
        + "the customer first."
      : "Events of the type \(type) make no customer: make the customer first, with "
        + "UpsertCustomer, or check the identifier."
    return reason(
      .failedPrecondition,
      "CUSTOMER_UNKNOWN",
      "No customer has that identifier. \(advice)"
    )
  }
}

extension CustomerInput {
  /// Leaves out an external id that no customer has if an address names the customer: no opt-out is
  /// lost for it.
  fileprivate mutating func leaveOutUnusableID(_ violations: inout Violations) {
    let addresses = [email, phoneNumber].compactMap(\.self).filter { !$0.isEmpty }
    guard let id = externalID, !id.isEmpty, addresses.count == 1, violations.dropsSecondary else {
      return
    }
    do throws(RuleError) {
      _ = try ExternalID(id)
    } catch {
      violations.addSecondary("customer.external_id", error)
      externalID = nil
    }
  }
}
