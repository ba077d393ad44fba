package import PatronModel
package import PatronProto

/// The channels and topics of a call.
package struct ConsentScope: Sendable {
  /// The channels in the order of their numbers, without repeats; at least one.
  package var channels: [PatronModel.Channel]
  /// The topics in the order of their numbers, without repeats; at least one.
  package var topics: [PatronModel.Topic]

  /// Checks the channels and topics of a request. Without topics, marketing is meant.
  package init(
    _ channels: [ContactChannel],
    topics: [PatronProto.Topic] = [],
    _ violations: inout Violations
  ) {
    if channels.isEmpty {
      violations.add(
        "channels",
        RuleError(
          reason: "CHANNELS_MISSING",
          message: "No channel is named. Expected are CHANNEL_SMS, CHANNEL_EMAIL or both."
        )
      )
    }
    for (index, channel) in channels.enumerated()
    where PatronModel.Channel(rawValue: Int(channel.rawValue)) == nil {
      violations.add("channels[\(index)]", Self.unknown)
    }
    for (index, topic) in topics.enumerated() {
      violations.checkKnown(
        "topics[\(index)]",
        topic.rawValue,
        PatronProto.Topic.loyalty.rawValue
      )
    }
    self.channels = PatronModel.Channel.allCases.filter { channel in
      channels.contains { Int($0.rawValue) == channel.rawValue }
    }
    let named = topics.map { $0 == .unspecified ? .marketing : $0 }
    self.topics = PatronModel.Topic.allCases.filter { topic in
      topics.isEmpty ? topic == .marketing : named.contains { Int($0.rawValue) == topic.rawValue }
    }
  }

  /// All combinations of the channels and topics.
  package var pairs: [(channel: PatronModel.Channel, topic: PatronModel.Topic)] {
    channels.flatMap { channel in topics.map { (channel, $0) } }
  }

  private static let unknown = RuleError(
    reason: "ENUM_VALUE_UNKNOWN",
    message: "The value is none of the enum's. Expected are CHANNEL_SMS and CHANNEL_EMAIL."
  )
}
