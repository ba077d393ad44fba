extension ConsentRules {
  /// Returns the consent of a person whose two records held `first` and `second`. Never widens it:
  ///
  /// * an opt-out by the customer in person beats every later state from anyone else;
  /// * otherwise the newest state wins, and of two equally new states the more restrictive;
  /// * a state that never changed yields to any other.
  package static func merge(_ first: ChannelConsent, _ second: ChannelConsent) -> ChannelConsent {
    let newest = isPreferred(second, to: first) ? second : first
    let other = isPreferred(second, to: first) ? first : second
    guard let optOutAt = latest(first.bindingOptOutAt, second.bindingOptOutAt) else {
      return newest
    }
    let own = newestOwnWord(first, second)
    if let own, own.changedAt ?? .min > optOutAt {
      if own.state == .subscribed { return newest }
      // The customer made a new request and did not confirm it: others' agreement cannot replace
      // that.
      let winner = newest.state == .subscribed ? own : newest
      return binding(winner, since: optOutAt)
    }
    if newest.state == .unsubscribed { return binding(newest, since: optOutAt) }
    if other.state == .unsubscribed { return binding(other, since: optOutAt) }
    return binding(newest.state == .pending ? newest : other, since: optOutAt)
  }

  /// Returns the consent of a merged customer for the address that it keeps.
  ///
  /// `holder` is the consent of the record that had this address. `other` is the consent of the
  /// other record, for an address to which messages of the channel no longer go, or for none. An
  /// agreement is given for an address, so no agreement in `other` subscribes this one. An opt-out
  /// is given by a person, so opt-outs in `other` count.
  ///
  /// | `other` | `holder` becomes |
  /// | --- | --- |
  /// | never subscribed, subscribed, pending | unchanged |
  /// | unsubscribed by the customer, or pending, since t | unsubscribed, unless own and after t |
  /// | unsubscribed by anyone else at t | unsubscribed, unless it is later than t |
  ///
  /// "Own" is an agreement or a request of the customer's own. The result is `holder` or more
  /// restrictive.
  package static func merge(
    keeping holder: ChannelConsent,
    with other: ChannelConsent
  ) -> ChannelConsent {
    guard let optOut = optOut(in: other) else { return holder }
    var result = merge(holder, optOut)
    guard result != holder else { return holder }
    // The other address's time and level of agreement do not apply to this address.
    result.subscribedAt = holder.subscribedAt
    result.optInLevel = holder.optInLevel
    return result
  }

  /// Returns the consent of a record whose address of the channel is replaced or removed. The rule
  /// is that of a merge that keeps the other record's address.
  ///
  /// | stored | becomes |
  /// | --- | --- |
  /// | never subscribed, subscribed, pending | the known consent of the new address |
  /// | pending after an opt-out | the opt-out: there is no confirmation from the new address |
  /// | unsubscribed | unchanged: a person opted out, and the new address is that person's |
  ///
  /// - Parameters:
  ///   - old: The consent that the record holds.
  ///   - known: The known consent of the new address.
  ///   - statement: The actor and time of the change of address.
  package static func readdress(
    _ old: ChannelConsent,
    to known: ChannelConsent,
    by statement: ConsentStatement
  ) -> ChannelConsent {
    guard let optOut = optOut(in: old) else {
      if known.state != .neverSubscribed { return known }
      if old.state == .neverSubscribed { return old }
      // An earlier agreement that names no address was for the former address.
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

  /// Returns the consent of such a record in a store that carries agreements over. A confirmed
  /// agreement becomes a single one: there is no confirmation from the new address.
  package static func carry(_ old: ChannelConsent) -> ChannelConsent {
    var result = old
    if result.optInLevel == .confirmed { result.optInLevel = .single }
    return result
  }

  /// Returns the opt-out that a consent contains, as a consent of its own, or nil if there is none.
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

  /// Returns `consent` with the customer's own opt-out at `optOutAt`, so that no flag undoes it.
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

  /// An agreement that ended with its address carries no time that could be newer than an opt-out.
  private static func changedAt(_ consent: ChannelConsent) -> Micros {
    consent.state == .neverSubscribed ? .min : consent.changedAt ?? .min
  }

  static func latest(_ one: Micros?, _ other: Micros?) -> Micros? {
    guard let one else { return other }
    guard let other else { return one }
    return max(one, other)
  }
}
