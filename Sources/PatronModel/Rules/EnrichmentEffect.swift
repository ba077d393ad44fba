/// The part of an event that enrichment reads.
package struct EventFacts: Sendable {
  package var source: EventSource
  /// The event type.
  package var type: String
  /// The time of the event.
  package var occurredAt: Micros
  /// The properties of the event, by their names in the catalogue.
  package var properties: [String: PropertyValue]
  /// True if the event names a product.
  package var namesProduct: Bool
  /// The opt-out and opt-in words by which replies are interpreted.
  package var words: ReplyWords

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

/// An effect of an event on its customer, beyond the fields that come with it.
package enum EnrichmentEffect: Sendable, Hashable {
  /// Sets the account status. The value is not validated yet.
  case accountStatus(String)
  /// Sets the time at which the account was created.
  case accountCreated(at: Micros)
  /// Sets the name of the customer from the signature of a review.
  case reviewerName(String)
  /// Counts a review.
  case review(ReviewFacts)
  /// Changes points, tier or membership.
  case loyalty(LoyaltyFacts)
  /// The customer agreed. A confirmed agreement needs no further confirmation.
  case subscribe(Channel, Topic, isConfirmed: Bool)
  /// The customer requested messages and must confirm the request.
  case request(Channel, Topic)
  /// The customer confirmed a request from the address itself.
  case confirm(Channel, Topic)
  /// The customer opted out.
  case unsubscribe(Channel, Topic)
  /// Suppresses the address.
  case suppress(Channel, SuppressionReason)
  /// Suppresses the address, for an unknown reason.
  case suppressUnexplained(Channel)
  /// A possibly temporary bounce. Several in a row suppress the address.
  case softBounce
  /// A bounce of an unknown kind.
  case unknownBounce
  /// An agreement to an unknown topic, which has no effect.
  case unknownTopic
  /// A suppression was lifted in another system. It is not lifted here.
  case liftedElsewhere
  /// A reply without its text, which may have been an opt-out.
  case unreadReply
  /// A reply that may be an opt-out, and that a person should read.
  case possibleOptOut(Channel)
  /// The customer wants messages again that an opt-out ended.
  case restore(Channel)

  /// True if the effect makes an address undeliverable.
  package var restricts: Bool {
    switch self {
    case .unsubscribe, .suppress, .suppressUnexplained, .softBounce: true
    default: false
    }
  }

  /// True if the effect concerns consent or suppressions, even if its details are unknown.
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

  /// Returns true if the effects of a type depend on the store's own words.
  package static func readsWords(_ type: String, of source: EventSource) -> Bool {
    source == .product && type == "sms_received"
  }

  /// Returns true if events of a type can have effects. Most cannot, and need not be decoded for
  /// it.
  package static func hasEffects(_ type: String, of source: EventSource) -> Bool {
    switch source {
    case .ecommerce: shopTypes.contains(type)
    case .product: ownTypes.contains(type)
    case .thirdParty: false
    }
  }

  /// Returns the effects of an event. Properties that are missing or of the wrong kind have none.
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

  /// An opt-out from too much does no harm, but an agreement to more than was meant does.
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

  /// The bounce types that are permanent, in lower case. Mail services use different words.
  package static let hardBounces = ["hard", "hard_bounce", "permanent"]
  /// The bounce types that may be temporary, in lower case.
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
  /// Returns a text property, trimmed, or nil if it is missing or empty.
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

  /// The intent of a reply; nil if its text is missing. If keyword and text differ, the more
  /// cautious intent counts.
  var reply: ReplyIntent? {
    let intents = ["keyword", "body_excerpt"].compactMap(text).map(words.intent)
    return ReplyIntent.allCases.first(where: intents.contains)
  }

  /// The reason of a suppression; nil if it is unknown. The owner's own wish is not among them: it
  /// is reported by an opt-out or an erasure.
  var suppressionReason: SuppressionReason? {
    let name = text("reason")?.lowercased()
    return SuppressionReason.allCases.first { $0.name == name && !$0.isOwnersWish }
  }

  /// The topic of the messages: marketing if none is given, nil if the given one is unknown.
  var topic: Topic? {
    guard let name = text("topic") else { return .marketing }
    return Topic.allCases.first { $0.name == name.lowercased() }
  }
}
