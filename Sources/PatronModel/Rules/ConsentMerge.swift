extension ConsentRules {
  /// The consent of one person whose two records held `first` and `second`. Never widens:
  ///
  /// * an opt-out that the customer gave in person beats every later state that the customer did
  ///   not give;
  /// * otherwise the newest state wins, and of two equally new ones the more restrictive;
  /// * a state that never changed gives way to any other.
  package static func merge(_ first: ChannelConsent, _ second: ChannelConsent) -> ChannelConsent {
    let newest = isPreferred(second, to: first) ? second : first
    let other = isPreferred(second, to: first) ? first : second
    guard let optOutAt = latest(first.bindingOptOutAt, second.bindingOptOutAt) else {
      return newest
    }
    let own = newestOwnWord(first, second)
    if let own, own.changedAt ?? .min > optOutAt {
      if own.state == .subscribed { return newest }
      // The customer asked again and did not confirm: an agreement of others cannot replace that.
      let winner = newest.state == .subscribed ? own : newest
      return binding(winner, since: optOutAt)
    }
    if newest.state == .unsubscribed { return binding(newest, since: optOutAt) }
    if other.state == .unsubscribed { return binding(other, since: optOutAt) }
    return binding(newest.state == .pending ? newest : other, since: optOutAt)
  }

  /// The consent of a merged customer for the address that it keeps.
  ///
  /// `holder` is what the record held that had this address, `other` what the other one held: for
  /// an address that messages of the channel do not go to any more, or for none. An agreement is
  /// given for an address, so none of `other` can subscribe; an opt-out is given by a person, so
  /// those of `other` count.
  ///
  /// | `other` | what becomes of `holder` |
  /// | --- | --- |
  /// | never subscribed, subscribed, pending | nothing |
  /// | unsubscribed by the customer at t, or pending after that | unsubscribed, unless it is an
  ///   agreement (or a request) of the customer's own that is later than t |
  /// | unsubscribed by anybody else at t | unsubscribed, unless it is later than t |
  ///
  /// The answer is `holder` or forbids more than it.
  package static func merge(
    keeping holder: ChannelConsent,
    with other: ChannelConsent
  ) -> ChannelConsent {
    guard let optOut = optOut(in: other) else { return holder }
    var result = merge(holder, optOut)
    guard result != holder else { return holder }
    // When and how the other address agreed is nothing that this address did.
    result.subscribedAt = holder.subscribedAt
    result.optInLevel = holder.optInLevel
    return result
  }

  /// The consent of a record whose address of the channel is another one from now on, or none: the
  /// same rule as of a merge that keeps the other record's address.
  ///
  /// | stored | what becomes of it |
  /// | --- | --- |
  /// | never subscribed, subscribed, pending | what is known of the new address |
  /// | pending after an opt-out | the opt-out: nobody confirmed from the new address |
  /// | unsubscribed | the same: a person opted out, and the new address is that person's |
  ///
  /// - Parameters:
  ///   - old: what the record holds.
  ///   - known: what is known of the new address.
  ///   - statement: who changes the address, and when.
  package static func readdress(
    _ old: ChannelConsent,
    to known: ChannelConsent,
    by statement: ConsentStatement
  ) -> ChannelConsent {
    guard let optOut = optOut(in: old) else {
      if known.state != .neverSubscribed { return known }
      if old.state == .neverSubscribed { return old }
      // An agreement of before that names no address was one for the former address.
      return ChannelConsent(
        changedAt: statement.at,
        source: statement.source,
        changedBy: statement.actor
      )
    }
    let result = merge(keeping: known, with: optOut)
    let isKnown =
      old.state == .unsubscribed && old.changedBy == result.changedBy
      && result.unsubscribedAt ?? .min <= old.unsubscribedAt ?? old.changedAt ?? .min
    return isKnown ? old : result
  }

  /// The consent of such a record in a store that carries agreements over: nobody confirmed
  /// anything from the new address.
  package static func carry(_ old: ChannelConsent) -> ChannelConsent {
    var result = old
    if result.optInLevel == .confirmed { result.optInLevel = .single }
    return result
  }

  /// The opt-out that a consent holds, as a consent of its own; nil when there is none.
  package static func optOut(in consent: ChannelConsent) -> ChannelConsent? {
    switch consent.state {
    case .neverSubscribed, .subscribed: return nil
    case .unsubscribed: return consent
    case .pending:
      guard let at = consent.unsubscribedAt else { return nil }
      return ChannelConsent(
        state: .unsubscribed,
        unsubscribedAt: at,
        changedAt: at,
        changedBy: .customer
      )
    }
  }

  /// `consent` with the customer's own opt-out of `optOutAt` in it, so that no flag undoes it.
  private static func binding(
    _ consent: ChannelConsent,
    since optOutAt: Micros
  ) -> ChannelConsent {
    var result = consent
    if consent.state == .unsubscribed {
      let time = max(optOutAt, consent.unsubscribedAt ?? optOutAt)
      result.unsubscribedAt = time
      result.changedAt = max(time, consent.changedAt ?? time)
      result.changedBy = .customer
      result.expiresAt = nil
    } else {
      result.unsubscribedAt = optOutAt
    }
    return result
  }

  private static func newestOwnWord(
    _ first: ChannelConsent,
    _ second: ChannelConsent
  ) -> ChannelConsent? {
    guard isOwnWord(first) else { return isOwnWord(second) ? second : nil }
    guard isOwnWord(second) else { return first }
    return isPreferred(second, to: first) ? second : first
  }

  private static func isOwnWord(_ consent: ChannelConsent) -> Bool {
    guard consent.changedBy == .customer else { return false }
    return consent.state == .subscribed || consent.state == .pending
  }

  private static func isPreferred(_ one: ChannelConsent, to other: ChannelConsent) -> Bool {
    let left = changedAt(one)
    let right = changedAt(other)
    if left != right { return left > right }
    return one.state.restriction > other.state.restriction
  }

  /// That an agreement ended with its address says nothing that could be newer than an opt-out.
  private static func changedAt(_ consent: ChannelConsent) -> Micros {
    consent.state == .neverSubscribed ? .min : consent.changedAt ?? .min
  }

  static func latest(_ one: Micros?, _ other: Micros?) -> Micros? {
    guard let one else { return other }
    guard let other else { return one }
    return max(one, other)
  }
}
