package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// The consent that one item of an import brings, checked, and what it may do.
///
/// | policy | customer | brings | becomes |
/// | --- | --- | --- | --- |
/// | any | new | any state | as given |
/// | keep | known | subscribed, pending | as stored, with `CONSENT_KEPT` |
/// | keep | known | unsubscribed | unsubscribed, unless what is stored is newer; over somebody
///   else's opt-out it becomes the customer's own where the file says so |
/// | overwrite | known, opted out | subscribed, pending | as given, if dated after the opt-out |
/// | overwrite | known | anything else | as given |
/// | any | known, opted out in person | unsubscribed by anybody else | as stored |
///
/// Never subscribed says nothing and changes nothing. Where marketing of a channel is given, the
/// flag of that channel is kept beside it and does nothing, but for a known customer's false that
/// is news: beside an agreement it opts out where consent is kept, and is told of where it is
/// overwritten; never subscribed does not stand in its way. Suppressions are added under every
/// policy, and none is ever lifted or changed.
package struct ImportedConsent: Sendable {
  /// The consent of one channel and topic as it was elsewhere.
  package struct Entry: Sendable {
    package var channel: PatronModel.Channel
    package var topic: PatronModel.Topic
    /// Without the parts that the file leaves open.
    package var consent: ChannelConsent
  }

  package static let evidence = ConsentEvidence.with { $0.method = .import }

  package var entries: [Entry]
  package var suppressions: [Suppressed]
  package var overwrites: Bool
  /// What the import is called.
  package var name: String
  /// Channels of which the customer's address stands beside the consent.
  package var named: Set<PatronModel.Channel> = []

  package init(entries: [Entry], suppressions: [Suppressed], overwrites: Bool, name: String) {
    self.entries = entries
    self.suppressions = suppressions
    self.overwrites = overwrites
    self.name = name
  }

  /// Applies flags and states to a record that is not written yet.
  package func apply(
    with flags: MarketingFlags,
    to customer: inout Customer,
    isNew: Bool,
    in reader: StoreReader,
    at now: Int64
  ) throws -> MarketingFlags.Effect {
    let uses = flagUses(flags, of: customer, isNew: isNew)
    var effect = try apply(flags, uses, to: &customer, in: reader, at: now)
    for entry in entries where entry.consent.state != .neverSubscribed {
      // A false flag that acts has the last word of its channel.
      if uses.contains(where: { $0.acts && $0.channel == entry.channel }),
        entry.topic == .marketing
      {
        continue
      }
      let stored = customer.consent(entry.channel, entry.topic)
      var next = completed(entry.consent, over: stored, at: now)
      Self.keepOwnOptOut(of: stored, in: &next)
      guard next != stored else { continue }
      if let warning = refusal(of: entry, next, over: stored, isNew: isNew) {
        effect.warnings.append(warning)
        continue
      }
      // What a known customer has and the policy keeps is no news.
      if !isNew, !overwrites, !isNews(entry, next, over: stored) { continue }
      customer.setConsent(next, entry.channel, entry.topic, ledgerID: 0)
      effect.consents.add(
        row(from: stored, to: next, at: now),
        entry.channel,
        entry.topic,
        Self.evidence
      )
    }
    try addSuppressions(to: customer, &effect.consents, in: reader, at: now)
    if !effect.consents.isEmpty, !effect.changedFields.contains("subscriptions") {
      effect.changedFields.append("subscriptions")
    }
    return effect
  }

  /// What an import that keeps consent takes of a known customer: opt-outs.
  private func isNews(
    _ entry: Entry,
    _ next: ChannelConsent,
    over stored: ChannelConsent
  ) -> Bool {
    guard next.state == .unsubscribed else { return false }
    guard stored.state == .unsubscribed else { return true }
    return entry.consent.changedBy == .customer && !stored.isSticky
  }

  /// An opt-out that the customer gave in person stays that, and does not become an earlier one.
  private static func keepOwnOptOut(of stored: ChannelConsent, in next: inout ChannelConsent) {
    guard next.state == .unsubscribed, let optOut = ConsentRules.optOut(in: stored) else { return }
    if optOut.isSticky, stored.state == .unsubscribed, next.changedBy != .customer {
      next = stored
    } else if optOut.isSticky || next.changedBy == .customer {
      next.changedBy = .customer
      next.unsubscribedAt = [next.unsubscribedAt, optOut.unsubscribedAt].compactMap(\.self).max()
      next.changedAt = [next.changedAt, optOut.unsubscribedAt].compactMap(\.self).max()
    }
  }

  /// Why the entry has no effect and the caller should know; nil when it has, or is no news.
  private func refusal(
    of entry: Entry,
    _ next: ChannelConsent,
    over stored: ChannelConsent,
    isNew: Bool
  ) -> Warning? {
    if isNew { return nil }
    if next.state == .unsubscribed {
      if overwrites || stored.state == .unsubscribed { return nil }
      let isLate = ConsentRules.isOutdated(
        optOutAt: next.changedAt ?? .min,
        by: entry.consent.changedBy,
        over: stored
      )
      return isLate ? .outdated(entry) : nil
    }
    guard overwrites else {
      return stored.state == .subscribed || stored.state == next.state ? nil : .kept(entry)
    }
    // What names no address and is older than its last change is of the address before.
    let reset = stored.state == .neverSubscribed && !named.contains(entry.channel)
    let optOut =
      stored.state == .unsubscribed || stored.state == .pending
      ? stored.unsubscribedAt ?? (stored.state == .unsubscribed ? stored.changedAt : nil) : nil
    guard let last = reset ? stored.changedAt : optOut else { return nil }
    return entry.consent.changedAt.map { $0 > last } ?? false ? nil : .outdated(entry)
  }

  /// The consent with what the file leaves open: taken from what is stored where the state is the
  /// same, so that the same file changes nothing the second time; else from the import itself.
  private func completed(
    _ given: ChannelConsent,
    over stored: ChannelConsent,
    at now: Int64
  ) -> ChannelConsent {
    var next = given
    let isSame = given.state == stored.state
    let known = given.state == .unsubscribed ? given.unsubscribedAt : given.subscribedAt
    next.changedAt = given.changedAt ?? known ?? (isSame ? stored.changedAt : nil) ?? now
    // Who tells who said it tells where, too: an export leaves empty what was not known.
    next.source =
      given.source ?? (isSame ? stored.source : nil) ?? (given.changedBy == nil ? name : nil)
    next.subscribedAt = given.subscribedAt ?? stored.subscribedAt
    next.unsubscribedAt = given.unsubscribedAt ?? stored.unsubscribedAt
    if given.state == .subscribed, given.subscribedAt == nil, !isSame {
      next.subscribedAt = next.changedAt
    }
    if given.state == .unsubscribed, given.unsubscribedAt == nil {
      next.unsubscribedAt =
        isSame
        ? [stored.unsubscribedAt, given.changedAt].compactMap(\.self).max() : next.changedAt
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
    from stored: ChannelConsent,
    to next: ChannelConsent,
    at now: Int64
  ) -> LedgerRow {
    LedgerRow(
      action: .importState,
      previousState: stored.state,
      newState: next.state,
      occurredAt: next.changedAt ?? now,
      actor: next.changedBy ?? .operator,
      source: name,
      optInLevel: next.optInLevel
    )
  }
}

extension Warning {
  /// A known customer is not subscribed by an import that keeps consent.
  fileprivate static func kept(_ entry: ImportedConsent.Entry) -> Warning {
    kept("subscriptions.\(entry.channel.name).\(entry.topic.name)")
  }

  /// The same of what a field says.
  package static func kept(_ field: String) -> Warning {
    .with {
      $0.reason = "CONSENT_KEPT"
      $0.field = field
      $0.message =
        "The customer is known and not subscribed, and this import keeps consent. An import with "
        + "CONSENT_POLICY_OVERWRITE takes it."
    }
  }

  /// What is stored is newer, or the file has no date where it needs one.
  fileprivate static func outdated(_ entry: ImportedConsent.Entry) -> Warning {
    .with {
      $0.reason = "CONSENT_OUTDATED"
      $0.field = "subscriptions.\(entry.channel.name).\(entry.topic.name)"
      $0.message =
        "The consent is not dated after what is stored, so it changed nothing. Over an opt-out an "
        + "import needs a consent with a later date."
    }
  }
}

extension ImportedConsent {
  /// Leaves out agreements of some channels; returns whether there were any.
  mutating func leaveAgreements(_ channels: Set<PatronModel.Channel>) -> Bool {
    let count = entries.count
    entries.removeAll { channels.contains($0.channel) && $0.consent.state != .unsubscribed }
    return entries.count < count
  }
}
