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
  /// Sets the account status from a property. The value is not validated yet.
  case accountStatus(String, property: String)
  /// Sets the time at which the account was created from a property.
  case accountCreated(at: Micros, property: String)
  /// Opens the account: it is enabled and was created at the time of the event, unless the event or
  /// its customer says otherwise.
  case accountOpened
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
