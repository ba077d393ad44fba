package import PatronModel
package import PatronProto

extension ImportedConsent {
  /// Checks the states of an item and adds violations.
  ///
  /// `refuses` is true if the item contains an opt-out or a similar refusal, which outweighs the
  /// agreements beside it. If values that break a rule are left out, such agreements are left out
  /// too. If states of the same channel and topic contradict each other, the opt-out counts.
  package static func entries(
    _ subscriptions: [PatronProto.Subscription],
    refuses: Bool = false,
    now: Int64,
    _ violations: inout Violations
  ) -> [Entry] {
    let isLenient = refuses && violations.dropsSecondary
    var entries: [Entry] = []
    var paths: [String] = []
    for (index, subscription) in subscriptions.enumerated() {
      let path = "subscriptions[\(index)]"
      let next =
        isLenient
        ? entryBesideRefusal(subscription, path, now, &violations)
        : entry(subscription, path, now, &violations)
      guard let next else { continue }
      let place = entries.firstIndex { $0.channel == next.channel && $0.topic == next.topic }
      guard let place else {
        entries.append(next)
        paths.append(path)
        continue
      }
      guard isLenient else {
        violations.add(path, .subscriptionRepeated)
        continue
      }
      let first = entries[place].consent
      guard first != next.consent else { continue }
      let isReplaced = first.state != .unsubscribed && next.consent.state == .unsubscribed
      violations.addSecondary(isReplaced ? paths[place] : path, .subscriptionRepeated)
      entries[place].consent = first.joined(with: next.consent)
      if isReplaced { paths[place] = path }
    }
    return entries
  }

  /// Returns an entry of an item with a refusal, or nil for an agreement that breaks a rule. That
  /// agreement is left out, and its channel stays as it is.
  private static func entryBesideRefusal(
    _ given: PatronProto.Subscription,
    _ path: String,
    _ now: Int64,
    _ violations: inout Violations
  ) -> Entry? {
    guard given.state != .unsubscribed else { return entry(given, path, now, &violations) }
    var trial = violations
    let checked = entry(given, path, now, &trial)
    if let broken = trial.errors.dropFirst(violations.errors.count).first {
      violations.addSecondary(path, broken.error)
      return nil
    }
    violations = trial
    return checked
  }

  private static func entry(
    _ given: PatronProto.Subscription,
    _ path: String,
    _ now: Int64,
    _ violations: inout Violations
  ) -> Entry? {
    // No value beside an opt-out justifies losing the opt-out.
    let isOptOut = given.state == .unsubscribed
    let topic = given.topic == .unspecified ? PatronProto.Topic.marketing : given.topic
    let channel = known(
      PatronModel.Channel(rawValue: Int(given.channel.rawValue)),
      "\(path).channel",
      &violations
    )
    let about = known(
      PatronModel.Topic(rawValue: Int(topic.rawValue)),
      "\(path).topic",
      &violations
    )
    let state = known(
      PatronModel.ConsentState(rawValue: Int(given.state.rawValue)),
      "\(path).state",
      &violations
    )
    let numbers = [
      ("opt_in_level", given.optInLevel.rawValue, PatronProto.OptInLevel.confirmed.rawValue),
      ("changed_by", given.changedBy.rawValue, ActorKind.system.rawValue),
    ]
    for (name, number, greatest) in numbers {
      if isOptOut {
        _ = violations.isKnown("\(path).\(name)", number, greatest)
      } else {
        violations.checkKnown("\(path).\(name)", number, greatest)
      }
    }
    var given = given
    given.source = source(given.source, path, &violations)
    func checked(
      _ given: GoogleProtobuf.Timestamp?,
      _ name: String,
      before end: Int64?
    ) -> GoogleProtobuf.Timestamp? {
      time(given, "\(path).\(name)", isOptOut, before: end, &violations)
    }
    given.subscribedAt = checked(given.subscribedAt, "subscribed_at", before: now + lead)
    given.unsubscribedAt = checked(given.unsubscribedAt, "unsubscribed_at", before: now + lead)
    given.changedAt = checked(given.changedAt, "changed_at", before: now + lead)
    given.expiresAt = checked(given.expiresAt, "expires_at", before: nil)
    guard violations.isEmpty, let channel, let about, state != nil else { return nil }
    return Entry(channel: channel, topic: about, consent: ChannelConsent(given))
  }

  /// Returns the source of a statement, or an empty text if it is malformed.
  private static func source(
    _ source: String,
    _ path: String,
    _ violations: inout Violations
  ) -> String {
    guard !source.isEmpty else { return "" }
    let isGood: Void? = violations.secondary("\(path).source") { () throws(RuleError) in
      try ConsentRules.checkSource(source)
    }
    return isGood == nil ? "" : source
  }

  /// Leaves out statements about addresses that were left out themselves: agreements, and
  /// suppressions that block the address. Opt-outs stay. A suppression by the owner's wish or for a
  /// spam complaint becomes an opt-out of the customer, because its address is unknown.
  package mutating func leave(
    channels: Set<PatronModel.Channel>,
    _ violations: inout Violations
  ) {
    guard !channels.isEmpty else { return }
    entries.removeAll { entry in
      guard entry.consent.isWish, channels.contains(entry.channel) else { return false }
      violations.addSecondary("subscriptions", .saidOfLeftAddress)
      return true
    }
    let left = suppressions.filter { channels.contains($0.channel) }
    suppressions.removeAll { channels.contains($0.channel) }
    for suppression in left {
      if suppression.reason.isOwnersWish || suppression.reason == .spamComplaint {
        optOut(as: suppression)
      } else {
        violations.addSecondary("suppressions", .saidOfLeftAddress)
      }
    }
  }

  private mutating func optOut(as suppression: Suppressed) {
    let consent = ChannelConsent(
      state: .unsubscribed,
      unsubscribedAt: suppression.at,
      changedBy: .customer
    )
    let place = entries.firstIndex {
      $0.channel == suppression.channel && $0.topic == .marketing
    }
    guard let place else {
      return entries.append(
        Entry(channel: suppression.channel, topic: .marketing, consent: consent)
      )
    }
    entries[place].consent = entries[place].consent.joined(with: consent)
  }

  private static func known<Value>(
    _ value: Value?,
    _ path: String,
    _ violations: inout Violations
  ) -> Value? {
    if value == nil {
      violations.add(
        path,
        RuleError(
          reason: "ENUM_VALUE_UNKNOWN",
          message: "The value is missing, or none of the enum's: `patron describe` shows them."
        )
      )
    }
    return value
  }

  /// The maximum difference between clocks, in microseconds: five minutes.
  private static let lead: Int64 = 300_000_000

  /// Returns a checked time from 1970 to `end`, if there is an end; nil if it breaks a rule.
  private static func time(
    _ given: GoogleProtobuf.Timestamp?,
    _ path: String,
    _ isSecondary: Bool,
    before end: Int64?,
    _ violations: inout Violations
  ) -> GoogleProtobuf.Timestamp? {
    guard let given else { return nil }
    func kept() throws(RuleError) -> GoogleProtobuf.Timestamp {
      let time = try PatronModel.Timestamp(seconds: given.seconds, nanos: given.nanos)
      if let end, time.microseconds < 0 || time.microseconds > end {
        throw RuleError(
          reason: "CONSENT_TIME_OUT_OF_RANGE",
          message: "The time is out of range. Expected is 1970 to five minutes from now.",
          given: time.rfc3339
        )
      }
      return given
    }
    return isSecondary ? violations.secondary(path, kept) : violations.check(path, kept)
  }
}

extension ChannelConsent {
  /// Returns the valid one of two contradicting statements: the opt-out. Of two opt-outs the later
  /// one counts, as the customer's own if either is. Without an opt-out neither counts, and the
  /// result is never subscribed.
  fileprivate func joined(with other: ChannelConsent) -> ChannelConsent {
    switch (state, other.state) {
    case (.unsubscribed, .unsubscribed):
      // An opt-out without a time counts as made at the import, one without an actor as the
      // customer's.
      func time(_ consent: ChannelConsent) -> Int64 {
        consent.unsubscribedAt ?? consent.changedAt ?? .max
      }
      var later = time(other) > time(self) ? other : self
      let actors = [changedBy, other.changedBy]
      if actors.contains(.customer) {
        later.changedBy = .customer
      } else if actors.contains(nil) {
        later.changedBy = nil
      }
      return later
    case (.unsubscribed, _): return self
    case (_, .unsubscribed): return other
    default: return .never
    }
  }
}

extension RuleError {
  fileprivate static let subscriptionRepeated = RuleError(
    reason: "SUBSCRIPTION_REPEATED",
    message: "The channel and topic are given twice. Give each once. Beside an opt-out, of states "
      + "that differ the opt-out counts, and agreements do not."
  )
}
