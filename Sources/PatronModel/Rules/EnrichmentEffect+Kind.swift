extension EnrichmentEffect {
  /// A kind of effect, as the rule of an event type lists it. With an event it makes the effects
  /// of that event.
  package enum Kind: Sendable, Hashable {
    /// Sets the account status from a property.
    case accountStatus(property: String)
    /// Sets the time at which the account was created from a property.
    case accountCreatedAt(property: String)
    /// Opens the account, where the event and its customer do not give the details.
    case accountOpening
    /// Sets the name of the customer from a property with the signature of a review.
    case reviewerName(property: String)
    /// Counts a review.
    case review
    /// Changes points, tier or membership.
    case loyalty(LoyaltyChange)
    /// Changes consent or suppressions of a channel.
    case consent(Channel, ConsentReport)
    /// Suppresses the e-mail address by the kind of a bounce.
    case emailBounce
    /// Changes the consent of a channel by the words of a reply.
    case reply(Channel)
  }
}

extension EnrichmentEffect.Kind {
  /// The fields of the customer that effects of the kind may set, by their protocol names.
  package var fields: [String] {
    switch self {
    case .accountStatus: ["account_status"]
    case .accountCreatedAt: ["account_created_at"]
    case .accountOpening: ["account_created_at", "account_status"]
    case .reviewerName: ["first_name", "last_name"]
    case .review: ["reviews"]
    case .loyalty: ["loyalty"]
    case .consent(let channel, let report):
      switch report {
      // An agreement of the customer's own also lifts suppressions.
      case .subscribed, .optInRequested, .optInConfirmed, .markedSpam:
        [channel.flagName, "subscriptions", "suppressions"]
      case .unsubscribed: [channel.flagName, "subscriptions"]
      case .suppressed, .failed: ["suppressions"]
      case .unsuppressed: []
      }
    case .emailBounce: ["suppressions"]
    case .reply(let channel):
      [channel.flagName, "possible_opt_out_at", "subscriptions", "suppressions"]
    }
  }

  /// Returns the effects of an event. Properties that are missing or of the wrong kind have none.
  func effects(of event: EventFacts) -> [EnrichmentEffect] {
    switch self {
    case .accountStatus(let name):
      event.text(name).map { [.accountStatus($0, property: name)] } ?? []
    case .accountCreatedAt(let name):
      event.time(name).map { [.accountCreated(at: $0, property: name)] } ?? []
    case .accountOpening: [.accountOpened]
    case .reviewerName(let name): event.text(name).map { [.reviewerName($0)] } ?? []
    case .review: [.review(ReviewFacts(event))]
    case .loyalty(let change): [.loyalty(LoyaltyFacts(event, change))]
    case .consent(let channel, let report): Self.effects(of: event, channel, report)
    case .emailBounce: [Self.bounce(event)]
    case .reply(let channel): event.reply.map { Self.effects(of: $0, channel) } ?? [.unreadReply]
    }
  }

  private static func effects(
    of event: EventFacts,
    _ channel: Channel,
    _ report: ConsentReport
  ) -> [EnrichmentEffect] {
    switch report {
    case .subscribed:
      let isConfirmed = event.text("opt_in_level")?.lowercased() == "confirmed"
      return agreement(event) { .subscribe(channel, $0, isConfirmed: isConfirmed) }
    case .optInRequested: return agreement(event) { .request(channel, $0) }
    case .optInConfirmed: return agreement(event) { .confirm(channel, $0) }
    case .unsubscribed: return [.unsubscribe(channel, event.topic ?? .marketing)]
    case .suppressed:
      guard let reason = event.suppressionReason else { return [.suppressUnexplained(channel)] }
      return [.suppress(channel, reason)]
    case .unsuppressed: return [.liftedElsewhere]
    case .markedSpam:
      return [.unsubscribe(channel, .marketing), .suppress(channel, .spamComplaint)]
    case .failed:
      return event.flag("permanent") == true ? [.suppress(channel, .invalidAddress)] : []
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

  private static func bounce(_ event: EventFacts) -> EnrichmentEffect {
    let type = event.text("bounce_type")?.lowercased() ?? ""
    if Enrichment.hardBounces.contains(type) { return .suppress(.email, .hardBounce) }
    return Enrichment.softBounces.contains(type) ? .softBounce : .unknownBounce
  }
}

extension Enrichment {
  /// The bounce types that are permanent, in lower case. Mail services use different words.
  package static let hardBounces = ["hard", "hard_bounce", "permanent"]
  /// The bounce types that may be temporary, in lower case.
  package static let softBounces = [
    "soft", "soft_bounce", "transient", "temporary", "undetermined",
  ]
}

extension Channel {
  /// The protocol name of the customer's marketing flag.
  var flagName: String { "accepts_\(name)_marketing" }
}
