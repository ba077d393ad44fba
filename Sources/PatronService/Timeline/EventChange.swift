internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC
internal import TTRPC

extension TimelineHandlers {
  /// A checked event with its customer.
  struct EventChange: Sendable {
    var customer: CustomerChange
    var draft: EventDraft
    /// What events of the type may do to the customer.
    private let rule: Enrichment.Rule

    /// Checks an event and its customer.
    init(
      _ customer: CustomerInput?, _ event: EventInput?, country: CountryCode?, now: Int64,
      _ violations: inout Violations
    ) {
      let event = event ?? EventInput()
      draft = EventDraft(event, path: "event", now: now, violations: &violations)
      rule = Enrichment.rule(for: event.type, of: event.modelSource)
      var input = customer ?? CustomerInput()
      // Only the shop's platform speaks for the shop's record: events of others never touch
      // consent by flags.
      if rule.flagSource == nil {
        input.acceptsSMSMarketing = nil
        input.acceptsEmailMarketing = nil
      }
      self.customer = CustomerChange.checked(
        input, path: "customer", mode: .fillGaps, identity: .event,
        origin: event.source == .ecommerce ? .ecommercePlatform : .event, country: country,
        source: rule.flagSource ?? "event", actor: .platform, now: now, &violations)
      self.customer.draft.restrict(to: rule)
      self.customer.draft.take(
        Enrichment.effects(of: draft.event, at: now), of: draft.event, now: now, &violations)
    }

    /// What became of an event.
    struct Recorded {
      /// nil where it was about an address that no customer has.
      var event: Event?
      var outcome: Outcome
      var customer: CustomerChange.Result?
      var warnings: [Warning]
    }

    /// Finds or makes the customer, puts the event on the timeline and does what it does.
    func perform(in writer: StoreWriter, at now: Int64) throws -> Recorded {
      var change = customer
      try refuseUnknownID(in: writer.read)
      let plan = try change.plan(in: writer.read)
      guard plan.row != nil || mayCreate else { return try performUnknown(in: writer, at: now) }
      // A customer who is made now has no events.
      var event = try plan.row.map { try draft.completed(for: $0.id, at: now) } ?? draft.event
      let known = try known(event, plan, writer.read)
      let old = try known.map { try Event(stored: $0.body) }
      let time = draft.event.occurredAt?.micros ?? old?.occurredAt?.micros ?? now
      change.asOf = min(time, now)
      change.repeats = old?.id
      if old == nil {
        change.flags.saidAt = draft.event.occurredAt?.micros
      } else {
        // What it said of consent was applied when it was new; others may have spoken since.
        change.flags.clear()
      }
      var customer = try change.perform(plan, in: writer, at: now)
      if plan.row == nil { event = try draft.completed(for: customer.row.id, at: time) }
      event.occurredAt = .init(micros: time)
      var enrichment = EventEnrichment(event, over: old, change.draft.identifiers, writer, now)
      customer.row = try enrichment.changeConsent(of: customer.row)
      let fields = Set(customer.changedFields + enrichment.fields).sorted()
      event.enrichedFields = fields
      event.orderID = try writer.read.order(about: event)?.id ?? 0
      var timeline = try TimelineWriter(
        writer, customerID: customer.row.id, stats: customer.row.stats, now: now)
      let (stored, outcome) = try timeline.put(
        event, over: known, keepsTime: draft.event.occurredAt == nil)
      if outcome != .unchanged { try enrichment.summarise(stored, on: &timeline) }
      let setter = Provenance.Setter(name: stored.type, at: min(time, now), eventID: stored.id)
      try timeline.finish(
        provenance: Provenance.noting(
          fields, by: setter, over: try customer.row.provenance(in: writer.read)))
      return Recorded(
        event: stored, outcome: outcome, customer: customer,
        warnings: customer.warnings + draft.warnings + enrichment.warnings)
    }

    private var mayCreate: Bool {
      switch rule.creates {
      case .always: true
      case .withEmail: customer.draft.identifiers.emailKey != nil
      case .never: false
      }
    }

    /// The event as it is on the timeline already. An event id that another customer's event has
    /// is refused before anything is written.
    private func known(
      _ event: Event, _ plan: CustomerChange.Plan, _ reader: StoreReader
    ) throws -> EventRow? {
      if event.eventID.isEmpty { return nil }
      let known = try reader.event(
        source: event.source.rawValue, sourceName: event.sourceName, eventID: event.eventID)
      guard let known else { return nil }
      guard known.customerID == plan.row?.id else { throw RPCError.eventBelongsToOther(known) }
      return known
    }

    /// Where only an external id is given, a customer who would have to be made could not be.
    private func refuseUnknownID(in reader: StoreReader) throws {
      let given = customer.draft.identifiers
      guard rule.creates == .never, given.emailKey == nil, given.phone == nil,
        let externalID = given.externalID,
        try reader.customerRow(.externalID(externalID)) == nil
      else { return }
      throw RPCError.customerUnknown(to: draft.event.type, rule)
    }

    /// Nobody has the address: a refusal or an opt-out is kept with the address alone.
    private func performUnknown(in writer: StoreWriter, at now: Int64) throws -> Recorded {
      let time = draft.event.occurredAt?.micros ?? now
      let event = try draft.completed(for: 0, at: time)
      let enrichment = EventEnrichment(event, over: nil, customer.draft.identifiers, writer, now)
      guard let isChanged = try enrichment.suppressUnknown() else {
        throw RPCError.customerUnknown(to: draft.event.type, rule)
      }
      let warning = Warning.with {
        $0.reason = "ADDRESS_SUPPRESSED"
        $0.field = "customer"
        $0.message =
          "No customer has the address, so it was suppressed and the event is on no timeline."
      }
      return Recorded(
        event: nil, outcome: isChanged ? .updated : .unchanged, customer: nil,
        warnings: draft.warnings + [warning])
    }
  }
}

extension EventInput {
  /// The source as the rules want it; that of others where there is none.
  fileprivate var modelSource: PatronModel.EventSource {
    PatronModel.EventSource(rawValue: Int(source.rawValue)) ?? .thirdParty
  }
}

extension CustomerDraft {
  /// Leaves out what events of a type do not set. Identifiers stay: they say whom is meant.
  fileprivate mutating func restrict(to rule: Enrichment.Rule) {
    let taken = rule.fills.union(rule.overwrites)
    var dropped: [String] = []
    func kept<Value>(_ field: String, _ edit: FieldEdit<Value>) -> FieldEdit<Value> {
      guard !edit.isLeave, !taken.contains(field) else { return edit }
      dropped.append(field)
      return .leave
    }
    firstName = kept("first_name", firstName)
    lastName = kept("last_name", lastName)
    gender = kept("gender", gender)
    accountCreatedAt = kept("account_created_at", accountCreatedAt)
    accountStatus = kept("account_status", accountStatus)
    language = kept("default_language", language)
    currency = kept("default_currency", currency)
    tags = kept("tags", tags)
    address = kept("address", address)
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

  /// Takes the fields that the event itself tells.
  fileprivate mutating func take(
    _ effects: [EnrichmentEffect], of event: Event, now: Int64, _ violations: inout Violations
  ) {
    for effect in effects {
      switch effect {
      case .accountStatus(let text):
        let name = event.type == "account_created" ? "account_status" : "to"
        let status = violations.check("event.properties.\(name)") { () throws(RuleError) in
          try AccountStatus(text)
        }
        if let status { accountStatus = .set(status) }
      case .accountCreated(let micros):
        let time = violations.check("event.properties.account_created_at") {
          () throws(RuleError) in
          let time = try PatronModel.Timestamp(microseconds: micros)
          try TimeBounds.checkAccountCreated(time, now: .init(microseconds: now))
          return time
        }
        if let time { accountCreatedAt = .set(time) }
      case .reviewerName(let text):
        takeSigned(text)
      default:
        break
      }
    }
    guard event.source == .ecommerce, event.type == "account_created" else { return }
    if accountStatus.value == nil { accountStatus = .set(.enabled) }
    if accountCreatedAt.value == nil, let time = event.occurredAt?.micros,
      time <= now, let opened = try? PatronModel.Timestamp(microseconds: time)
    {
      accountCreatedAt = .set(opened)
    }
  }

  /// What stands before the first space is taken for the first name.
  private mutating func takeSigned(_ text: String) {
    guard firstName.value == nil, lastName.value == nil else { return }
    let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
    guard let first = parts.first, let name = try? PersonName(first) else { return }
    firstName = .set(name.value)
    if parts.count > 1, let last = try? PersonName(parts[1]) { lastName = .set(last.value) }
    namesAreSigned = true
  }
}

extension RPCError {
  /// An event about somebody who has to be known, but is not.
  fileprivate static func customerUnknown(to type: String, _ rule: Enrichment.Rule) -> RPCError {
    let advice =
      rule.creates == .withEmail
      ? "Events of the type \(type) make a customer by an e-mail address only: give it, or make "
        + "the customer first."
      : "Events of the type \(type) make no customer: make the customer first, with "
        + "UpsertCustomer, or check the identifier."
    return reason(
      .failedPrecondition, "CUSTOMER_UNKNOWN", "No customer has that identifier. \(advice)")
  }
}
