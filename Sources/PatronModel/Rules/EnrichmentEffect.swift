/// What an event says, as far as enrichment reads it.
package struct EventFacts: Sendable {
  /// Where it comes from.
  package var source: EventSource
  /// What happened.
  package var type: String
  /// When, microseconds since 1970.
  package var occurredAt: Micros
  /// Its properties, under the names of the catalogue.
  package var properties: [String: PropertyValue]
  /// Whether it names a product.
  package var namesProduct: Bool
  /// What answers are looked up in.
  package var words: ReplyWords

  /// Makes facts.
  package init(
    source: EventSource,
    type: String,
    occurredAt: Micros,
    properties: [String: PropertyValue],
    namesProduct: Bool,
    words: ReplyWords = .known
  ) {
    self.source = source
    self.type = type
    self.occurredAt = occurredAt
    self.properties = properties
    self.namesProduct = namesProduct
    self.words = words
  }
}

/// One thing that an event does to its customer, beyond the fields that come with it.
package enum EnrichmentEffect: Sendable, Hashable {
  /// The account has this status; not checked.
  case accountStatus(String)
  /// The account was opened then.
  case accountCreated(at: Micros)
  /// Who wrote a review, as it was signed.
  case reviewerName(String)
  /// A review counts.
  case review(ReviewFacts)
  /// Points, tier or membership changed.
  case loyalty(LoyaltyFacts)
  /// The customer agreed. A confirmed agreement needs no other confirmation.
  case subscribe(Channel, Topic, isConfirmed: Bool)
  /// The customer asked for messages and is to confirm that.
  case request(Channel, Topic)
  /// The customer confirmed a request from the address itself.
  case confirm(Channel, Topic)
  /// The customer opted out.
  case unsubscribe(Channel, Topic)
  /// The address must not be written to any more.
  case suppress(Channel, SuppressionReason)
  /// The address must not be written to any more, for a reason that nobody knows.
  case suppressUnexplained(Channel)
  /// One more refusal that may be temporary: several in a row suppress the address.
  case softBounce
  /// A refusal of which nobody knows whether it is for good.
  case unknownBounce
  /// An agreement that cannot be taken for one: nobody knows to what.
  case unknownTopic
  /// A suppression was lifted elsewhere, which lifts none here.
  case liftedElsewhere
  /// An answer without its text: nobody knows whether it opts out.
  case unreadReply
  /// An answer that may opt out: somebody should read it.
  case possibleOptOut(Channel)
  /// The customer wants the messages back that an opt-out ended.
  case restore(Channel)

  /// Whether it makes an address that may be written to one that may not.
  package var restricts: Bool {
    switch self {
    case .unsubscribe, .suppress, .suppressUnexplained, .softBounce: true
    default: false
    }
  }

  /// Whether it is about consent or suppressions, if only that nobody knows what.
  package var isAboutConsent: Bool {
    switch self {
    case .subscribe, .request, .confirm, .unknownTopic, .unknownBounce, .liftedElsewhere,
      .unreadReply, .possibleOptOut, .restore:
      true
    default: restricts
    }
  }
}

extension Enrichment {
  private static let shopTypes: Set<String> = ["account_created", "account_status_changed"]
  private static let ownTypes = LoyaltyFacts.types.union(consentTypes).union(["review_created"])
  private static let consentTypes: Set<String> = [
    "sms_subscribed", "sms_opt_in_requested", "sms_opt_in_confirmed", "sms_unsubscribed",
    "sms_suppressed", "sms_unsuppressed", "sms_failed", "sms_received", "email_subscribed",
    "email_opt_in_requested", "email_opt_in_confirmed", "email_unsubscribed", "email_suppressed",
    "email_unsuppressed", "email_bounced", "email_marked_spam",
  ]

  /// True when what events of a type do depends on the words that their store knows.
  package static func readsWords(_ type: String, of source: EventSource) -> Bool {
    source == .product && type == "sms_received"
  }

  /// Whether events of a type can do anything: most cannot, and need not be read for it.
  package static func hasEffects(_ type: String, of source: EventSource) -> Bool {
    switch source {
    case .ecommerce: shopTypes.contains(type)
    case .product: ownTypes.contains(type)
    case .thirdParty: false
    }
  }

  /// What an event does. Properties that are missing or of another kind do nothing.
  package static func effects(of event: EventFacts) -> [EnrichmentEffect] {
    switch event.source {
    case .ecommerce: shopEffects(of: event)
    case .product: ownEffects(of: event)
    case .thirdParty: []
    }
  }

  private static func shopEffects(of event: EventFacts) -> [EnrichmentEffect] {
    switch event.type {
    case "account_created":
      return [
        event.time("account_created_at").map { .accountCreated(at: $0) },
        event.text("account_status").map { .accountStatus($0) },
      ].compactMap(\.self)
    case "account_status_changed":
      return event.text("to").map { [.accountStatus($0)] } ?? []
    default:
      return []
    }
  }

  private static func ownEffects(of event: EventFacts) -> [EnrichmentEffect] {
    if event.type == "review_created" {
      return [.review(ReviewFacts(event))]
        + (event.text("reviewer_name").map { [.reviewerName($0)] } ?? [])
    }
    guard consentTypes.contains(event.type) else {
      return LoyaltyFacts(event).map { [.loyalty($0)] } ?? []
    }
    return event.type.hasPrefix("\(Channel.sms.name)_")
      ? consentEffects(of: event, .sms) : consentEffects(of: event, .email)
  }

  private static func consentEffects(
    of event: EventFacts,
    _ channel: Channel
  ) -> [EnrichmentEffect] {
    switch event.type.dropFirst(channel.name.count + 1) {
    case "subscribed":
      let isConfirmed = event.text("opt_in_level")?.lowercased() == "confirmed"
      return agreement(event) { .subscribe(channel, $0, isConfirmed: isConfirmed) }
    case "opt_in_requested": return agreement(event) { .request(channel, $0) }
    case "opt_in_confirmed": return agreement(event) { .confirm(channel, $0) }
    case "unsubscribed": return [.unsubscribe(channel, event.topic ?? .marketing)]
    case "received":
      return event.reply.map { effects(of: $0, channel) } ?? [.unreadReply]
    case "suppressed":
      guard let reason = event.suppressionReason else { return [.suppressUnexplained(channel)] }
      return [.suppress(channel, reason)]
    case "unsuppressed": return [.liftedElsewhere]
    case "bounced": return bounce(event)
    case "marked_spam":
      return [.unsubscribe(channel, .marketing), .suppress(channel, .spamComplaint)]
    case "failed":
      return event.flag("permanent") == true ? [.suppress(channel, .invalidAddress)] : []
    default: return []
    }
  }

  /// To opt out of too much does no harm; to agree to something else than was meant does.
  private static func agreement(
    _ event: EventFacts,
    _ effect: (Topic) -> EnrichmentEffect
  ) -> [EnrichmentEffect] {
    [event.topic.map(effect) ?? .unknownTopic]
  }

  private static func effects(of reply: ReplyIntent, _ channel: Channel) -> [EnrichmentEffect] {
    switch reply {
    case .optOut: [.unsubscribe(channel, .marketing)]
    case .possibleOptOut: [.possibleOptOut(channel)]
    case .start: [.restore(channel)]
    case .help, .none: []
    }
  }

  /// Types of bounces for good, in lower case: mail services have different words.
  package static let hardBounces = ["hard", "hard_bounce", "permanent"]
  /// Types of bounces that may pass, in lower case.
  package static let softBounces = [
    "soft", "soft_bounce", "transient", "temporary", "undetermined",
  ]

  private static func bounce(_ event: EventFacts) -> [EnrichmentEffect] {
    let type = event.text("bounce_type")?.lowercased() ?? ""
    if hardBounces.contains(type) { return [.suppress(.email, .hardBounce)] }
    return softBounces.contains(type) ? [.softBounce] : [.unknownBounce]
  }
}

extension EventFacts {
  /// A text that is not empty.
  func text(_ name: String) -> String? {
    guard case .string(let text) = properties[name] else { return nil }
    let trimmed = TextForm.trimmed(text)
    return trimmed.isEmpty ? nil : trimmed
  }

  func flag(_ name: String) -> Bool? {
    guard case .bool(let flag) = properties[name] else { return nil }
    return flag
  }

  func int(_ name: String) -> Int64? {
    switch properties[name] {
    case .int(let number): number
    case .double(let number): Int64(exactly: number)
    default: nil
    }
  }

  func time(_ name: String) -> Micros? {
    switch properties[name] {
    case .timestamp(let time): time.microseconds
    case .date(let date): date.startOfDay.microseconds
    case .string(let text): (try? ISO8601Time(text))?.timestamp.microseconds
    default: nil
    }
  }

  /// What the customer asks for in an answer; nil where the text is missing. Of what keyword and
  /// text say, what is the more careful counts.
  var reply: ReplyIntent? {
    let intents = ["keyword", "body_excerpt"].compactMap(text).map(words.intent)
    return ReplyIntent.allCases.first(where: intents.contains)
  }

  /// Why an address is suppressed; nil when nobody knows. The owner's own wish is told otherwise:
  /// by an opt-out, or an erasure.
  var suppressionReason: SuppressionReason? {
    let name = text("reason")?.lowercased()
    return SuppressionReason.allCases.first { $0.name == name && !$0.isOwnersWish }
  }

  /// What the messages are about: marketing where nothing says so, nil where it is not known.
  var topic: Topic? {
    guard let name = text("topic") else { return .marketing }
    return Topic.allCases.first { $0.name == name.lowercased() }
  }
}
