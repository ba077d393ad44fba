package import PatronModel
package import PatronProto

/// Consent in a customer's record, as values of the model.
extension Customer {
  /// Returns the consent to a channel and topic; never subscribed if the record has none.
  package func consent(
    _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic
  ) -> PatronModel.ChannelConsent {
    let entry = subscriptions.first {
      $0.channel.rawValue == channel.rawValue && $0.topic.rawValue == topic.rawValue
    }
    return entry.map(ChannelConsent.init) ?? .never
  }

  /// Returns the consents of a channel by topic.
  package func consents(_ channel: PatronModel.Channel) -> ChannelConsents {
    var consents = ChannelConsents()
    for topic in PatronModel.Topic.allCases { consents[topic] = consent(channel, topic) }
    return consents
  }

  /// Stores the consent to a channel and topic with the id of the ledger row that decided it.
  /// Entries are sorted by channel and topic.
  mutating func setConsent(
    _ consent: ChannelConsent,
    _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic,
    ledgerID: Int64
  ) {
    let entry = Subscription(consent, channel, topic, ledgerID: ledgerID)
    let place = subscriptions.firstIndex {
      $0.channel == entry.channel && $0.topic == entry.topic
    }
    if let place { return subscriptions[place] = entry }
    subscriptions.append(entry)
    subscriptions.sort {
      ($0.channel.rawValue, $0.topic.rawValue) < ($1.channel.rawValue, $1.topic.rawValue)
    }
  }
}

extension ChannelConsent {
  /// Creates the consent from its stored entry.
  package init(_ entry: Subscription) {
    self.init(
      state: PatronModel.ConsentState(rawValue: Int(entry.state.rawValue)) ?? .neverSubscribed,
      subscribedAt: entry.subscribedAt?.micros,
      unsubscribedAt: entry.unsubscribedAt?.micros,
      changedAt: entry.changedAt?.micros,
      source: entry.source.isEmpty ? nil : entry.source,
      optInLevel: PatronModel.OptInLevel(rawValue: Int(entry.optInLevel.rawValue)) ?? .unknown,
      changedBy: ConsentActor(rawValue: Int(entry.changedBy.rawValue)),
      expiresAt: entry.expiresAt?.micros
    )
  }
}

extension Subscription {
  /// Creates the entry to store.
  package init(
    _ consent: ChannelConsent,
    _ channel: PatronModel.Channel,
    _ topic: PatronModel.Topic,
    ledgerID: Int64
  ) {
    self.init()
    self.channel = .init(rawValue: Int32(channel.rawValue))
    self.topic = .init(rawValue: Int32(topic.rawValue))
    state = .init(rawValue: Int32(consent.state.rawValue))
    subscribedAt = consent.subscribedAt.map(GoogleProtobuf.Timestamp.init(micros:))
    unsubscribedAt = consent.unsubscribedAt.map(GoogleProtobuf.Timestamp.init(micros:))
    changedAt = consent.changedAt.map(GoogleProtobuf.Timestamp.init(micros:))
    source = consent.source ?? ""
    optInLevel = .init(rawValue: Int32(consent.optInLevel.rawValue))
    changedBy = .init(rawValue: Int32(consent.changedBy?.rawValue ?? 0))
    expiresAt = consent.expiresAt.map(GoogleProtobuf.Timestamp.init(micros:))
    self.ledgerID = ledgerID
  }
}
