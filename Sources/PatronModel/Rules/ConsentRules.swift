/// How statements about consent change it. Pure: the caller stores what is answered.
///
/// The newest statement wins, with one exception: an opt-out that the customer gave in person is
/// undone by a newer agreement of the customer's own, and by nothing else.
package enum ConsentRules {
  /// Applies a marketing flag of the shop's own record (`accepts_sms_marketing` and the like).
  ///
  /// | stored | flag | becomes |
  /// | --- | --- | --- |
  /// | never subscribed | true | subscribed; pending with double opt-in |
  /// | never subscribed | false | the same: platforms send false for those never asked |
  /// | pending | true | the same, with `CONSENT_PENDING`: the confirmation is still awaited |
  /// | pending, subscribed | false | unsubscribed |
  /// | subscribed | true | the same; with `CONSENT_EXPIRED` where the agreement is over |
  /// | unsubscribed by the customer | true | the same, with `STICKY_OPT_OUT` |
  /// | unsubscribed by anyone else | true | subscribed; pending with double opt-in |
  /// | unsubscribed | false | the same |
  ///
  /// A flag older than the stored change has no effect (`CONSENT_OUTDATED`), unless it names the
  /// address and that change only was the address's; see
  /// ``isOutdated(optOutAt:by:over:)`` for false. A flag is no new
  /// agreement: shops send it with every record, so it does not prolong one that ended.
  ///
  /// - Parameters:
  ///   - accepts: the flag; do not call where the shop said nothing.
  ///   - at: when the shop said so.
  ///   - consent: what is stored.
  ///   - doubleOptIn: whether the store wants agreements of this channel confirmed.
  ///   - actor: who sent the flag.
  ///   - source: where the agreement was collected.
  ///   - namesAddress: whether the address stands beside the flag.
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
  ///   - doubleOptIn: whether it waits for its confirmation.
  ///   - otherOptOutAt: the customer's own opt-out from another topic that stops this one too; see
  ///     ``ChannelConsents/optOut(reaching:of:)``.
  ///   - addressOptOutAt: when the owner of the address opted out while there was no record to keep
  ///     that in; it binds as an opt-out in the record does.
  ///   - namesAddress: whether the statement names the address. One that does not, and is older
  ///     than the last change of the address, was made for the former one.
  /// - Returns: unchanged where the customer is subscribed (or, with `doubleOptIn`, pending)
  ///   already, unless the statement makes the agreement surer: the customer's own word where the
  ///   shop's stood (also an older one) or after `otherOptOutAt`, or a later end. An agreement that
  ///   is over when the statement is made counts as none. Unchanged with `CONSENT_OUTDATED` where
  ///   what is stored is newer.
  /// - Throws: `STICKY_OPT_OUT` when anyone but the customer would undo the customer's own
  ///   opt-out; `CONSENT_OUTDATED` when an opt-out is newer (or, if the customer's own, as new).
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
  /// The time is never taken as earlier than the request: clocks of tools differ.
  ///
  /// - Throws: `CONSENT_OUTDATED` when the customer opted out since the request;
  ///   `NOTHING_TO_CONFIRM` when there was none.
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

  /// Applies an opt-out. It is effective at once, also for those who never subscribed.
  ///
  /// - Returns: unchanged where the customer is unsubscribed already, except that the customer's
  ///   own opt-out takes the place of somebody else's; unchanged with `CONSENT_OUTDATED` where the
  ///   consent changed later, see ``isOutdated(optOutAt:by:over:)``.
  /// - Parameter keepsRepeat: whether an opt-out is news also where the customer is unsubscribed.
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
    // An opt-out of the second of the agreement follows it: the same agreement, sent again, must
    // not be newer.
    if let changedAt = consent.changedAt, changedAt / second == statement.at / second {
      statement.at = max(statement.at, changedAt)
    }
    return optOut(statement, of: consent)
  }

  /// Whether an opt-out comes too late: the customer, or anybody else, agreed since.
  ///
  /// It is older only where its second is: carriers and many programs tell whole seconds, and what
  /// says stop must not be lost to a fraction of one. The customer's own opt-out beats every later
  /// agreement that the customer did not give.
  package static func isOutdated(
    optOutAt at: Micros,
    by actor: ConsentActor?,
    over consent: ChannelConsent
  ) -> Bool {
    if actor == .customer, consent.changedBy != .customer { return false }
    // Nobody agreed since: only the address changed.
    if consent.state == .neverSubscribed { return false }
    guard let changedAt = consent.changedAt else { return false }
    return at / second < changedAt / second
  }

  /// Checks where consent was collected: 3 to 40 characters, e.g. `welcome_popup`.
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
    guard !source.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else {
      throw RuleError(
        reason: "TEXT_HAS_CONTROL_CHARACTER",
        message: "The source of a consent holds a control character. Remove it.",
        given: source
      )
    }
  }

  /// The channel's suppressions that end when the customer agrees in person at `at`: those that
  /// only said that messages were not wanted, and are not newer than the agreement.
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
    // What a request follows binds until it is confirmed. The agreement that is over had ended the
    // opt-out before it.
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
    // A request that is given up leaves the opt-out before it standing, whoever gives it up.
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
      // The customer's own word proves more than a later flag, unless it ended before that or an
      // opt-out came between them.
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
    // Who prolongs the customer's own agreement does not make it an agreement of another time or
    // of somebody else: what the customer says after it still counts.
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
