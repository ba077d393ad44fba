package import PatronModel
package import PatronProto
internal import ProtobufC

/// A checked event as it will be stored, without the fields that the store sets.
package struct EventDraft: Sendable {
  /// The event. `id`, `customer_id`, `sequence`, `recorded_at` and the like are not set yet.
  /// `event_id` is empty when it has to be derived, `occurred_at` absent when the caller gave none.
  package var event: Event
  /// Notes on parts that were understood but deserve attention.
  package var warnings: [Warning]
  /// True if the event may opt out or suppress.
  let mayRestrict: Bool

  /// Checks an event. Adds the errors to `violations`, under `path`.
  package init(_ input: EventInput, path: String, now: Int64, violations: inout Violations) {
    let earlier = violations.warnings.count
    var check = EventCheck(path: path, now: now, violations: violations)
    event = check.checked(input)
    mayRestrict = check.mayRestrict
    violations = check.violations
    warnings = violations.warnings.dropFirst(earlier).map(Warning.about)
  }

  /// Returns the event with a time and an id. A repeat of the same content gets the same id.
  func completed(for customerID: Int64, at now: Int64) throws -> Event {
    var event = event
    event.customerID = customerID
    let occurredAt = event.occurredAt?.micros ?? now
    event.occurredAt = .init(micros: occurredAt)
    if event.eventID.isEmpty {
      event.eventID = EventID.derived(
        source: PatronModel.EventSource(rawValue: Int(event.source.rawValue)) ?? .thirdParty,
        sourceName: event.sourceName,
        type: event.type,
        customerID: customerID,
        occurredAt: occurredAt,
        properties: try event.encoded()
      )
    }
    return event
  }
}

/// The check of the fields of an event.
package struct EventCheck {
  package let path: String
  package let now: Int64
  package var violations: Violations
  /// True if the event may opt out or suppress. Such an event is never lost for an error in a
  /// secondary field.
  var mayRestrict = false

  /// The prefix of the ids of events that Patron itself derives, from orders for example.
  package static let reservedPrefix = "patron:"

  /// Returns the event as far as the input decides it. Adds the errors to ``violations``.
  package mutating func checked(_ input: EventInput) -> Event {
    var event = Event()
    event.source = input.source
    event.sourceName = input.sourceName
    event.type = input.type
    event.properties = input.properties.filter { $0.value.kind != nil }
    mayRestrict = Self.restricts(event, at: now)
    event.channel = input.channel
    event.actor = input.actor == .unspecified ? .customer : input.actor
    event.amount = amount(input.amount)
    event.references = references(input.references)
    event.context = context(input.context)
    event.title = text(input.title, "title")
    event.occurredAt = time(input.occurredAt)
    checkNames(input, &event)
    checkProperties(of: &event)
    return event
  }

  /// Returns true when the event opts out or suppresses, and for every answer: the reply words of
  /// the store decide about those too.
  private static func restricts(_ event: Event, at now: Int64) -> Bool {
    isAnswer(event) || Enrichment.effects(of: event, at: now).contains(where: \.restricts)
  }

  /// Returns true for a text that a customer wrote.
  private static func isAnswer(_ event: Event) -> Bool {
    guard let source = PatronModel.EventSource(rawValue: Int(event.source.rawValue)) else {
      return false
    }
    return Enrichment.readsWords(event.type, of: source)
  }

  /// Returns the value that `body` makes of a field which is secondary beside an opt-out. If `body`
  /// throws, returns nil and notes the error in the violations.
  private mutating func value<Value>(
    _ field: String,
    _ body: () throws(RuleError) -> Value
  ) -> Value? {
    mayRestrict
      ? violations.secondary("\(path).\(field)", body)
      : violations.check("\(path).\(field)", body)
  }

  /// Returns false when an enum has no value of this number and the field is left out beside an
  /// opt-out.
  private mutating func isKnown(_ field: String, _ number: Int32, _ greatest: Int32) -> Bool {
    if mayRestrict { return violations.isKnown("\(path).\(field)", number, greatest) }
    violations.checkKnown("\(path).\(field)", number, greatest)
    return true
  }

  private mutating func checkNames(_ input: EventInput, _ event: inout Event) {
    let known = PatronModel.EventSource(rawValue: Int(input.source.rawValue))
    if known == nil {
      add(
        "source",
        "SOURCE_REQUIRED",
        "Say where the event comes from: EVENT_SOURCE_ECOMMERCE, EVENT_SOURCE_PRODUCT or "
          + "EVENT_SOURCE_THIRD_PARTY."
      )
    }
    // Without a source the names are held to the rules that all sources share.
    let source = known ?? .thirdParty
    if known != nil || !input.sourceName.isEmpty {
      let isGood: Void? = value("source_name") { () throws(RuleError) in
        try EventRules.checkSourceName(input.sourceName, of: source)
      }
      if isGood == nil { event.sourceName = "" }
    }
    if !isKnown("channel", input.channel.rawValue, ContactChannel.email.rawValue) {
      event.channel = .unspecified
    }
    if !isKnown("actor", input.actor.rawValue, ActorKind.system.rawValue) {
      event.actor = .customer
    }
    _ = violations.check("\(path).type") { () throws(RuleError) in
      try EventRules.checkType(input.type, of: source)
    }
    if !input.eventID.isEmpty { checkID(input.eventID, &event) }
    let type = EventCatalogue.type(input.type, of: source)
    for violation in type.map({ EventFieldCheck.violations(input, as: $0) }) ?? [] {
      let field = "\(path).\(violation.path)"
      guard !violation.isRequired, let property = violation.property else {
        violations.add(field, violation.error)
        continue
      }
      violations.addSecondary(field, violation.error)
      event.properties[property] = nil
    }
    event.product = type?.product?.rawValue ?? ""
    // Third-party events keep no title but their own: see EventTitles.
    if event.title.isEmpty, source != .thirdParty {
      event.title = type?.label ?? EventTitle.made(of: input.type)
    }
    if event.channel == .unspecified, let channel = type?.channel {
      event.channel = .init(rawValue: Int32(channel.rawValue))
    }
  }

  private mutating func checkID(_ given: String, _ event: inout Event) {
    let id = value("event_id") { () throws(RuleError) in try EventRules.parseEventID(given) }
    event.eventID = id ?? ""
    // It would replace the events before it. Without an id the event is known by its content, and
    // an opt-out that it states is not lost.
    if Placeholder.matches(event.eventID) {
      violations.warn("\(path).event_id", Placeholder.error(event.eventID))
      event.eventID = ""
    }
    guard event.eventID.hasPrefix(Self.reservedPrefix) else { return }
    add(
      "event_id",
      "EVENT_ID_RESERVED",
      "Ids that begin with \(Self.reservedPrefix) are Patron's own: use another."
    )
  }

  /// Checks the properties. Where properties that break a rule are left out, each is checked by
  /// itself first.
  private mutating func checkProperties(of event: inout Event) {
    if Self.isAnswer(event), violations.dropsSecondary { cutTexts(of: &event) }
    var sizes: [PropertySize] = []
    for (name, value) in event.properties.sorted(by: { $0.key < $1.key }) {
      let size = PropertySize(name: name, valueBytes: Self.size(of: value))
      let field = "properties.\(Redaction.cut(name, to: EventLimits.propertyNameLength))"
      let before = violations.warnings.count
      let model = violations.secondary("\(path).\(field)") {
        () throws(RuleError) in try PatronModel.PropertyValue(value)
      }
      if case .some(.double(let number)) = model ?? nil, !number.isFinite {
        let message = "Expected is a finite number."
        violations.addSecondary(
          "\(path).\(field)",
          RuleError(reason: "PROPERTY_NOT_FINITE", message: message)
        )
      }
      if violations.dropsSecondary {
        for violation in EventRules.checkProperties([size]) {
          violations.addSecondary("\(path).\(violation.path)", violation.error)
        }
      }
      if violations.warnings.count == before {
        sizes.append(size)
      } else {
        event.properties[name] = nil
      }
    }
    for violation in EventRules.checkProperties(sizes) {
      if mayRestrict, violations.dropsSecondary {
        keepFirst(of: sizes, violation, &event)
      } else {
        violations.add("\(path).\(violation.path)", violation.error)
      }
    }
  }

  /// Cuts the texts of an answer that are too long. The words in the rest are still read.
  private mutating func cutTexts(of event: inout Event) {
    let limit = EventLimits.propertyValueBytes
    for name in Self.ownProperties(of: event).sorted() {
      guard case .stringValue(let text) = event.properties[name]?.kind else { continue }
      let size = PropertySize(name: name, valueBytes: text.utf8.count)
      guard let broken = EventRules.checkProperties([size]).first else { continue }
      var bytes = 0
      let kept = text.unicodeScalars.prefix { scalar in
        bytes += String(scalar).utf8.count
        return bytes <= limit
      }
      // Adds the warning about the cut.
      _ = violations.secondaryList(
        "\(path).\(broken.path)",
        Array(text.utf8),
        limit: limit,
        broken.error
      )
      event.properties[name] = .with { $0.kind = .stringValue(String(Substring(kept))) }
    }
  }

  /// Keeps as many properties as fit an event: first those that its type has, then the others by
  /// name. `broken` is the limit that all of them together exceed.
  private mutating func keepFirst(
    of sizes: [PropertySize],
    _ broken: Violation,
    _ event: inout Event
  ) {
    let own = Self.ownProperties(of: event)
    let ordered =
      sizes.filter { own.contains($0.name) } + sizes.filter { !own.contains($0.name) }
    var bytes = 0
    let fitting = ordered.prefix(EventLimits.propertyCount).prefix { size in
      bytes += size.name.utf8.count + size.valueBytes
      return bytes <= EventLimits.propertyBytes
    }
    let kept = violations.secondaryList(
      "\(path).\(broken.path)",
      ordered,
      limit: fitting.count,
      broken.error
    )
    let names = Set(kept.map(\.name))
    event.properties = event.properties.filter { names.contains($0.key) }
  }

  /// Returns the properties that the catalogue has for the type of an event.
  private static func ownProperties(of event: Event) -> Set<String> {
    let source = PatronModel.EventSource(rawValue: Int(event.source.rawValue))
    let type = source.flatMap { EventCatalogue.type(event.type, of: $0) }
    return Set((type?.fields ?? []).filter { $0.place == .property }.map(\.name))
  }

  /// Returns the bytes of a text, or of the encoded value.
  private static func size(of value: PatronProto.PropertyValue) -> Int {
    if case .stringValue(let text) = value.kind { return text.utf8.count }
    return (try? value.encodedSize) ?? .max / 1024
  }

  private mutating func time(_ given: GoogleProtobuf.Timestamp?) -> GoogleProtobuf.Timestamp? {
    guard let given else { return nil }
    let time = violations.check("\(path).occurred_at") { () throws(RuleError) in
      let time = try PatronModel.Timestamp(seconds: given.seconds, nanos: given.nanos)
      let warning = try TimeBounds.checkOccurred(time, now: .init(microseconds: now))
      return (time, warning)
    }
    guard let (time, warning) = time else { return nil }
    if let warning { violations.warn("\(path).occurred_at", warning) }
    return .init(micros: time.microseconds)
  }

  private mutating func amount(_ given: PatronProto.Money?) -> PatronProto.Money? {
    guard var money = given else { return nil }
    let currency = money.currencyCode
    let code = value("amount.currency_code") { () throws(RuleError) in
      try CurrencyCode(currency, allowHistoric: true).code
    }
    guard let code else { return nil }
    money.currencyCode = code
    return money
  }

  private mutating func references(_ given: EventReferences?) -> EventReferences? {
    guard var all = given else { return nil }
    all.orderExternalID = reference(all.orderExternalID, "order_external_id")
    all.campaignID = reference(all.campaignID, "campaign_id")
    all.campaignName = text(all.campaignName, "references.campaign_name")
    all.flowID = reference(all.flowID, "flow_id")
    all.messageID = reference(all.messageID, "message_id")
    all.productID = reference(all.productID, "product_id")
    all.checkoutToken = reference(all.checkoutToken, "checkout_token")
    all.reviewID = reference(all.reviewID, "review_id")
    return all == EventReferences() ? nil : all
  }

  private mutating func context(_ given: EventContext?) -> EventContext? {
    guard var all = given else { return nil }
    all.ip = text(all.ip, "context.ip", limit: 64)
    // Tools send "unknown" and the like: that is no reason to lose an opt-out.
    if !all.ip.isEmpty, !CheckedEvidence.isAddress(all.ip) {
      violations.warn(
        "\(path).context.ip",
        RuleError(
          reason: "IP_MALFORMED",
          message: "It is no IP address and was left out. Expected is one such as 192.0.2.1 or "
            + "2001:db8::1."
        )
      )
      all.ip = ""
    }
    all.userAgent = text(all.userAgent, "context.user_agent", limit: 512)
    all.url = text(all.url, "context.url", limit: 2048)
    return all == EventContext() ? nil : all
  }

  private mutating func text(
    _ given: String,
    _ field: String,
    limit: Int = ShortText.limit
  ) -> String {
    guard !given.isEmpty else { return given }
    return violations.secondaryText("\(path).\(field)", given, limit: limit) ?? ""
  }

  /// Checks an identifier of another record.
  private mutating func reference(_ given: String, _ name: String) -> String {
    violations.secondaryReference("\(path).references.\(name)", given)
  }

  private mutating func add(_ field: String, _ reason: String, _ message: String) {
    violations.add("\(path).\(field)", RuleError(reason: reason, message: message))
  }
}
