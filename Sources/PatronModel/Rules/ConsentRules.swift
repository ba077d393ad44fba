/// The rules by which statements change a consent. Pure: the caller stores the result.
///
/// The newest statement wins, with one exception: an opt-out by the customer in person is undone
/// only by a newer agreement of the customer's own.
package enum ConsentRules {
  /// Applies a marketing flag of the shop's own record (`accepts_sms_marketing` and the like).
  ///
  /// | stored | flag | becomes |
  /// | --- | --- | --- |
  /// | never subscribed | true | subscribed; pending with double opt-in |
  /// | never subscribed | false | unchanged: platforms send false for customers never asked |
  /// | pending | true | unchanged, with `CONSENT_PENDING`: the confirmation is still awaited |
  /// | pending, subscribed | false | unsubscribed |
  /// | subscribed | true | unchanged; with `CONSENT_EXPIRED` if the agreement has expired |
  /// | unsubscribed by the customer | true | unchanged, with `STICKY_OPT_OUT` |
  /// | unsubscribed by anyone else | true | subscribed; pending with double opt-in |
  /// | unsubscribed | false | unchanged |
  ///
  /// A flag older than the stored change has no effect (`CONSENT_OUTDATED`), unless it names the
  /// address and that change was only a change of address. For false, see
  /// ``isOutdated(optOutAt:by:over:)``. A flag is not a new agreement: shops send it with every
  /// record, so it does not prolong an expired one.
  ///
  /// - Parameters:
  ///   - accepts: The flag. Do not call if the shop did not send one.
  ///   - at: The time of the shop's statement.
  ///   - consent: The stored consent.
  ///   - doubleOptIn: True if the store requires confirmation for this channel.
  ///   - actor: The sender of the flag.
  ///   - source: The place of collection.
  ///   - namesAddress: True if the address came with the flag.
  package static func applyFlag(
    _ accepts: Bool,
    at: Micros,
    to consent: ChannelConsent,
    doubleOptIn: Bool,
    actor: ConsentActor = .platform,
    source: String?,
    namesAddress: Bool = false
  ) -> ConsentTransition {
    let statement = ConsentStatement(at: at, actor: actor, source: source)
    switch (consent.state, accepts) {
    case (.neverSubscribed, false), (.unsubscribed, false):
      return .unchanged(nil)
    case (.pending, true):
      return .unchanged(.pending)
    case (.subscribed, true):
      return .unchanged(consent.isOver(at: at) ? .expired : nil)
    case (.unsubscribed, true) where consent.isSticky:
      return .unchanged(.stickyOptOut)
    case (.pending, false), (.subscribed, false):
      return unsubscribe(statement, from: consent)
    case (.neverSubscribed, true), (.unsubscribed, true):
      let isForThisAddress = consent.state == .neverSubscribed && namesAddress
      if isOlder(at, than: consent), !isForThisAddress { return .unchanged(.outdated) }
      return optIn(statement, to: consent, doubleOptIn: doubleOptIn)
    }
  }

  /// Applies an agreement that comes with evidence.
  ///
  /// - Parameters:
  ///   - doubleOptIn: True if the agreement needs a confirmation.
  ///   - otherOptOutAt: The customer's own opt-out from another topic that stops this one too; see
  ///     ``ChannelConsents/optOut(reaching:of:)``.
  ///   - addressOptOutAt: The time at which the owner of the address opted out while no record
  ///     existed to store it. It binds like an opt-out in the record.
  ///   - namesAddress: True if the statement names the address. A statement without address that is
  ///     older than the last change of address was made for the former one.
  /// - Returns: Unchanged if the customer is already subscribed (or, with `doubleOptIn`, pending),
  ///   unless the statement strengthens the agreement: the customer's own word instead of the
  ///   shop's (even an older one) or after `otherOptOutAt`, or a later end. An agreement that had
  ///   expired at the time of the statement counts as none. Unchanged with `CONSENT_OUTDATED` if
  ///   the stored consent is newer.
  /// - Throws: `STICKY_OPT_OUT` if anyone but the customer would undo the customer's own opt-out;
  ///   `CONSENT_OUTDATED` if an opt-out is newer (or, if the customer's own, as new).
  package static func subscribe(
    _ statement: ConsentStatement,
    to consent: ChannelConsent,
    doubleOptIn: Bool,
    after otherOptOutAt: Micros? = nil,
    addressOptOutAt: Micros? = nil,
    namesAddress: Bool = false
  ) throws(RuleError) -> ConsentTransition {
    if let optOutAt = latest(consent.bindingOptOutAt, addressOptOutAt) {
      guard statement.actor == .customer else { throw stickyOptOut }
      guard statement.at > optOutAt else { throw outdated }
    }
    switch consent.state {
    case .neverSubscribed:
      if !namesAddress, isOlder(statement.at, than: consent) { throw formerAddress }
      return optIn(statement, to: consent, doubleOptIn: doubleOptIn)
    case .unsubscribed:
      if !consent.isSticky, isOlder(statement.at, than: consent) { throw outdated }
      return optIn(statement, to: consent, doubleOptIn: doubleOptIn)
    case .pending:
      if doubleOptIn { return .unchanged(nil) }
      if isOlder(statement.at, than: consent) { return .unchanged(.outdated) }
      return optIn(statement, to: consent, doubleOptIn: false)
    case .subscribed where consent.isOver(at: statement.at):
      return optIn(statement, to: consent, doubleOptIn: doubleOptIn)
    case .subscribed:
      return strengthen(consent, by: statement, after: otherOptOutAt)
    }
  }

  /// Applies the confirmation of a request, given from the address itself at `at`.
  ///
  /// The time never counts as earlier than the request, because clocks of tools differ.
  ///
  /// - Throws: `CONSENT_OUTDATED` if the customer opted out since the request; `NOTHING_TO_CONFIRM`
  ///   if there was no request.
  package static func confirm(
    at: Micros,
    of consent: ChannelConsent,
    source: String?
  ) throws(RuleError) -> ConsentTransition {
    switch consent.state {
    case .neverSubscribed:
      throw RuleError(
        reason: "NOTHING_TO_CONFIRM",
        message: "There is no request to confirm. Subscribe first, with double opt-in."
      )
    case .unsubscribed:
      throw outdated
    case .subscribed where consent.optInLevel == .confirmed:
      return .unchanged(nil)
    case .pending, .subscribed:
      var next = consent
      let time = max(at, consent.changedAt ?? at)
      next.state = .subscribed
      if consent.state == .pending { next.subscribedAt = time }
      next.changedAt = time
      next.source = source ?? consent.source
      next.optInLevel = .confirmed
      next.changedBy = .customer
      let statement = ConsentStatement(at: time, actor: .customer, source: next.source)
      return changed(consent, to: next, .confirm, by: statement)
    }
  }

  /// Applies an opt-out. It takes effect at once, even for a customer who never subscribed.
  ///
  /// - Parameter keepsRepeat: True to record an opt-out even if the customer is already
  ///   unsubscribed.
  /// - Returns: Unchanged if the customer is already unsubscribed, except that the customer's own
  ///   opt-out replaces anyone else's. Unchanged with `CONSENT_OUTDATED` if the consent changed
  ///   later; see ``isOutdated(optOutAt:by:over:)``.
  package static func unsubscribe(
    _ statement: ConsentStatement,
    from consent: ChannelConsent,
    keepsRepeat: Bool = false
  ) -> ConsentTransition {
    let isOwn = statement.actor == .customer
    if consent.state == .unsubscribed {
      guard keepsRepeat || isOwn && !consent.isSticky else { return .unchanged(nil) }
      return optOut(statement, of: consent)
    }
    if isOutdated(optOutAt: statement.at, by: statement.actor, over: consent) {
      return .unchanged(.outdated)
    }
    var statement = statement
    // An opt-out in the same second as the agreement follows it: the same agreement, sent again,
    // must not be newer.
    if let changedAt = consent.changedAt, changedAt / second == statement.at / second {
      statement.at = max(statement.at, changedAt)
    }
    return optOut(statement, of: consent)
  }

  /// Returns true if an opt-out is too late, because the customer or anyone else agreed since.
  ///
  /// Times are compared in whole seconds: carriers and many programs report only those, and an
  /// opt-out must not be lost to a fraction of a second. The customer's own opt-out beats every
  /// later agreement by anyone else.
  package static func isOutdated(
    optOutAt at: Micros,
    by actor: ConsentActor?,
    over consent: ChannelConsent
  ) -> Bool {
    if actor == .customer, consent.changedBy != .customer { return false }
    // No agreement has followed: only the address changed.
    if consent.state == .neverSubscribed { return false }
    guard let changedAt = consent.changedAt else { return false }
    return at / second < changedAt / second
  }

  /// Checks the place of collection: 3 to 40 characters, such as `welcome_popup`.
  ///
  /// - Throws: `CONSENT_SOURCE_LENGTH`, `TEXT_HAS_CONTROL_CHARACTER`.
  package static func checkSource(_ source: String) throws(RuleError) {
    let count = source.unicodeScalars.count
    guard (3...40).contains(count) else {
      throw RuleError(
        reason: "CONSENT_SOURCE_LENGTH",
        message: "The source of a consent has \(count) characters. Expected are 3 to 40 that say "
          + "where it was collected, such as \"welcome_popup\".",
        given: source
      )
    }
    guard !source.unicodeScalars.contains(where: { $0.category == .control })
    else {
      throw RuleError(
        reason: "TEXT_HAS_CONTROL_CHARACTER",
        message: "The source of a consent holds a control character. Remove it.",
        given: source
      )
    }
  }

  /// Returns the channel's suppressions that an agreement by the customer in person lifts: those
  /// that only express that messages are unwanted, and are older than the agreement.
  package static func liftedSuppressions(
    by statement: ConsentStatement,
    of suppressions: [Suppression]
  ) -> [Suppression] {
    guard statement.actor == .customer else { return [] }
    return suppressions.filter {
      $0.reason.isLiftedByOwnConsent && $0.suppressedAt < statement.at
    }
  }
}

extension ConsentRules {
  private static let second: Micros = 1_000_000

  private static let stickyOptOut = RuleError(
    reason: "STICKY_OPT_OUT",
    message: "The customer opted out in person. Only a newer consent that the customer gives can "
      + "subscribe again: send it with its evidence and the actor set to the customer."
  )

  private static let outdated = RuleError(
    reason: "CONSENT_OUTDATED",
    message: "The consent is not newer than the opt-out that is stored. Expected is a consent "
      + "given after it: ask the customer again."
  )

  private static let formerAddress = RuleError(
    reason: "CONSENT_OUTDATED",
    message: "The agreement is older than the customer's address and names none, so it may be one "
      + "for the address before. Name the address that agreed."
  )

  private static func isOlder(_ at: Micros, than consent: ChannelConsent) -> Bool {
    guard let changedAt = consent.changedAt else { return false }
    return at < changedAt
  }

  private static func optIn(
    _ statement: ConsentStatement,
    to consent: ChannelConsent,
    doubleOptIn: Bool
  ) -> ConsentTransition {
    var next = consent
    next.state = doubleOptIn ? .pending : .subscribed
    // The opt-out before a request binds until the request is confirmed. An agreement that has
    // expired had already ended the opt-out before it.
    if consent.state == .subscribed, doubleOptIn { next.unsubscribedAt = nil }
    if !doubleOptIn { next.subscribedAt = statement.at }
    next.changedAt = statement.at
    next.source = statement.source
    next.optInLevel = doubleOptIn ? .unknown : .single
    next.changedBy = statement.actor
    next.expiresAt = statement.expiresAt
    return changed(consent, to: next, doubleOptIn ? .request : .subscribe, by: statement)
  }

  private static func optOut(
    _ statement: ConsentStatement,
    of consent: ChannelConsent
  ) -> ConsentTransition {
    var next = consent
    var time = max(statement.at, consent.bindingOptOutAt ?? statement.at)
    if consent.state == .unsubscribed { time = max(time, consent.unsubscribedAt ?? time) }
    next.state = .unsubscribed
    next.unsubscribedAt = time
    next.changedAt = time
    next.source = statement.source
    next.optInLevel = .unknown
    // Withdrawing a request leaves the opt-out before it in force, whoever withdraws it.
    next.changedBy = consent.bindingOptOutAt == nil ? statement.actor : .customer
    next.expiresAt = nil
    return changed(consent, to: next, .unsubscribe, by: statement)
  }

  private static func strengthen(
    _ consent: ChannelConsent,
    by statement: ConsentStatement,
    after otherOptOutAt: Micros?
  ) -> ConsentTransition {
    let isOwn = statement.actor == .customer
    let isFirstOwnWord = isOwn && consent.changedBy != .customer
    if isOlder(statement.at, than: consent) {
      // The customer's own word is stronger evidence than a later flag, unless it ended before that
      // or an opt-out came between them.
      let changedAt = consent.changedAt ?? .min
      guard isFirstOwnWord, statement.at > consent.unsubscribedAt ?? .min,
        statement.expiresAt.map({ $0 > changedAt }) ?? true
      else { return .unchanged(.outdated) }
    }
    let isRenewal: Bool =
      if isOwn, let stopped = otherOptOutAt {
        consent.changedAt ?? .min <= stopped && statement.at > stopped
      } else {
        false
      }
    let holdsLonger: Bool =
      if let ends = consent.expiresAt { statement.expiresAt.map { $0 > ends } ?? true } else {
        false
      }
    guard isFirstOwnWord || isRenewal || holdsLonger else { return .unchanged(nil) }
    var next = consent
    // Prolonging the customer's own agreement must not change its time or actor: later statements
    // of the customer still count.
    if isOwn || consent.changedBy != .customer {
      next.changedAt = statement.at
      next.changedBy = statement.actor
      next.source = statement.source ?? consent.source
      next.subscribedAt = min(consent.subscribedAt ?? statement.at, statement.at)
    }
    if holdsLonger { next.expiresAt = statement.expiresAt }
    if next.optInLevel == .unknown { next.optInLevel = .single }
    return changed(consent, to: next, .subscribe, by: statement)
  }

  private static func changed(
    _ old: ChannelConsent,
    to new: ChannelConsent,
    _ action: ConsentAction,
    by statement: ConsentStatement
  ) -> ConsentTransition {
    let row = LedgerRow(
      action: action,
      previousState: old.state,
      newState: new.state,
      occurredAt: statement.at,
      actor: statement.actor,
      source: statement.source,
      optInLevel: new.optInLevel
    )
    return .changed(new, row)
  }
}
