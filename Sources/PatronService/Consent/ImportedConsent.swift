internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtobufC

/// The consent that one item of an import brings, checked, and what it may do.
///
/// | policy | customer | brings | becomes |
/// | --- | --- | --- | --- |
/// | any | new | any state | as given |
/// | keep | known | subscribed, pending | as stored, with `CONSENT_KEPT` |
/// | keep | known | unsubscribed | unsubscribed, unless what is stored is newer |
/// | overwrite | known, opted out | subscribed, pending | as given, if dated after the opt-out |
/// | overwrite | known | anything else | as given |
///
/// Never subscribed says nothing and changes nothing. A channel whose marketing is given is not
/// touched by the flag of that channel: the flag is kept beside it. Suppressions are added under
/// every policy, and none is ever lifted or changed.
struct ImportedConsent: Sendable {
  /// The consent of one channel and topic as it was elsewhere.
  struct Entry: Sendable {
    var channel: PatronModel.Channel
    var topic: PatronModel.Topic
    /// Without the parts that the file leaves open.
    var consent: ChannelConsent
  }

  static let evidence = ConsentEvidence.with { $0.method = .import }

  var entries: [Entry]
  var suppressions: [Suppressed]
  var overwrites: Bool
  /// What the import is called.
  var name: String

  /// Applies flags and states to a record that is not written yet.
  func apply(
    with flags: MarketingFlags, to customer: inout Customer, isNew: Bool,
    in reader: StoreReader, at now: Int64
  ) throws -> MarketingFlags.Effect {
    var effect = try applyFlags(flags, to: &customer, isNew: isNew, at: now)
    for entry in entries where entry.consent.state != .neverSubscribed {
      let stored = customer.consent(entry.channel, entry.topic)
      let next = completed(entry.consent, over: stored, at: now)
      guard next != stored else { continue }
      if let warning = refusal(of: entry, next, over: stored, isNew: isNew) {
        effect.warnings.append(warning)
        continue
      }
      // What a known customer has and the policy keeps is no news.
      if !isNew, !overwrites, next.state == stored.state || next.state != .unsubscribed { continue }
      customer.setConsent(next, entry.channel, entry.topic, ledgerID: 0)
      effect.consents.add(
        row(from: stored, to: next, at: now), entry.channel, entry.topic, Self.evidence)
    }
    try addSuppressions(to: customer, &effect.consents, in: reader, at: now)
    if !effect.consents.isEmpty, !effect.changedFields.contains("subscriptions") {
      effect.changedFields.append("subscriptions")
    }
    return effect
  }

  /// Flags do what they do everywhere, but where the channel's marketing is given, and but for
  /// subscribing a known customer against the policy.
  private func applyFlags(
    _ flags: MarketingFlags, to customer: inout Customer, isNew: Bool, at now: Int64
  ) throws -> MarketingFlags.Effect {
    var acting = flags
    func isKept(_ channel: PatronModel.Channel, _ accepts: Bool?) -> Bool {
      let isGiven = entries.contains { $0.channel == channel && $0.topic == .marketing }
      return isGiven || (accepts == true && !isNew && !overwrites)
    }
    let keepsSMS = isKept(.sms, flags.sms)
    let keepsEmail = isKept(.email, flags.email)
    if keepsSMS { acting.sms = nil }
    if keepsEmail { acting.email = nil }
    // What an import brings was agreed to elsewhere: nobody is asked again.
    var effect = try acting.apply(to: &customer, at: now) { _ in false }
    // Rows of an import say so, whatever in it changed the state.
    effect.consents = effect.consents.imported(Self.evidence)
    if keepsSMS, let sms = flags.sms { MarketingFlags.keep(sms, .sms, in: &customer, &effect) }
    if keepsEmail, let email = flags.email {
      MarketingFlags.keep(email, .email, in: &customer, &effect)
    }
    return effect
  }

  /// Why the entry has no effect and the caller should know; nil when it has, or is no news.
  private func refusal(
    of entry: Entry, _ next: ChannelConsent, over stored: ChannelConsent, isNew: Bool
  ) -> Warning? {
    if isNew { return nil }
    if next.state == .unsubscribed {
      let isNewer = stored.changedAt.map { (next.changedAt ?? .min) >= $0 } ?? true
      if overwrites || isNewer || stored.state == .unsubscribed { return nil }
      // The customer's own opt-out beats every later agreement that the customer did not give.
      if entry.consent.changedBy == .customer && stored.changedBy != .customer { return nil }
      return .outdated(entry)
    }
    guard overwrites else {
      return stored.state == .subscribed || stored.state == next.state ? nil : .kept(entry)
    }
    let optOut =
      stored.state == .unsubscribed || stored.state == .pending
      ? stored.unsubscribedAt ?? (stored.state == .unsubscribed ? stored.changedAt : nil) : nil
    guard let optOut else { return nil }
    return entry.consent.changedAt.map { $0 > optOut } ?? false ? nil : .outdated(entry)
  }

  /// The consent with what the file leaves open: taken from what is stored where the state is the
  /// same, so that the same file changes nothing the second time; else from the import itself.
  private func completed(
    _ given: ChannelConsent, over stored: ChannelConsent, at now: Int64
  ) -> ChannelConsent {
    var next = given
    let isSame = given.state == stored.state
    let known = given.state == .unsubscribed ? given.unsubscribedAt : given.subscribedAt
    next.changedAt = given.changedAt ?? known ?? (isSame ? stored.changedAt : nil) ?? now
    next.source = given.source ?? (isSame ? stored.source : nil) ?? name
    next.subscribedAt = given.subscribedAt ?? stored.subscribedAt
    next.unsubscribedAt = given.unsubscribedAt ?? stored.unsubscribedAt
    if given.state == .subscribed, given.subscribedAt == nil, !isSame {
      next.subscribedAt = next.changedAt
    }
    if given.state == .unsubscribed, given.unsubscribedAt == nil, !isSame {
      next.unsubscribedAt = next.changedAt
    }
    if isSame {
      if given.optInLevel == .unknown { next.optInLevel = stored.optInLevel }
      next.expiresAt = given.expiresAt ?? stored.expiresAt
    }
    // Who opted out matters: where the file does not tell, the careful answer is the customer.
    next.changedBy =
      given.changedBy ?? (isSame ? stored.changedBy : nil)
      ?? (given.state == .unsubscribed ? .customer : .operator)
    return next
  }

  private func row(
    from stored: ChannelConsent, to next: ChannelConsent, at now: Int64
  ) -> LedgerRow {
    LedgerRow(
      action: .importState, previousState: stored.state, newState: next.state,
      occurredAt: next.changedAt ?? now, actor: next.changedBy ?? .operator, source: name,
      optInLevel: next.optInLevel)
  }
}

extension Warning {
  /// A known customer is not subscribed by an import that keeps consent.
  fileprivate static func kept(_ entry: ImportedConsent.Entry) -> Warning {
    about(
      entry, "CONSENT_KEPT",
      "The customer is known and not subscribed, and this import keeps consent. An import with "
        + "CONSENT_POLICY_OVERWRITE takes it.")
  }

  /// What is stored is newer, or the file has no date where it needs one.
  fileprivate static func outdated(_ entry: ImportedConsent.Entry) -> Warning {
    about(
      entry, "CONSENT_OUTDATED",
      "The consent is not dated after what is stored, so it changed nothing. Over an opt-out an "
        + "import needs a consent with a later date.")
  }

  private static func about(
    _ entry: ImportedConsent.Entry, _ reason: String, _ message: String
  ) -> Warning {
    .with {
      $0.reason = reason
      $0.field = "subscriptions.\(entry.channel.name).\(entry.topic.name)"
      $0.message = message
    }
  }
}
