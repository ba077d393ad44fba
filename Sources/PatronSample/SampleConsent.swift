internal import PatronCore
internal import PatronModel
internal import PatronProto
internal import ProtobufC

/// Invented consent beyond the flags: every state of every channel and topic, and suppressions for
/// every reason, each among the first 400 customers.
enum SampleConsent {
  private typealias Channel = ContactChannel
  private typealias ConsentState = PatronProto.ConsentState
  private typealias Suppression = PatronProto.Suppression
  private typealias Topic = PatronProto.Topic

  private static let sources = ["welcome_popup", "checkout_box", "=form", "sms_keyword"]
  private static let states: [ConsentState] = [
    .subscribed, .unsubscribed, .pending, .neverSubscribed,
  ]

  /// Returns the consent of the customer with this number; nil for most, for which the flags
  /// suffice.
  static func make(
    _ number: Int,
    of customer: CustomerInput,
    now: Int64,
    _ violations: inout Violations
  ) -> ImportedConsent? {
    guard number % 8 == 5 else { return nil }
    var channels: [Channel] = []
    if customer.phoneNumber != nil { channels.append(.sms) }
    if customer.email != nil { channels.append(.email) }
    let item = ImportItem.with { item in
      for channel in channels {
        item.subscriptions += subscriptions(number / 8, channel)
        if number % 16 == 5 { item.suppressions += suppressions(number / 16, channel) }
      }
    }
    return ImportedConsent(
      entries: ImportedConsent.entries(item.subscriptions, now: now, &violations),
      suppressions: ImportedConsent.suppressions(item.suppressions, now: now, &violations),
      overwrites: true,
      name: "generated"
    )
  }

  private static func subscriptions(_ turn: Int, _ channel: Channel) -> [Subscription] {
    let topics: [Topic] =
      turn % 3 == 0 ? [.marketing, .reviewRequests, .transactional, .loyalty] : [.marketing]
    let first = channel == .sms ? turn : turn / 4
    return topics.enumerated().map { index, topic in
      subscription(turn, channel, topic, states[(first + index) % states.count])
    }
  }

  private static func subscription(
    _ turn: Int,
    _ channel: Channel,
    _ topic: Topic,
    _ state: ConsentState
  ) -> Subscription {
    .with {
      $0.channel = channel
      $0.topic = topic
      $0.state = state
      guard state != .neverSubscribed else { return }
      let day = Int64(turn % 1000) * 86_400
      $0.changedAt = .init(micros: (1_650_000_000 + day) * 1_000_000 + Int64(turn % 7) * 1000)
      if state == .subscribed { $0.subscribedAt = $0.changedAt }
      if state == .unsubscribed { $0.unsubscribedAt = $0.changedAt }
      // An opt-out that followed an agreement, and an agreement that followed an opt-out.
      if state != .subscribed, turn % 2 == 0 {
        $0.subscribedAt = .init(micros: 1_600_000_000_000_000)
      }
      if state != .unsubscribed, turn % 5 == 0 {
        $0.unsubscribedAt = .init(micros: 1_610_000_000_000_000)
      }
      $0.source = sources[turn % sources.count]
      $0.optInLevel = [.single, .confirmed, .unspecified][turn % 3]
      $0.changedBy = [.customer, .operator, .platform, .system][turn / 2 % 4]
      if state == .subscribed, turn % 4 == 1 { $0.expiresAt = .init(micros: 2_000_000_000_000_000) }
    }
  }

  private static func suppressions(_ turn: Int, _ channel: Channel) -> [Suppression] {
    let first = turn + (channel == .sms ? 0 : 3)
    var reasons = [1 + first % 8]
    if turn % 4 == 0 { reasons.append(1 + (first + 5) % 8) }
    return reasons.map { reason in
      .with {
        $0.channel = channel
        $0.reason = .init(rawValue: Int32(reason))
        $0.suppressedAt = .init(
          micros: (1_690_000_000 + Int64(turn % 1000) * 3600) * 1_000_000 + Int64(turn % 3)
        )
        if turn % 2 == 0 { $0.source = "mail_server" }
        if turn % 3 == 0 { $0.note = "-550; user \\ \"unknown\"\nsecond line" }
      }
    }
  }
}
