/// The present deliverability of messages to a customer, computed from everything that forbids
/// sending. It is never stored, because it changes with the clock.
///
/// Allowed messages, for a working address without suppressions:
///
/// | SMS | subscribed | never, pending | unsubscribed |
/// | --- | --- | --- | --- |
/// | marketing, review requests, loyalty | yes | no | no |
/// | transactional | yes | yes | no |
///
/// | e-mail | subscribed | never, pending | unsubscribed |
/// | --- | --- | --- | --- |
/// | marketing | yes | no | no |
/// | review requests, loyalty | yes | yes | no |
/// | transactional | yes | yes | no |
///
/// The column is the topic's own consent. If the customer said nothing about the topic, by SMS the
/// consent for marketing applies. Opt-outs reach further: an opt-out of SMS marketing stops every
/// text message; the customer's own opt-out of e-mail marketing also stops review requests and
/// loyalty, and their own opt-out of one of those stops e-mail marketing, until the customer agrees
/// later.
package struct Deliverability: Sendable, Hashable {
  /// The reasons against sending, the most permanent first. Empty if the message may be sent.
  package let blockReasons: [BlockReason]

  /// Other topics whose opt-out stops messages of this topic.
  package let blockingTopics: [Topic]

  /// True if a message may be sent now.
  package var canReceive: Bool { blockReasons.isEmpty }

  /// Computes the deliverability of messages of one channel and topic.
  ///
  /// - Parameters:
  ///   - channel: The channel of the message.
  ///   - topic: The topic of the message.
  ///   - consents: The customer's consents for that channel.
  ///   - suppressions: The suppressions of the address on that channel.
  ///   - hasAddress: True if the customer has a phone number or an e-mail address for the channel.
  ///   - isRedacted: True if the customer was erased.
  ///   - now: The instant of the question.
  package init(
    channel: Channel,
    topic: Topic,
    consents: ChannelConsents,
    suppressions: [Suppression],
    hasAddress: Bool,
    isRedacted: Bool = false,
    now: Micros
  ) {
    var reasons: [BlockReason] = []
    if isRedacted { reasons.append(.redacted) }
    if !hasAddress { reasons.append(.noAddress) }
    if !suppressions.isEmpty { reasons.append(.suppressed) }
    let consent =
      switch channel {
      case .sms: Self.smsBlock(topic, consents, now: now)
      case .email: Self.emailBlock(topic, consents, now: now)
      }
    if let consent { reasons.append(consent) }
    blockReasons = reasons
    blockingTopics = consent == nil ? [] : Self.blockingTopics(of: topic, channel, consents)
  }

  /// Returns the other topics by whose opt-out ``smsBlock(_:_:now:)`` or ``emailBlock(_:_:now:)``
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
    now: Micros
  ) -> BlockReason? {
    if let block = optOutBlock(consents[topic]) ?? optOutBlock(consents[.marketing]) {
      return block
    }
    if topic == .transactional { return nil }
    let own = consents[topic]
    let consent = own.state == .neverSubscribed ? consents[.marketing] : own
    return agreementBlock(consent, now: now)
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

  /// Returns true if `other` holds no opt-out in person, or `consent` is a later agreement in
  /// person.
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

  /// A request that follows an opt-out does not end it before it is confirmed.
  private static func optOutBlock(_ consent: ChannelConsent) -> BlockReason? {
    if consent.state == .unsubscribed { return .unsubscribed }
    return consent.bindingOptOutAt == nil ? nil : .pendingConfirmation
  }
}
