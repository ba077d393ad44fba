/// One reason for which an address is suppressed, whoever it belongs to.
package struct Suppression: Sendable, Hashable {
  /// Why.
  package var reason: SuppressionReason
  /// Since when.
  package var suppressedAt: Micros
  /// Who or what reported it; nil when unknown.
  package var source: String?

  /// Makes a suppression.
  package init(reason: SuppressionReason, suppressedAt: Micros, source: String? = nil) {
    self.reason = reason
    self.suppressedAt = suppressedAt
    self.source = source
  }
}

/// Why a customer cannot receive messages of a channel and topic. Raw values are the protocol's.
package enum BlockReason: Int, Sendable, Hashable, CaseIterable {
  /// The customer has no address for the channel.
  case noAddress = 1
  /// The address is suppressed.
  case suppressed = 2
  /// Never agreed.
  case neverSubscribed = 3
  /// Opted out.
  case unsubscribed = 4
  /// Agreed, but did not confirm yet.
  case pendingConfirmation = 5
  /// The agreement has expired.
  case expired = 6
  /// The customer was erased.
  case redacted = 7
}

/// The consents of one customer for one channel, by topic.
package struct ChannelConsents: Sendable, Hashable {
  private var marketing = ChannelConsent.never
  private var reviewRequests = ChannelConsent.never
  private var transactional = ChannelConsent.never
  private var loyalty = ChannelConsent.never

  /// Makes a set; a topic that is not given was never subscribed.
  package init(_ consents: [Topic: ChannelConsent] = [:]) {
    for (topic, consent) in consents { self[topic] = consent }
  }

  /// The consent for `topic`.
  package subscript(topic: Topic) -> ChannelConsent {
    get {
      switch topic {
      case .marketing: marketing
      case .reviewRequests: reviewRequests
      case .transactional: transactional
      case .loyalty: loyalty
      }
    }
    set {
      switch topic {
      case .marketing: marketing = newValue
      case .reviewRequests: reviewRequests = newValue
      case .transactional: transactional = newValue
      case .loyalty: loyalty = newValue
      }
    }
  }

  /// When the customer's own opt-out from other topics was given that stops `topic` too, until a
  /// later agreement to it; nil where none does.
  package func optOut(reaching topic: Topic, of channel: Channel) -> Micros? {
    guard channel == .email else { return nil }
    switch topic {
    case .marketing:
      return [self[.reviewRequests], self[.loyalty]].compactMap(\.bindingOptOutAt).max()
    case .reviewRequests, .loyalty: return self[.marketing].bindingOptOutAt
    case .transactional: return nil
    }
  }
}

/// What a store decided about sending.
package struct DeliverySettings: Sendable, Hashable {
  /// Whether transactional text messages go to subscribers only. By default they also go to those
  /// who were never asked.
  package var transactionalSMSToSubscribersOnly: Bool

  /// Makes settings.
  package init(transactionalSMSToSubscribersOnly: Bool = false) {
    self.transactionalSMSToSubscribersOnly = transactionalSMSToSubscribersOnly
  }
}

/// Whether a message may be sent, computed from everything that forbids it. Never stored: it moves
/// with the clock and the settings.
///
/// What may be sent where the address works and is not suppressed:
///
/// | SMS | subscribed | never, pending | unsubscribed |
/// | --- | --- | --- | --- |
/// | marketing, review requests, loyalty | yes | no | no |
/// | transactional | yes | yes, unless the store says no | no |
///
/// | e-mail | subscribed | never, pending | unsubscribed |
/// | --- | --- | --- | --- |
/// | marketing | yes | no | no |
/// | review requests, loyalty | yes | yes | no |
/// | transactional | yes | yes | no |
///
/// The column is the topic's own consent; where the customer said nothing about the topic, by SMS
/// it is that of marketing. Opt-outs reach further: an opt-out of SMS marketing stops every text
/// message; the customer's own opt-out of e-mail marketing also stops review requests and loyalty,
/// and their own opt-out of one of those stops e-mail marketing, until the customer agrees later.
package struct Deliverability: Sendable, Hashable {
  /// Why nothing may be sent, most lasting first; empty when it may.
  package let blockReasons: [BlockReason]

  /// Other topics whose opt-out stops messages of this one.
  package let blockingTopics: [Topic]

  /// Whether a message may be sent now.
  package var canReceive: Bool { blockReasons.isEmpty }

  /// Computes the answer.
  ///
  /// - Parameters:
  ///   - channel: the channel of the message.
  ///   - topic: what the message is about.
  ///   - consents: what the customer agreed to on that channel.
  ///   - suppressions: those of the address on that channel.
  ///   - hasAddress: whether there is a phone number or an e-mail address.
  ///   - isRedacted: whether the customer was erased.
  ///   - now: the instant that is asked about.
  ///   - settings: the store's.
  package init(
    channel: Channel,
    topic: Topic,
    consents: ChannelConsents,
    suppressions: [Suppression],
    hasAddress: Bool,
    isRedacted: Bool = false,
    now: Micros,
    settings: DeliverySettings = DeliverySettings()
  ) {
    var reasons: [BlockReason] = []
    if isRedacted { reasons.append(.redacted) }
    if !hasAddress { reasons.append(.noAddress) }
    if !suppressions.isEmpty { reasons.append(.suppressed) }
    let consent =
      switch channel {
      case .sms: Self.smsBlock(topic, consents, now: now, settings: settings)
      case .email: Self.emailBlock(topic, consents, now: now)
      }
    if let consent { reasons.append(consent) }
    blockReasons = reasons
    blockingTopics = consent == nil ? [] : Self.blockingTopics(of: topic, channel, consents)
  }

  /// The other topics by whose opt-out ``smsBlock(_:_:now:settings:)`` or ``emailBlock(_:_:now:)``
  /// blocks a topic.
  private static func blockingTopics(
    of topic: Topic,
    _ channel: Channel,
    _ consents: ChannelConsents
  ) -> [Topic] {
    let reaching: [Topic] =
      switch (channel, topic) {
      case (.sms, .marketing), (.email, .transactional): []
      case (.email, .marketing): [.reviewRequests, .loyalty]
      case (.sms, _), (.email, _): [.marketing]
      }
    return reaching.filter { other in
      channel == .sms
        ? optOutBlock(consents[other]) != nil
        : !isOvercome(consents[other], by: consents[topic])
    }
  }

  private static func smsBlock(
    _ topic: Topic,
    _ consents: ChannelConsents,
    now: Micros,
    settings: DeliverySettings
  ) -> BlockReason? {
    if let block = optOutBlock(consents[topic]) ?? optOutBlock(consents[.marketing]) {
      return block
    }
    let own = consents[topic]
    let consent = own.state == .neverSubscribed ? consents[.marketing] : own
    let block = agreementBlock(consent, now: now)
    if topic == .transactional, !settings.transactionalSMSToSubscribersOnly { return nil }
    return block
  }

  private static func emailBlock(
    _ topic: Topic,
    _ consents: ChannelConsents,
    now: Micros
  ) -> BlockReason? {
    if let block = optOutBlock(consents[topic]) { return block }
    switch topic {
    case .transactional:
      return nil
    case .reviewRequests, .loyalty:
      return isOvercome(consents[.marketing], by: consents[topic]) ? nil : .unsubscribed
    case .marketing:
      let marketing = consents[.marketing]
      let others = [consents[.reviewRequests], consents[.loyalty]]
      guard others.allSatisfy({ isOvercome($0, by: marketing) }) else { return .unsubscribed }
      return agreementBlock(marketing, now: now)
    }
  }

  /// Whether `other` holds no opt-out in person, or `consent` is a later agreement in person.
  private static func isOvercome(_ other: ChannelConsent, by consent: ChannelConsent) -> Bool {
    guard let optOutAt = other.bindingOptOutAt else { return true }
    guard consent.state == .subscribed, consent.changedBy == .customer else { return false }
    return consent.changedAt ?? .min > optOutAt
  }

  private static func agreementBlock(_ consent: ChannelConsent, now: Micros) -> BlockReason? {
    switch consent.state {
    case .neverSubscribed: .neverSubscribed
    case .pending: .pendingConfirmation
    case .unsubscribed: .unsubscribed
    case .subscribed: consent.expiresAt.map { $0 <= now } ?? false ? .expired : nil
    }
  }

  /// A request that follows an opt-out has not ended it before it is confirmed.
  private static func optOutBlock(_ consent: ChannelConsent) -> BlockReason? {
    if consent.state == .unsubscribed { return .unsubscribed }
    return consent.bindingOptOutAt == nil ? nil : .pendingConfirmation
  }
}
