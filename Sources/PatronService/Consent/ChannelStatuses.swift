internal import PatronModel
internal import PatronProto
internal import ProtobufC

/// What a customer may be sent now, computed from the record: it moves with the clock, so it is
/// never stored.
enum ChannelStatuses {
  /// Marketing by SMS and by e-mail: what the header of a timeline shows.
  static func marketing(of customer: Customer, at now: Int64) -> [ChannelStatus] {
    PatronModel.Channel.allCases.map { status(of: customer, $0, .marketing, at: now) }
  }

  /// Marketing, and every channel and topic that the record knows something of.
  static func all(of customer: Customer, at now: Int64) -> [ChannelStatus] {
    PatronModel.Channel.allCases.flatMap { channel in
      PatronModel.Topic.allCases.compactMap { topic in
        let status = status(of: customer, channel, topic, at: now)
        return topic == .marketing || status.state != .neverSubscribed ? status : nil
      }
    }
  }

  private static func status(
    of customer: Customer, _ channel: PatronModel.Channel, _ topic: PatronModel.Topic,
    at now: Int64
  ) -> ChannelStatus {
    let consent = customer.consent(channel, topic)
    let topics = PatronModel.Topic.allCases.map { ($0, customer.consent(channel, $0)) }
    let delivery = Deliverability(
      channel: channel, topic: topic,
      consents: ChannelConsents(Dictionary(uniqueKeysWithValues: topics)), suppressions: [],
      hasAddress: channel == .sms ? customer.phoneNumber != nil : customer.email != nil, now: now)
    return ChannelStatus.with {
      $0.channel = .init(rawValue: Int32(channel.rawValue))
      $0.topic = .init(rawValue: Int32(topic.rawValue))
      $0.state = .init(rawValue: Int32(consent.state.rawValue))
      $0.subscribedAt = consent.subscribedAt.map(GoogleProtobuf.Timestamp.init(micros:))
      $0.unsubscribedAt = consent.unsubscribedAt.map(GoogleProtobuf.Timestamp.init(micros:))
      $0.changedAt = consent.changedAt.map(GoogleProtobuf.Timestamp.init(micros:))
      $0.source = consent.source ?? ""
      $0.canReceive = delivery.canReceive
      $0.blockReasons = delivery.blockReasons.map { .init(rawValue: Int32($0.rawValue)) }
    }
  }
}
