internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC
internal import TTRPC

/// Does to a customer what an event does, beside the fields that came with it: consent and
/// suppressions before the event is written, the summaries of reviews and loyalty after it.
struct EventEnrichment {
  let writer: StoreWriter
  let now: Int64
  private let event: Event
  /// What the event does that an earlier version of it did not.
  private let news: [EnrichmentEffect]
  let effects: [EnrichmentEffect]
  let old: Event?
  let oldEffects: [EnrichmentEffect]
  private let given: Identifiers
  /// What changes, in protocol names.
  private(set) var fields: [String] = []
  /// What the caller should know.
  private(set) var warnings: [Warning] = []

  /// Begins with an event that has its time and id, and its version on the timeline.
  init(
    _ event: Event, over old: Event?, _ given: Identifiers, _ writer: StoreWriter, _ now: Int64
  ) {
    self.writer = writer
    self.now = now
    self.event = event
    self.old = old
    self.given = given
    effects = Enrichment.effects(of: event, at: now)
    let before = old.map { Enrichment.effects(of: $0, at: now) } ?? []
    oldEffects = before
    news = effects.filter { !before.contains($0) }
    for effect in news {
      switch effect {
      case .review: fields.append("reviews")
      case .loyalty: fields.append("loyalty")
      default: break
      }
    }
  }

  /// The time of what was said: clocks of tools run ahead.
  private var saidAt: Int64 { min(event.occurredAt?.micros ?? now, now) }
}

// MARK: - Consent and suppressions

extension EventEnrichment {
  /// Changes consent and suppressions. Returns the customer as stored then. What the rules of
  /// consent refuse is a warning: that it happened is history all the same.
  mutating func changeConsent(of row: CustomerRow) throws -> CustomerRow {
    guard news.contains(where: \.isAboutConsent) else { return row }
    var edit = try ConsentEdit(row, writer, at: now)
    edit.toldBy = event.type
    var isOutdated = false
    for effect in news {
      switch effect {
      case .subscribe(let channel, let topic, let isConfirmed):
        try subscribe(&edit, channel, topic, isConfirmed)
      case .unsubscribe(let channel, let topic):
        isOutdated = try unsubscribe(&edit, channel, topic)
      case .suppress(let channel, let reason):
        // Who agreed again since has taken the complaint back, where it is about the same address.
        let isCurrent = given.address(channel).map { $0 == edit.row.address(channel) } ?? true
        if reason == .spamComplaint, isOutdated, isCurrent { continue }
        try suppress(&edit, channel, reason)
      case .softBounce:
        let threshold = Int(try StoreSettings(of: writer.read).softBounceThreshold)
        guard try softBouncesInARow(of: row.id, atMost: threshold) >= threshold else { continue }
        try suppress(&edit, .email, .softBounce)
      case .unknownTopic:
        warn("TOPIC_UNKNOWN", "event.properties.topic", "No such topic: consent is as it was.")
      case .unknownBounce:
        warn(
          "BOUNCE_TYPE_UNKNOWN", "event.properties.bounce_type",
          "No such type of bounce: suppressions are as they were. For good are "
            + "\(Enrichment.hardBounces.joined(separator: ", ")); for now are "
            + "\(Enrichment.softBounces.joined(separator: ", ")).")
      default:
        break
      }
    }
    fields += edit.changedFlags
    if !edit.summary.isEmpty { fields.append("subscriptions") }
    if edit.changesSuppressions { fields.append("suppressions") }
    try edit.write()
    return edit.row
  }

  private mutating func subscribe(
    _ edit: inout ConsentEdit, _ channel: PatronModel.Channel, _ topic: PatronModel.Topic,
    _ isConfirmed: Bool
  ) throws {
    guard let address = edit.row.address(channel) else {
      return warn("ADDRESS_MISSING", "customer", "Without an address there is nothing to agree to.")
    }
    if let named = given.address(channel), named != address {
      return warn(
        "ADDRESS_DIFFERS", "customer",
        "The customer has another address than the one that agreed: consent is as it was.")
    }
    let asks = try !isConfirmed && StoreSettings(of: writer.read).asksForConfirmation(channel)
    let evidence = evidence
    let statement = ConsentStatement(at: saidAt, actor: actor, source: evidence.source)
    let before = edit.customer.consent(channel, topic)
    var transition: ConsentTransition
    do throws(RuleError) {
      transition = try ConsentRules.subscribe(
        statement, to: before, doubleOptIn: asks,
        after: edit.customer.consents(channel).optOut(reaching: topic, of: channel))
    } catch {
      return warn(error.reason, "event", error.message)
    }
    if case .changed(var consent, var row) = transition, isConfirmed {
      consent.optInLevel = .confirmed
      row.optInLevel = .confirmed
      transition = .changed(consent, row)
    }
    edit.apply(transition, channel, topic, evidence.evidence)
    guard !note(transition) else { return }
    try setFlag(true, &edit, channel, topic)
    if actor == .customer, edit.customer.consent(channel, topic).state == .subscribed {
      try edit.liftOwn(channel, topic, address, saidAt, evidence)
    }
  }

  /// True when the customer said something else since.
  private mutating func unsubscribe(
    _ edit: inout ConsentEdit, _ channel: PatronModel.Channel, _ topic: PatronModel.Topic
  ) throws -> Bool {
    let evidence = evidence
    let statement = ConsentStatement(at: saidAt, actor: actor, source: evidence.source)
    let transition = try edit.unsubscribe(statement, channel, topic, evidence.evidence)
    if note(transition) { return true }
    try setFlag(false, &edit, channel, topic)
    return false
  }

  /// Warns of a statement that had no effect; true when it was one.
  private mutating func note(_ transition: ConsentTransition) -> Bool {
    guard case .unchanged(let warning?) = transition else { return false }
    warn(warning.rawValue, "event.occurred_at", warning.message)
    return true
  }

  private func setFlag(
    _ accepts: Bool, _ edit: inout ConsentEdit, _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic
  ) throws {
    guard topic == .marketing else { return }
    let provenance = try Provenance(stored: edit.row.provenance(in: writer.read))
    let field = "accepts_\(channel.name)_marketing"
    guard provenance.permits(field, at: saidAt, by: old?.id) else { return }
    edit.setFlag(accepts, channel)
  }

  private mutating func suppress(
    _ edit: inout ConsentEdit, _ channel: PatronModel.Channel, _ reason: ConsentEdit.Reason
  ) throws {
    guard let address = given.address(channel) ?? edit.row.address(channel) else {
      return warn("ADDRESS_MISSING", "customer", "There is no address that could be suppressed.")
    }
    guard try !wasLifted(channel, reason, of: edit.row.id) else {
      return warn(
        "SUPPRESSION_OUTDATED", "event.occurred_at",
        "A suppression of the address was lifted since: it stays so.")
    }
    try edit.suppress(channel, address, reason, cause(reason))
  }

  private func cause(_ reason: ConsentEdit.Reason) -> SuppressionCause {
    SuppressionCause(
      at: saidAt, actor: reason == .spamComplaint ? .customer : .system, source: event.type,
      note: note)
  }

  /// Whether a suppression for that reason was lifted since.
  private func wasLifted(
    _ channel: PatronModel.Channel, _ reason: ConsentEdit.Reason, of customerID: Int64
  ) throws -> Bool {
    var wasLifted = false
    let type = "\(channel.name)_unsuppressed"
    let word = ConsentWords.reason(Int32(reason.rawValue))
    try TimelineScan.visit(of: customerID, [type], notBefore: saidAt + 1, in: writer.read) {
      wasLifted = $0.text("previous_reason") == word
      return !wasLifted
    }
    return wasLifted
  }

  /// Soft bounces since anything arrived, or since a suppression was lifted; this one is counted.
  /// 0 where something arrived after this one. It stops counting at `limit`.
  private func softBouncesInARow(of customerID: Int64, atMost limit: Int) throws -> Int {
    let types: Set<String> = [
      "email_bounced", "email_delivered", "email_opened", "email_clicked", "email_unsuppressed",
    ]
    var count = 0
    var isCounted = false
    var isOver = false
    try TimelineScan.visit(of: customerID, types, in: writer.read) { other in
      if !isCounted, other.occurredAt?.micros ?? 0 <= event.occurredAt?.micros ?? now {
        isCounted = true
        count += 1
      }
      if other.id == old?.id { return true }
      guard other.type == "email_bounced" else {
        isOver = true
        return false
      }
      if Enrichment.effects(of: other, at: now).contains(.softBounce) { count += 1 }
      return count < limit
    }
    if isCounted || count >= limit { return count }
    // Where nothing is older than this one, it began the row.
    return isOver ? 0 : count + 1
  }

  /// Suppresses the address of an event that no customer has. nil when the event does not ask for
  /// that; else whether something changed.
  func suppressUnknown() throws -> Bool? {
    let suppressions = effects.compactMap { effect -> (PatronModel.Channel, ConsentEdit.Reason)? in
      if case .suppress(let channel, let reason) = effect { return (channel, reason) }
      return nil
    }
    let optOuts = effects.compactMap { effect -> (PatronModel.Channel, ConsentEdit.Reason)? in
      if case .unsubscribe(let channel, .marketing) = effect {
        return (channel, .optOut(by: actor))
      }
      return nil
    }
    var isChanged: Bool?
    for (channel, reason) in suppressions.isEmpty ? optOuts : suppressions {
      guard let address = given.address(channel) else { continue }
      let suppressed = try UnknownAddress(channel, address).suppress(
        reason, cause(reason), writer)
      isChanged = isChanged ?? false || suppressed
    }
    return isChanged
  }

  /// Who said it. Complaints are always the customer's. A word that nobody knows is not taken for
  /// the customer's own agreement, but for the customer's own opt-out.
  private var actor: ConsentActor {
    if event.type == "email_marked_spam" { return .customer }
    switch event.text("actor").lowercased() {
    case "customer": return .customer
    case "operator": return .operator
    case "platform": return .platform
    case "system": return .system
    case "": return ConsentActor(rawValue: Int(event.actor.rawValue)) ?? .customer
    default: return event.type.hasSuffix("_subscribed") ? .operator : .customer
    }
  }

  private var note: String { String("event \(event.eventID)".unicodeScalars.prefix(255)) }

  /// The event as evidence: what of it does not fit is left out.
  private var evidence: CheckedEvidence {
    let given = event.text("source")
    let isSource = (try? ConsentRules.checkSource(given)) != nil
    let bare = ConsentEvidence.with {
      $0.source = isSource ? given : "event"
      $0.note = note
    }
    var full = bare
    full.method = method
    full.formID = event.text("form_id")
    full.ip = event.context?.ip ?? ""
    full.userAgent = event.context?.userAgent ?? ""
    full.pageURL = event.context?.url ?? ""
    var violations = Violations()
    let checked = CheckedEvidence(full, now: now, &violations)
    guard !violations.isEmpty else { return checked }
    return CheckedEvidence(bare, now: now, &violations)
  }

  private var method: ConsentMethod {
    switch event.text("method").lowercased() {
    case "form": .form
    case "checkout": .checkout
    case "keyword": .keyword
    case "phone": .phone
    case "paper": .paper
    case "preference_page", "link": .preferencePage
    case "api": .api
    default:
      if !event.text("keyword").isEmpty {
        .keyword
      } else if !event.text("form_id").isEmpty {
        .form
      } else {
        .other
      }
    }
  }

  private mutating func warn(_ reason: String, _ field: String, _ message: String) {
    warnings.append(
      .with {
        $0.reason = reason
        $0.field = field
        $0.message = message
      })
  }
}

extension EnrichmentEffect {
  fileprivate var isAboutConsent: Bool {
    switch self {
    case .subscribe, .unsubscribe, .suppress, .softBounce, .unknownBounce, .unknownTopic: true
    case .accountStatus, .accountCreated, .reviewerName, .review, .loyalty: false
    }
  }
}

extension Enrichment {
  /// What an event does. `now` is its time where it has none.
  static func effects(of event: Event, at now: Int64) -> [EnrichmentEffect] {
    guard let source = PatronModel.EventSource(rawValue: Int(event.source.rawValue)),
      hasEffects(event.type, of: source)
    else { return [] }
    return effects(
      of: EventFacts(
        source: source, type: event.type, occurredAt: event.occurredAt?.micros ?? now,
        properties: event.properties.compactMapValues { try? PatronModel.PropertyValue($0) },
        namesProduct: event.references?.productID.isEmpty == false))
  }
}

extension Identifiers {
  /// The address of a channel in the form that is compared; nil when none is given.
  fileprivate func address(_ channel: PatronModel.Channel) -> String? {
    switch channel {
    case .sms: phone
    case .email: emailKey
    }
  }
}

extension Event {
  /// A property that is text; empty when there is none.
  fileprivate func text(_ name: String) -> String {
    guard case .stringValue(let text) = properties[name]?.kind else { return "" }
    return text
  }
}
