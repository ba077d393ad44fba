import PatronModel
import Testing

@Suite struct ConsentEvidenceTests {
  private func says(
    _ actor: ConsentActor,
    at: Micros,
    source: String? = "popup",
    expiresAt: Micros? = nil
  ) -> ConsentStatement {
    ConsentStatement(at: at, actor: actor, source: source, expiresAt: expiresAt)
  }

  private func subscribed(
    _ statement: ConsentStatement,
    from consent: ChannelConsent = .never,
    doubleOptIn: Bool = false
  ) throws -> ChannelConsent {
    try ConsentRules.subscribe(statement, to: consent, doubleOptIn: doubleOptIn)
      .consent(from: consent)
  }

  private func stopped(
    _ statement: ConsentStatement,
    from consent: ChannelConsent
  ) -> ChannelConsent {
    ConsentRules.unsubscribe(statement, from: consent).consent(from: consent)
  }

  private func reason(_ body: () throws -> ConsentTransition) -> String? {
    do {
      _ = try body()
      return nil
    } catch {
      return (error as? RuleError)?.reason
    }
  }

  @Test func formThenStopThenFlagThenNewForm() throws {
    let form = try subscribed(says(.customer, at: 10))
    #expect(form.state == .subscribed && form.subscribedAt == 10 && form.optInLevel == .single)
    let stop = stopped(says(.customer, at: 20, source: "sms_keyword"), from: form)
    #expect(stop.state == .unsubscribed && stop.unsubscribedAt == 20 && stop.isSticky)
    let flag = ConsentRules.applyFlag(true, at: 30, to: stop, doubleOptIn: false, source: "api")
    #expect(flag == .unchanged(.stickyOptOut))
    #expect(
      reason { try ConsentRules.subscribe(says(.customer, at: 19), to: stop, doubleOptIn: false) }
        == "CONSENT_OUTDATED"
    )
    #expect(
      reason { try ConsentRules.subscribe(says(.customer, at: 20), to: stop, doubleOptIn: false) }
        == "CONSENT_OUTDATED"
    )
    let again = try subscribed(says(.customer, at: 21), from: stop)
    #expect(again.state == .subscribed && again.subscribedAt == 21 && again.unsubscribedAt == 20)
  }

  @Test(arguments: [ConsentActor.operator, .platform, .system])
  func onlyTheCustomerUndoesTheirOptOut(_ actor: ConsentActor) throws {
    let stop = stopped(says(.customer, at: 20), from: .never)
    for doubleOptIn in [false, true] {
      #expect(
        reason {
          try ConsentRules.subscribe(says(actor, at: 99), to: stop, doubleOptIn: doubleOptIn)
        } == "STICKY_OPT_OUT"
      )
    }
    let pending = try subscribed(says(.customer, at: 30), from: stop, doubleOptIn: true)
    #expect(
      reason { try ConsentRules.subscribe(says(actor, at: 99), to: pending, doubleOptIn: false) }
        == "STICKY_OPT_OUT"
    )
  }

  @Test func anOptOutByOthersIsUndoneByAnyNewerAgreement() throws {
    let removed = stopped(says(.operator, at: 20), from: .never)
    #expect(removed.state == .unsubscribed && !removed.isSticky)
    #expect(try subscribed(says(.operator, at: 20), from: removed).state == .subscribed)
    #expect(
      reason {
        try ConsentRules.subscribe(says(.operator, at: 19), to: removed, doubleOptIn: false)
      }
        == "CONSENT_OUTDATED"
    )
  }

  @Test func doubleOptInIsConfirmedFromTheAddress() throws {
    let pending = try subscribed(says(.customer, at: 10), doubleOptIn: true)
    #expect(pending.state == .pending && pending.subscribedAt == nil)
    #expect(
      try ConsentRules.subscribe(says(.customer, at: 11), to: pending, doubleOptIn: true)
        == .unchanged(nil)
    )
    let result = try ConsentRules.confirm(at: 15, of: pending, source: nil)
    guard case .changed(let confirmed, let row) = result else {
      Issue.record("nothing changed")
      return
    }
    #expect(confirmed.state == .subscribed && confirmed.optInLevel == .confirmed)
    #expect(confirmed.subscribedAt == 15 && confirmed.source == "popup")
    #expect(row.action == .confirm && row.actor == .customer && row.previousState == .pending)
    #expect(try ConsentRules.confirm(at: 16, of: confirmed, source: nil) == .unchanged(nil))
    #expect(
      try ConsentRules.confirm(at: 5, of: pending, source: nil).consent(from: pending).subscribedAt
        == 10
    )
  }

  @Test func thereMustBeARequestToConfirm() throws {
    #expect(
      reason { try ConsentRules.confirm(at: 1, of: .never, source: nil) } == "NOTHING_TO_CONFIRM"
    )
    let pending = try subscribed(says(.customer, at: 10), doubleOptIn: true)
    let stop = stopped(says(.customer, at: 20), from: pending)
    #expect(
      reason { try ConsentRules.confirm(at: 30, of: stop, source: nil) } == "CONSENT_OUTDATED"
    )
  }

  @Test func anOlderAgreementDoesNotReplaceARequest() throws {
    let pending = try subscribed(says(.customer, at: 10), doubleOptIn: true)
    #expect(
      try ConsentRules.subscribe(says(.operator, at: 9), to: pending, doubleOptIn: false)
        == .unchanged(.outdated)
    )
    #expect(try subscribed(says(.operator, at: 10), from: pending).state == .subscribed)
  }

  @Test func repeatedStatementsChangeNothing() throws {
    let form = try subscribed(says(.customer, at: 10))
    #expect(
      try ConsentRules.subscribe(says(.customer, at: 30), to: form, doubleOptIn: false)
        == .unchanged(nil)
    )
    #expect(
      try ConsentRules.subscribe(says(.operator, at: 30), to: form, doubleOptIn: true)
        == .unchanged(nil)
    )
    let stop = stopped(says(.customer, at: 40), from: form)
    #expect(ConsentRules.unsubscribe(says(.customer, at: 50), from: stop) == .unchanged(nil))
    #expect(ConsentRules.unsubscribe(says(.operator, at: 50), from: stop) == .unchanged(nil))
  }

  @Test func theCustomersOwnWordStrengthensAnAgreement() throws {
    let flag = ConsentRules.applyFlag(
      true,
      at: 10,
      to: .never,
      doubleOptIn: false,
      source: "api"
    ).consent(from: .never)
    let result = try ConsentRules.subscribe(says(.customer, at: 20), to: flag, doubleOptIn: false)
    guard case .changed(let own, let row) = result else {
      Issue.record("nothing changed")
      return
    }
    #expect(own.changedBy == .customer && own.subscribedAt == 10 && own.changedAt == 20)
    #expect(!row.changesState)
  }

  /// Forms often arrive after the record that the shop made of them.
  @Test func theCustomersOlderWordIsKeptOverAFlagThatCameFirst() throws {
    let flag = try subscribed(says(.platform, at: 10, source: "api"))
    let own = try subscribed(says(.customer, at: 5), from: flag)
    #expect(own.changedBy == .customer && own.source == "popup")
    #expect(own.subscribedAt == 5 && own.changedAt == 5)
    #expect(
      try ConsentRules.subscribe(says(.customer, at: 5), to: own, doubleOptIn: false)
        == .unchanged(nil)
    )
    #expect(
      try ConsentRules.subscribe(says(.customer, at: 4), to: own, doubleOptIn: false)
        == .unchanged(.outdated)
    )
    #expect(
      try ConsentRules.subscribe(says(.operator, at: 9), to: flag, doubleOptIn: false)
        == .unchanged(.outdated)
    )
    // This does not hold if an opt-out followed it, or if it had expired before the flag.
    var back = flag
    back.unsubscribedAt = 7
    #expect(
      try ConsentRules.subscribe(says(.customer, at: 5), to: back, doubleOptIn: false)
        == .unchanged(.outdated)
    )
    #expect(
      try ConsentRules.subscribe(
        says(.customer, at: 5, expiresAt: 9),
        to: flag,
        doubleOptIn: false
      )
        == .unchanged(.outdated)
    )
  }

  @Test func anAgreementForATimeIsExtended() throws {
    let implied = try subscribed(says(.platform, at: 10, expiresAt: 100))
    #expect(
      try ConsentRules.subscribe(
        says(.platform, at: 20, expiresAt: 100),
        to: implied,
        doubleOptIn: false
      )
        == .unchanged(nil)
    )
    #expect(try subscribed(says(.platform, at: 20, expiresAt: 150), from: implied).expiresAt == 150)
    let forever = try subscribed(says(.customer, at: 30), from: implied)
    #expect(forever.expiresAt == nil && forever.changedBy == .customer)
  }

  @Test func othersProlongTheCustomersAgreementAndDoNotReplaceIt() throws {
    let own = try subscribed(says(.customer, at: 10, expiresAt: 100))
    let longer = try subscribed(says(.operator, at: 50, source: "phone_call"), from: own)
    #expect(longer.expiresAt == nil && longer.changedBy == .customer)
    #expect(longer.changedAt == 10 && longer.source == "popup")
    // An earlier statement of the customer still counts.
    #expect(stopped(says(.customer, at: 20), from: longer).isSticky)
  }

  @Test func anExpiredAgreementCountsAsNone() throws {
    let own = try subscribed(says(.customer, at: 10, expiresAt: 100))
    let renewed = try subscribed(says(.operator, at: 100), from: own)
    #expect(renewed.changedBy == .operator && renewed.subscribedAt == 100)
    #expect(stopped(says(.customer, at: 90), from: renewed).isSticky)
    #expect(try subscribed(says(.customer, at: 200), from: own).subscribedAt == 200)
    // The agreement had ended an earlier opt-out, which a new request does not restore.
    let back = try subscribed(
      says(.customer, at: 30, expiresAt: 100),
      from: stopped(says(.customer, at: 20), from: own)
    )
    #expect(back.unsubscribedAt == 20)
    let asked = try subscribed(says(.customer, at: 200), from: back, doubleOptIn: true)
    #expect(asked.state == .pending && asked.unsubscribedAt == nil)
    let flag = ConsentRules.applyFlag(true, at: 100, to: own, doubleOptIn: false, source: "api")
    #expect(flag == .unchanged(.expired))
    #expect(
      ConsentRules.applyFlag(true, at: 99, to: own, doubleOptIn: false, source: "api")
        == .unchanged(nil)
    )
  }

  @Test func lateOptOuts() throws {
    let own = try subscribed(says(.customer, at: 50_000_000))
    for actor in [ConsentActor.customer, .operator] {
      #expect(
        ConsentRules.unsubscribe(says(actor, at: 49_999_999), from: own) == .unchanged(.outdated)
      )
    }
    #expect(stopped(says(.customer, at: 50_000_000), from: own).isSticky)
    let flagged = try subscribed(says(.platform, at: 50_000_000))
    let late = stopped(says(.customer, at: 40_000_000), from: flagged)
    #expect(late.isSticky && late.unsubscribedAt == 40_000_000)
    #expect(try subscribed(says(.customer, at: 45_000_000), from: late).state == .subscribed)
  }

  /// Carriers and many programs report whole seconds.
  @Test func anOptOutInTheSecondOfTheAgreementIsNotOlder() throws {
    let form = says(.customer, at: 55_300_000)
    let own = try subscribed(form)
    for actor in [ConsentActor.customer, .operator] {
      let stop = stopped(says(actor, at: 55_000_000), from: own)
      #expect(stop.state == .unsubscribed && stop.changedBy == actor)
      #expect(stop.unsubscribedAt == 55_300_000 && stop.changedAt == 55_300_000)
    }
    let flag = ConsentRules.applyFlag(
      false,
      at: 55_000_000,
      to: own,
      doubleOptIn: false,
      source: "api"
    )
    #expect(flag.consent(from: own).state == .unsubscribed)
    // The same form again is not a newer agreement; an agreement after the opt-out is.
    let stop = stopped(says(.customer, at: 55_000_000), from: own)
    #expect(
      reason { try ConsentRules.subscribe(form, to: stop, doubleOptIn: false) }
        == "CONSENT_OUTDATED"
    )
    #expect(try subscribed(says(.customer, at: 55_300_001), from: stop).state == .subscribed)
    let asked = try subscribed(form, doubleOptIn: true)
    #expect(stopped(says(.customer, at: 55_000_000), from: asked).isSticky)
  }

  @Test func anOptOutOfTheAddressBindsAsOneOfTheRecord() throws {
    func subscribe(_ actor: ConsentActor, at: Micros) throws -> ConsentTransition {
      try ConsentRules.subscribe(
        says(actor, at: at),
        to: .never,
        doubleOptIn: false,
        addressOptOutAt: 20
      )
    }
    #expect(reason { try subscribe(.operator, at: 99) } == "STICKY_OPT_OUT")
    #expect(reason { try subscribe(.customer, at: 20) } == "CONSENT_OUTDATED")
    #expect(reason { try subscribe(.customer, at: 21) } == nil)
  }

  @Test func theCustomersOptOutReplacesAnothers() {
    let removed = stopped(says(.platform, at: 30), from: .never)
    let result = ConsentRules.unsubscribe(says(.customer, at: 40), from: removed)
    guard case .changed(let own, let row) = result else {
      Issue.record("nothing changed")
      return
    }
    #expect(own.isSticky && own.unsubscribedAt == 40 && !row.changesState)
  }

  @Test func ownConsentLiftsSuppressionsOfUnwantedMessages() {
    let all = SuppressionReason.allCases.map { Suppression(reason: $0, suppressedAt: 10) }
    let lifted = ConsentRules.liftedSuppressions(by: says(.customer, at: 20), of: all)
    #expect(Set(lifted.map(\.reason)) == [.manual, .spamComplaint, .erasure, .unsubscribed])
    #expect(ConsentRules.liftedSuppressions(by: says(.operator, at: 20), of: all).isEmpty)
    #expect(ConsentRules.liftedSuppressions(by: says(.customer, at: 10), of: all).isEmpty)
  }
}
