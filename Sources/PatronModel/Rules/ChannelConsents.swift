/// The consents of one customer for one channel, by topic.
package struct ChannelConsents: Sendable, Hashable {
  private var marketing = ChannelConsent.never
  private var reviewRequests = ChannelConsent.never
  private var transactional = ChannelConsent.never
  private var loyalty = ChannelConsent.never

  /// Makes a set. A topic that is not given was never subscribed to.
  package init(_ consents: [Topic: ChannelConsent] = [:]) {
    for (topic, consent) in consents { self[topic] = consent }
  }

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

  /// Returns the time of the customer's own opt-out from other topics that stops `topic` too until
  /// a later agreement to it. Returns nil if there is none.
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
