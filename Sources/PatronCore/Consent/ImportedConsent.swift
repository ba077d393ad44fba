package import PatronModel
package import PatronProto
package import PatronStore
internal import ProtobufC

/// The checked consent of one item of an import, and its permitted effects.
///
/// | policy | customer | imported | result |
/// | --- | --- | --- | --- |
/// | any | new | any state | as given |
/// | keep | known | subscribed, pending | as stored, with `CONSENT_KEPT` |
/// | keep | known | unsubscribed | unsubscribed, unless the stored state is newer; an opt-out by
///   another actor becomes the customer's own if the file says so |
/// | overwrite | known, opted out | subscribed, pending | as given, if dated after the opt-out |
/// | overwrite | known | anything else | as given |
/// | any | known, opted out in person | unsubscribed by another actor | as stored |
///
/// The state never subscribed changes nothing. If an item gives the marketing state of a channel,
/// its flag for that channel is stored and has no effect, except for a false flag that is new for a
/// known customer. Beside an agreement such a flag opts the customer out if consent is kept, and
/// causes a warning if it is overwritten. Never subscribed does not prevent its effect.
/// Suppressions are added under every policy, and none is ever lifted or changed.
package struct ImportedConsent: Sendable {
  /// The consent to one channel and topic, as another system had it.
  package struct Entry: Sendable {
    package var channel: PatronModel.Channel
    package var topic: PatronModel.Topic
    /// The consent, without the parts that the file leaves open.
    package var consent: ChannelConsent
  }

  package static let evidence = ConsentEvidence.with { $0.method = .import }

  package var entries: [Entry]
  package var suppressions: [Suppressed]
  package var overwrites: Bool
  /// The name of the import.
  package var name: String
  /// The channels whose address in the item, beside the consent, is the customer's.
  package var named: Set<PatronModel.Channel> = []

  package init(entries: [Entry], suppressions: [Suppressed], overwrites: Bool, name: String) {
    self.entries = entries
    self.suppressions = suppressions
    self.overwrites = overwrites
    self.name = name
  }

  /// Applies flags and states to a record that is not yet written. `now` is in microseconds since
  /// 1970.
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
      // A false flag that acts overrides the state of its channel.
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
      // A state of a known customer that the policy keeps is not a change.
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

  /// Returns true if an import that keeps consent takes the entry for a known customer. It takes
  /// only opt-outs.
  private func isNews(
    _ entry: Entry,
    _ next: ChannelConsent,
    over stored: ChannelConsent
  ) -> Bool {
    guard next.state == .unsubscribed else { return false }
    guard stored.state == .unsubscribed else { return true }
    return entry.consent.changedBy == .customer && !stored.isSticky
  }

  /// Keeps an opt-out in person as the customer's own, and never moves it to an earlier time.
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

  /// Returns the warning for an entry without effect, or nil if it has an effect or is not a
  /// change.
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
    // A statement that names no address and is older than the last change is about the former
    // address.
    let reset = stored.state == .neverSubscribed && !named.contains(entry.channel)
    let optOut =
      stored.state == .unsubscribed || stored.state == .pending
      ? stored.unsubscribedAt ?? (stored.state == .unsubscribed ? stored.changedAt : nil) : nil
    guard let last = reset ? stored.changedAt : optOut else { return nil }
    return entry.consent.changedAt.map { $0 > last } ?? false ? nil : .outdated(entry)
  }

  /// Returns the consent with the parts that the file leaves open. They are taken from the stored
  /// consent if the state is the same, so that a repeated import changes nothing; else from the
  /// import.
  private func completed(
    _ given: ChannelConsent,
    over stored: ChannelConsent,
    at now: Int64
  ) -> ChannelConsent {
    var next = given
    let isSame = given.state == stored.state
    let known = given.state == .unsubscribed ? given.unsubscribedAt : given.subscribedAt
    next.changedAt = given.changedAt ?? known ?? (isSame ? stored.changedAt : nil) ?? now
    // A file that gives the actor also gives the source: exports leave an unknown source empty.
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
    // The actor of an opt-out matters. If the file gives none, the cautious choice is the customer.
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
  /// Returns the warning that an import which keeps consent does not subscribe a known customer.
  fileprivate static func kept(_ entry: ImportedConsent.Entry) -> Warning {
    kept("subscriptions.\(entry.channel.name).\(entry.topic.name)")
  }

  /// Returns the same warning for a field of the request.
  package static func kept(_ field: String) -> Warning {
    .with {
      $0.reason = "CONSENT_KEPT"
      $0.field = field
      $0.message =
        "The customer is known and not subscribed, and this import keeps consent. An import with "
        + "CONSENT_POLICY_OVERWRITE takes it."
    }
  }

  /// Returns the warning that the stored consent is newer, or that the file lacks a required date.
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
  /// Removes agreements of some channels. Returns true if there were any.
  mutating func leaveAgreements(_ channels: Set<PatronModel.Channel>) -> Bool {
    let count = entries.count
    entries.removeAll { channels.contains($0.channel) && $0.consent.state != .unsubscribed }
    return entries.count < count
  }
}
