/// How statements about consent change it. Pure: the caller stores what is answered.
///
/// The newest statement wins, with one exception: an opt-out that the customer gave in person is
/// undone by a newer agreement of the customer's own, and by nothing else.
public enum ConsentRules {
  /// Applies a marketing flag of the shop's own record (`accepts_sms_marketing` and the like).
  ///
  /// | stored | flag | becomes |
  /// | --- | --- | --- |
  /// | never subscribed | true | subscribed; pending with double opt-in |
  /// | never subscribed | false | the same: platforms send false for those never asked |
  /// | pending | true | the same: the confirmation is still awaited |
  /// | pending, subscribed | false | unsubscribed |
  /// | subscribed | true | the same |
  /// | unsubscribed by the customer | true | the same, with `STICKY_OPT_OUT` |
  /// | unsubscribed by anyone else | true | subscribed; pending with double opt-in |
  /// | unsubscribed | false | the same |
  ///
  /// A flag older than the stored change has no effect (`CONSENT_OUTDATED`).
  ///
  /// - Parameters:
  ///   - accepts: the flag; do not call where the shop said nothing.
  ///   - at: when the shop said so.
  ///   - consent: what is stored.
  ///   - doubleOptIn: whether the store wants agreements of this channel confirmed.
  ///   - actor: who sent the flag.
  ///   - source: where the agreement was collected.
  public static func applyFlag(
    _ accepts: Bool,
    at: Micros,
    to consent: ChannelConsent,
    doubleOptIn: Bool,
    actor: ConsentActor = .platform,
    source: String?
  ) -> ConsentTransition {
    let statement = ConsentStatement(at: at, actor: actor, source: source)
    switch (consent.state, accepts) {
    case (.neverSubscribed, false), (.unsubscribed, false), (.subscribed, true), (.pending, true):
      return .unchanged(nil)
    case (.unsubscribed, true) where consent.isSticky:
      return .unchanged(.stickyOptOut)
    case (.pending, false), (.subscribed, false):
      if isOlder(at, than: consent) { return .unchanged(.outdated) }
      return optOut(statement, of: consent)
    case (.neverSubscribed, true), (.unsubscribed, true):
      if isOlder(at, than: consent) { return .unchanged(.outdated) }
      return optIn(statement, to: consent, doubleOptIn: doubleOptIn)
    }
  }

  /// Applies an agreement that comes with evidence.
  ///
  /// - Parameters:
  ///   - doubleOptIn: whether it waits for its confirmation.
  ///   - otherOptOutAt: the customer's own opt-out from another topic that stops this one too; see
  ///     ``ChannelConsents/optOut(reaching:of:)``.
  /// - Returns: unchanged where the customer is subscribed (or, with `doubleOptIn`, pending)
  ///   already, unless the statement makes the agreement surer: the customer's own word where the
  ///   shop's stood or after `otherOptOutAt`, or a later end. Unchanged with `CONSENT_OUTDATED`
  ///   where a request for double opt-in is newer.
  /// - Throws: `STICKY_OPT_OUT` when anyone but the customer would undo the customer's own
  ///   opt-out; `CONSENT_OUTDATED` when an opt-out is newer (or, if the customer's own, as new).
  public static func subscribe(
    _ statement: ConsentStatement,
    to consent: ChannelConsent,
    doubleOptIn: Bool,
    after otherOptOutAt: Micros? = nil
  ) throws(RuleError) -> ConsentTransition {
    if let optOutAt = consent.bindingOptOutAt {
      guard statement.actor == .customer else { throw stickyOptOut }
      guard statement.at > optOutAt else { throw outdated }
    }
    switch consent.state {
    case .neverSubscribed:
      return optIn(statement, to: consent, doubleOptIn: doubleOptIn)
    case .unsubscribed:
      if !consent.isSticky, isOlder(statement.at, than: consent) { throw outdated }
      return optIn(statement, to: consent, doubleOptIn: doubleOptIn)
    case .pending:
      if doubleOptIn { return .unchanged(nil) }
      if isOlder(statement.at, than: consent) { return .unchanged(.outdated) }
      return optIn(statement, to: consent, doubleOptIn: false)
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
  public static func confirm(
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
  ///   consent changed later, except that the customer's own opt-out beats every later agreement
  ///   that the customer did not give.
  /// - Parameter keepsRepeat: whether an opt-out is news also where the customer is unsubscribed.
  public static func unsubscribe(
    _ statement: ConsentStatement,
    from consent: ChannelConsent,
    keepsRepeat: Bool = false
  ) -> ConsentTransition {
    let isOwn = statement.actor == .customer
    if consent.state == .unsubscribed {
      guard keepsRepeat || isOwn && !consent.isSticky else { return .unchanged(nil) }
      return optOut(statement, of: consent)
    }
    if isOlder(statement.at, than: consent), !isOwn || consent.changedBy == .customer {
      return .unchanged(.outdated)
    }
    return optOut(statement, of: consent)
  }

  /// Checks where consent was collected: 3 to 40 characters, e.g. `welcome_popup`.
  ///
  /// - Throws: `CONSENT_SOURCE_LENGTH`, `TEXT_HAS_CONTROL_CHARACTER`.
  public static func checkSource(_ source: String) throws(RuleError) {
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
  public static func liftedSuppressions(
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
    if isOlder(statement.at, than: consent) { return .unchanged(nil) }
    let isOwn = statement.actor == .customer
    let isFirstOwnWord = isOwn && consent.changedBy != .customer
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
    next.changedAt = statement.at
    next.source = statement.source ?? consent.source
    if isFirstOwnWord { next.changedBy = .customer }
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
