import PatronModel
import TestKit
import Testing

@Suite struct ConsentMergeTests {
  private func merged(_ one: ChannelConsent, _ other: ChannelConsent) -> ChannelConsent {
    let result = ConsentRules.merge(one, other)
    #expect(ConsentRules.merge(other, one).state == result.state)
    #expect(ConsentRules.merge(other, one).isSticky == result.isSticky)
    return result
  }

  private let make = ConsentFlagTests.consent

  @Test func theNewestWins() {
    let flag = make(.subscribed, .platform, 10)
    let removed = make(.unsubscribed, .operator, 20)
    #expect(merged(flag, removed).state == .unsubscribed)
    #expect(merged(make(.subscribed, .platform, 30), removed).state == .subscribed)
    #expect(merged(.never, flag) == flag)
    #expect(merged(.never, .never) == .never)
  }

  @Test func theMoreRestrictiveOfEquallyNewStatesWins() {
    let flag = make(.subscribed, .platform, 10)
    #expect(merged(flag, make(.unsubscribed, .operator, 10)).state == .unsubscribed)
    #expect(merged(flag, make(.pending, .customer, 10)).state == .pending)
  }

  @Test(arguments: [ConsentActor.operator, .platform, .system])
  func anOwnOptOutBeatsLaterStatementsOfOthers(_ actor: ConsentActor) {
    let stop = make(.unsubscribed, .customer, 10)
    let later = merged(stop, make(.subscribed, actor, 99))
    #expect(later.isSticky && later.unsubscribedAt == 10)
    let removed = merged(stop, make(.unsubscribed, actor, 99))
    #expect(removed.isSticky && removed.unsubscribedAt == 99)
  }

  @Test func aLaterOwnAgreementBeatsAnOwnOptOut() {
    let stop = make(.unsubscribed, .customer, 10)
    #expect(merged(stop, make(.subscribed, .customer, 11)).state == .subscribed)
    #expect(merged(stop, make(.subscribed, .customer, 10)).isSticky)
    #expect(merged(stop, make(.subscribed, .customer, 9)).isSticky)
  }

  @Test func aLaterRequestKeepsTheOptOutUntilItIsConfirmed() {
    let pending = merged(make(.unsubscribed, .customer, 10), make(.pending, .customer, 20))
    #expect(pending.state == .pending && pending.unsubscribedAt == 10)
    var asked = make(.pending, .customer, 20)
    asked.unsubscribedAt = 10
    #expect(merged(asked, make(.subscribed, .platform, 99)).state == .pending)
    #expect(merged(asked, make(.unsubscribed, .platform, 99)).isSticky)
    #expect(merged(asked, make(.subscribed, .customer, 99)).state == .subscribed)
  }

  /// After any history of two records, a merged person is subscribed only if one of the records
  /// was, and no opt-out in person is newer than every agreement in person.
  @Test(arguments: SeededRandom.seeds(0...19)) func neverWidens(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for _ in 0..<500 {
      var optOut: Micros?
      var agreement: Micros?
      func history() throws -> ChannelConsent {
        var consent = ChannelConsent.never
        for _ in 0..<Int.random(in: 0...5, using: &random) {
          let at = Micros.random(in: 1...50, using: &random) * 1_000_000
          let actor = ConsentActor.allCases.randomElement(using: &random) ?? .system
          let statement = ConsentStatement(at: at, actor: actor)
          let before = consent
          switch Int.random(in: 0...3, using: &random) {
          case 0:
            consent = ConsentRules.applyFlag(
              Bool.random(using: &random),
              at: at,
              to: consent,
              doubleOptIn: false,
              source: nil
            ).consent(from: consent)
          case 1:
            consent = ConsentRules.unsubscribe(statement, from: consent).consent(from: consent)
            if actor == .customer, consent != before { optOut = max(optOut ?? at, at) }
          default:
            let result = try? ConsentRules.subscribe(
              statement,
              to: consent,
              doubleOptIn: Bool.random(using: &random)
            )
            consent = result?.consent(from: consent) ?? consent
            if actor == .customer, consent.state == .subscribed, consent != before {
              agreement = max(agreement ?? at, at)
            }
          }
        }
        return consent
      }
      let one = try history()
      let other = try history()
      let result = merged(one, other)
      guard result.state == .subscribed else { continue }
      #expect(one.state == .subscribed || other.state == .subscribed, "seed \(seed)")
      guard one.isSticky || other.isSticky, let optOut else { continue }
      #expect(agreement.map { $0 > optOut } ?? false, "seed \(seed): \(one) \(other)")
    }
  }
}
