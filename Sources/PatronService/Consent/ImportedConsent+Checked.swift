internal import PatronModel
internal import PatronProto
internal import TTRPC

extension ImportedConsent {
  /// Checks the states of an item. What is wrong is added to `violations`.
  static func entries(
    _ subscriptions: [PatronProto.Subscription], now: Int64, _ violations: inout Violations
  ) -> [Entry] {
    var entries: [Entry] = []
    for (index, subscription) in subscriptions.enumerated() {
      let path = "subscriptions[\(index)]"
      guard let entry = entry(subscription, path, now, &violations) else { continue }
      if entries.contains(where: { $0.channel == entry.channel && $0.topic == entry.topic }) {
        violations.add(
          path,
          RuleError(
            reason: "SUBSCRIPTION_REPEATED",
            message: "The channel and topic are given twice. Give each once."))
      }
      entries.append(entry)
    }
    return entries
  }

  private static func entry(
    _ given: PatronProto.Subscription, _ path: String, _ now: Int64,
    _ violations: inout Violations
  ) -> Entry? {
    let topic = given.topic == .unspecified ? PatronProto.Topic.marketing : given.topic
    let channel = known(
      PatronModel.Channel(rawValue: Int(given.channel.rawValue)), "\(path).channel", &violations)
    let about = known(
      PatronModel.Topic(rawValue: Int(topic.rawValue)), "\(path).topic", &violations)
    let state = known(
      PatronModel.ConsentState(rawValue: Int(given.state.rawValue)), "\(path).state", &violations)
    violations.checkKnown(
      "\(path).opt_in_level", given.optInLevel.rawValue,
      PatronProto.OptInLevel.confirmed.rawValue)
    violations.checkKnown("\(path).changed_by", given.changedBy.rawValue, Actor.system.rawValue)
    var given = given
    if !given.source.isEmpty {
      let source = given.source
      let isGood: Void? = violations.secondary("\(path).source") { () throws(RuleError) in
        try ConsentRules.checkSource(source)
      }
      if isGood == nil { given.source = "" }
    }
    let times = [
      ("subscribed_at", given.subscribedAt), ("unsubscribed_at", given.unsubscribedAt),
      ("changed_at", given.changedAt),
    ]
    for (name, time) in times { checkPast(time, "\(path).\(name)", now, &violations) }
    _ = given.expiresAt.map { time in
      violations.check("\(path).expires_at") { () throws(RuleError) in
        _ = try PatronModel.Timestamp(seconds: time.seconds, nanos: time.nanos)
      }
    }
    guard violations.isEmpty, let channel, let about, state != nil else { return nil }
    return Entry(channel: channel, topic: about, consent: ChannelConsent(given))
  }

  /// Leaves out what is said of addresses that were left out themselves: agreements, and what
  /// blocks the address. Opt-outs stand.
  mutating func leave(
    channels: Set<PatronModel.Channel>, _ violations: inout Violations
  ) {
    guard !channels.isEmpty else { return }
    entries.removeAll { entry in
      guard entry.consent.isWish, channels.contains(entry.channel) else { return false }
      violations.addSecondary("subscriptions", .saidOfLeftAddress)
      return true
    }
    suppressions.removeAll { suppression in
      guard channels.contains(suppression.channel) else { return false }
      violations.addSecondary("suppressions", .saidOfLeftAddress)
      return true
    }
  }

  private static func known<Value>(
    _ value: Value?, _ path: String, _ violations: inout Violations
  ) -> Value? {
    if value == nil {
      violations.add(
        path,
        RuleError(
          reason: "ENUM_VALUE_UNKNOWN",
          message: "The value is missing, or none of the enum's: `patron describe` shows them."))
    }
    return value
  }

  /// How far clocks may differ, microseconds.
  private static let lead: Int64 = 300_000_000

  private static func checkPast(
    _ given: GoogleProtobuf.Timestamp?, _ path: String, _ now: Int64,
    _ violations: inout Violations
  ) {
    guard let given else { return }
    _ = violations.check(path) { () throws(RuleError) in
      let time = try PatronModel.Timestamp(seconds: given.seconds, nanos: given.nanos)
      guard time.microseconds >= 0, time.microseconds <= now + lead else {
        throw RuleError(
          reason: "CONSENT_TIME_OUT_OF_RANGE",
          message: "The time is out of range. Expected is 1970 to five minutes from now.",
          given: time.rfc3339)
      }
    }
  }
}
