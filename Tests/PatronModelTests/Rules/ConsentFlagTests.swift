import PatronModel
import Testing

@Suite struct ConsentFlagTests {
  static func consent(
    _ state: ConsentState,
    by actor: ConsentActor? = nil,
    at: Micros = 100
  ) -> ChannelConsent {
    var value = ChannelConsent.never
    guard state != .neverSubscribed else { return value }
    value.state = state
    value.changedAt = at
    value.changedBy = actor
    if state == .subscribed { value.subscribedAt = at }
    if state == .unsubscribed { value.unsubscribedAt = at }
    return value
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var before: ConsentState
    var by: ConsentActor?
    var flag: Bool
    var doubleOptIn = false
    var after: ConsentState?
    var warning: ConsentWarning?
    var testDescription: String {
      "\(before) by \(String(describing: by)), flag \(flag), double opt-in \(doubleOptIn)"
    }
  }

  static let table: [Row] = [
    Row(before: .neverSubscribed, by: nil, flag: true, after: .subscribed),
    Row(before: .neverSubscribed, by: nil, flag: true, doubleOptIn: true, after: .pending),
    Row(before: .neverSubscribed, by: nil, flag: false),
    Row(before: .pending, by: .customer, flag: true, warning: .pending),
    Row(before: .pending, by: .customer, flag: true, doubleOptIn: true, warning: .pending),
    Row(before: .pending, by: .customer, flag: false, after: .unsubscribed),
    Row(before: .subscribed, by: .customer, flag: true),
    Row(before: .subscribed, by: .platform, flag: true, doubleOptIn: true),
    Row(before: .subscribed, by: .customer, flag: false, after: .unsubscribed),
    Row(before: .unsubscribed, by: .customer, flag: true, warning: .stickyOptOut),
    Row(
      before: .unsubscribed,
      by: .customer,
      flag: true,
      doubleOptIn: true,
      warning: .stickyOptOut
    ),
    Row(before: .unsubscribed, by: .operator, flag: true, after: .subscribed),
    Row(before: .unsubscribed, by: .platform, flag: true, after: .subscribed),
    Row(before: .unsubscribed, by: .system, flag: true, doubleOptIn: true, after: .pending),
    Row(before: .unsubscribed, by: .customer, flag: false),
    Row(before: .unsubscribed, by: .platform, flag: false),
  ]

  @Test(arguments: table) func followsTheTable(_ row: Row) {
    let before = Self.consent(row.before, by: row.by)
    let result = ConsentRules.applyFlag(
      row.flag,
      at: 200,
      to: before,
      doubleOptIn: row.doubleOptIn,
      source: "api"
    )
    guard let after = row.after else {
      #expect(result == .unchanged(row.warning))
      #expect(result.consent(from: before) == before)
      return
    }
    guard case .changed(let new, let ledger) = result else {
      Issue.record("nothing changed")
      return
    }
    #expect(new.state == after)
    #expect(new.changedAt == 200)
    #expect(new.changedBy == .platform)
    #expect(new.source == "api")
    #expect(new.subscribedAt == (after == .subscribed ? 200 : before.subscribedAt))
    #expect(new.unsubscribedAt == (after == .unsubscribed ? 200 : before.unsubscribedAt))
    #expect(ledger.previousState == row.before && ledger.newState == after)
    #expect(ledger.actor == .platform && ledger.occurredAt == 200 && ledger.changesState)
  }

  @Test(arguments: table) func aRepeatChangesNothing(_ row: Row) {
    let before = Self.consent(row.before, by: row.by)
    let once = ConsentRules.applyFlag(
      row.flag,
      at: 200,
      to: before,
      doubleOptIn: row.doubleOptIn,
      source: "api"
    ).consent(from: before)
    let twice = ConsentRules.applyFlag(
      row.flag,
      at: 300,
      to: once,
      doubleOptIn: row.doubleOptIn,
      source: "api"
    )
    #expect(twice.consent(from: once) == once)
    if case .changed = twice { Issue.record("the repeat was written") }
  }

  @Test func anOldFlagHasNoEffect() {
    let subscribed = Self.consent(.subscribed, by: .customer, at: 100_000_000)
    let removed = Self.consent(.unsubscribed, by: .operator, at: 100_000_000)
    func flag(_ accepts: Bool, _ at: Micros, _ consent: ChannelConsent) -> ConsentTransition {
      ConsentRules.applyFlag(accepts, at: at, to: consent, doubleOptIn: false, source: "checkout")
    }
    #expect(flag(false, 99_999_999, subscribed) == .unchanged(.outdated))
    #expect(flag(true, 99_999_999, removed) == .unchanged(.outdated))
    #expect(flag(false, 100_000_000, subscribed).consent(from: subscribed).state == .unsubscribed)
    #expect(flag(true, 100_000_000, removed).consent(from: removed).state == .subscribed)
  }

  @Test func theCustomersFalseFlagIsTheirOwnOptOut() {
    let before = Self.consent(.subscribed, by: .platform)
    let after = ConsentRules.applyFlag(
      false,
      at: 200,
      to: before,
      doubleOptIn: false,
      actor: .customer,
      source: "api"
    ).consent(from: before)
    #expect(after.isSticky)
  }

  @Test func aWithdrawnRequestLeavesTheOptOutInForce() throws {
    let stopped = Self.consent(.unsubscribed, by: .customer, at: 100)
    let asked = ConsentStatement(at: 200, actor: .customer, source: "popup")
    let pending = try ConsentRules.subscribe(asked, to: stopped, doubleOptIn: true)
      .consent(from: stopped)
    #expect(pending.state == .pending)
    let given = ConsentRules.applyFlag(
      false,
      at: 300,
      to: pending,
      doubleOptIn: false,
      source: "api"
    ).consent(from: pending)
    #expect(given.isSticky)
    let flagged = ConsentRules.applyFlag(
      true,
      at: 400,
      to: given,
      doubleOptIn: false,
      source: "api"
    )
    #expect(flagged == .unchanged(.stickyOptOut))
  }

  @Test func sourcesHaveThreeToFortyCharacters() throws {
    try ConsentRules.checkSource("api")
    try ConsentRules.checkSource(String(repeating: "x", count: 40))
    for bad in ["", "ab", String(repeating: "x", count: 41)] {
      #expect { try ConsentRules.checkSource(bad) } throws: {
        ($0 as? RuleError)?.reason == "CONSENT_SOURCE_LENGTH"
      }
    }
    #expect { try ConsentRules.checkSource("a\u{7}b") } throws: {
      ($0 as? RuleError)?.reason == "TEXT_HAS_CONTROL_CHARACTER"
    }
  }
}
