import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the effect of a merge on consent: it never widens.
struct MergeConsentTests {
  /// Creates Ada, who has both addresses, and a guest with other addresses.
  private func pair(_ shop: Shop) async throws {
    try await shop.upsert {
      $0.externalID = "p"
      $0.email = "p@example.com"
      $0.phoneNumber = "+14155550101"
    }
    try await shop.upsert {
      $0.externalID = "s"
      $0.email = "s@example.com"
      $0.phoneNumber = "+14155550102"
    }
  }

  private func agree(
    _ shop: Shop,
    _ id: String,
    at seconds: Int64,
    by actor: ActorKind = .customer
  ) async throws {
    try await shop.subscribe {
      $0.customer = .with { $0.externalID = id }
      $0.channels = [.email]
      $0.actor = actor
      $0.evidence?.occurredAt = .at(seconds)
    }
  }

  private func optOut(
    _ shop: Shop,
    _ id: String,
    at seconds: Int64,
    by actor: ActorKind = .customer
  ) async throws {
    try await shop.unsubscribe(.externalID(id)) {
      $0.channels = [.email]
      $0.actor = actor
      $0.evidence = .with { $0.occurredAt = .at(seconds) }
    }
  }

  @Test func anAgreementForAnotherAddressDoesNotComeOver() async throws {
    try await Shop.open { shop in
      try await pair(shop)
      try await agree(shop, "s", at: 1_700_000_000)
      let merged = try await shop.merge(.externalID("p"), .externalID("s"))
      #expect(merged.subscriptionChanges == [])
      let status = try await shop.status(.email, of: .externalID("p"))
      #expect(status.state == .neverSubscribed && !status.canReceive)
      #expect(try await shop.history(.externalID("p")).count == 1)
      #expect(try shop.findings() == [])
    }
  }

  @Test func anAgreementComesWithItsAddress() async throws {
    try await Shop.open { shop in
      try await pair(shop)
      try await agree(shop, "s", at: 1_700_000_000)
      let merged = try await shop.merge(.externalID("p"), .externalID("s"), prefer: ["email"])
      let row = try #require(try await shop.history(.externalID("p")).first)
      #expect(merged.subscriptionChanges.map(\.after) == [.subscribed])
      #expect(merged.subscriptionChanges.map(\.ledgerID) == [row.id])
      #expect(try await shop.status(.email, of: .externalID("p")).canReceive)
      #expect(try shop.findings() == [])
    }
  }

  @Test func anOptOutOfEitherSideHolds() async throws {
    try await Shop.open { shop in
      try await pair(shop)
      try await agree(shop, "p", at: 1_700_000_000)
      try await optOut(shop, "s", at: 1_700_000_100)
      let before = try await shop.history(.externalID("s")).map(\.id)
      let merged = try await shop.merge(.externalID("p"), .externalID("s"))
      #expect(merged.subscriptionChanges.map(\.before) == [.subscribed])
      #expect(merged.subscriptionChanges.map(\.after) == [.unsubscribed])
      let rows = try await shop.history(.externalID("p"))
      #expect(rows.count == 3 && rows.map(\.id).contains(before[0]))
      let row = try #require(rows.last)
      #expect(row.id == merged.subscriptionChanges.first?.ledgerID)
      #expect(row.action == .unsubscribe && row.actor == .customer && row.state == .unsubscribed)
      #expect(row.evidence?.source == "merge" && row.occurredAt == .at(1_700_000_100))
      let told = try await shop.timeline(.externalID("p"), size: 100).events
        .filter { $0.type == "email_unsubscribed" }
      #expect(told.count == 1, "nobody opted out because records were merged")
      let event = try await shop.timeline(.externalID("p")).events
        .first { $0.type == "profile_merged" }
      #expect(
        event?.properties["consent_changes"] == .text("email marketing subscribed>unsubscribed")
      )
      // The opt-out is sticky.
      let flag = try await shop.upsert {
        $0.externalID = "p"
        $0.acceptsEmailMarketing = true
      }
      #expect(flag.warnings.map(\.reason) == ["STICKY_OPT_OUT"])
      #expect(try shop.findings() == [])
    }
  }

  @Test func aLaterAgreementForTheKeptAddressStands() async throws {
    try await Shop.open { shop in
      try await pair(shop)
      try await optOut(shop, "s", at: 1_700_000_000)
      try await agree(shop, "p", at: 1_700_000_100)
      try await shop.merge(.externalID("p"), .externalID("s"))
      #expect(try await shop.status(.email, of: .externalID("p")).canReceive)
    }
    try await Shop.open { shop in
      try await pair(shop)
      try await optOut(shop, "s", at: 1_700_000_000)
      // The agreement is not the customer's own.
      try await agree(shop, "p", at: 1_700_000_100, by: .operator)
      try await shop.merge(.externalID("p"), .externalID("s"))
      #expect(try await !shop.status(.email, of: .externalID("p")).canReceive)
    }
  }

  @Test func suppressionsStayWithTheirAddress() async throws {
    try await Shop.open { shop in
      try await pair(shop)
      try await agree(shop, "p", at: 1_700_000_000)
      try await shop.suppress(.externalID("s"), .hardBounce) { $0.channels = [.email] }
      try await shop.merge(.externalID("p"), .externalID("s"))
      #expect(try await shop.status(.email, of: .externalID("p")).canReceive)
      // A suppression of the former address does not affect the present address, and neither does
      // its lifting.
      try await shop.suppress(.email("s@example.com"), .spamComplaint) { $0.channels = [.email] }
      #expect(try await shop.status(.email, of: .externalID("p")).canReceive)
      try await shop.suppress(.externalID("p"), .manual) { $0.channels = [.email] }
      try await shop.unsuppress(.email("s@example.com"), [.manual]) { $0.channels = [.email] }
      #expect(try await !shop.status(.email, of: .externalID("p")).canReceive)
      #expect(try shop.findings() == [])
    }
  }

  @Test func anImportedSuppressionStaysWithItsAddress() async throws {
    try await Shop.open { shop in
      try await pair(shop)
      try await agree(shop, "p", at: 1_700_000_000)
      try await shop.merge(.externalID("p"), .externalID("s"))
      let item = ImportItem.with {
        $0.customer = .with { $0.email = "s@example.com" }
        $0.suppressions = [
          .with {
            $0.channel = .email
            $0.reason = .hardBounce
          }
        ]
      }
      let image = try shop.image()
      let dry = try await shop.import([item]) { $0.validateOnly = true }
      #expect(dry.results.map(\.outcome) == [.updated])
      #expect(try shop.image() == image)
      #expect(try await shop.import([item]).results.map(\.outcome) == [.updated])
      #expect(try await shop.import([item]).results.map(\.outcome) == [.unchanged])
      #expect(try await shop.status(.email, of: .externalID("p")).canReceive)
      // The address is suppressed after it is the customer's again.
      try await shop.upsert {
        $0.externalID = "p"
        $0.email = "s@example.com"
      }
      let status = try await shop.status(.email, of: .externalID("p"))
      #expect(status.suppressions.map(\.reason) == [.hardBounce] && !status.canReceive)
      #expect(try shop.findings() == [])
    }
  }

  @Test func aFormerAddressAgreesToNothing() async throws {
    try await Shop.open { shop in
      try await pair(shop)
      try await shop.merge(.externalID("p"), .externalID("s"))
      let form = try await failure {
        try await shop.subscribe {
          $0.customer = .with { $0.email = "s@example.com" }
          $0.channels = [.email]
        }
      }
      #expect(form.reason == "ADDRESS_DIFFERS")
      let flag = try await shop.upsert {
        $0.email = "s@example.com"
        $0.acceptsEmailMarketing = true
      }
      #expect(flag.warnings.map(\.reason) == ["ADDRESS_FORMER"])
      #expect(flag.outcome == .unchanged)
      let optOut = try await shop.unsubscribe(.email("s@example.com")) { $0.channels = [.email] }
      #expect(optOut.changes.map(\.after) == [.unsubscribed])
    }
  }

  @Test func aTokenForAFormerAddressConfirmsNothing() async throws {
    try await Shop.open { shop in
      try await pair(shop)
      let tokens = try await [ContactChannel.email, .sms].asyncMap { channel in
        try await shop.subscribe {
          $0.customer = .with { $0.externalID = "s" }
          $0.channels = [channel]
          $0.doubleOptIn = true
        }.confirmationToken
      }
      try await shop.merge(.externalID("p"), .externalID("s"), prefer: ["phone_number"])
      let former = try await failure { try await shop.confirm(tokens[0]) }
      #expect(former.reason == "ADDRESS_CHANGED")
      #expect(try await shop.confirm(tokens[1]).changes.map(\.after) == [.subscribed])
      #expect(try shop.findings() == [])
    }
  }

  @Test func whatWasSaidSinceGoesWithTheAddress() async throws {
    try await Shop.open { shop in
      try await pair(shop)
      try await agree(shop, "p", at: 1_700_000_000)
      try await agree(shop, "s", at: 1_700_000_000)
      let merged = try await shop.merge(.externalID("p"), .externalID("s"), prefer: ["email"])
      #expect(try await shop.status(.email, of: .externalID("p")).canReceive)
      try await shop.unsubscribe(.externalID("p")) { $0.channels = [.email] }
      try await shop.unmerge(merged.mergeID)
      // The person opted out, so neither address receives messages.
      #expect(try await shop.status(.email, of: .externalID("s")).state == .unsubscribed)
      #expect(try await shop.status(.email, of: .externalID("p")).state == .unsubscribed)
      #expect(try shop.findings() == [])
    }
    try await Shop.open { shop in
      try await pair(shop)
      let merged = try await shop.merge(.externalID("p"), .externalID("s"), prefer: ["email"])
      try await agree(shop, "p", at: 1_700_000_000)
      try await shop.unmerge(merged.mergeID)
      // The agreement was for the address that goes back.
      #expect(try await shop.status(.email, of: .externalID("s")).canReceive)
      #expect(try await shop.status(.email, of: .externalID("p")).state == .neverSubscribed)
      #expect(try shop.findings() == [])
    }
  }

  @Test func theMergesOwnOptOutEndsWithIt() async throws {
    try await Shop.open { shop in
      try await pair(shop)
      try await agree(shop, "p", at: 1_700_000_000)
      try await optOut(shop, "s", at: 1_700_000_100)
      let merged = try await shop.merge(.externalID("p"), .externalID("s"))
      try await shop.unmerge(merged.mergeID)
      #expect(try await shop.status(.email, of: .externalID("p")).canReceive)
      #expect(try await shop.status(.email, of: .externalID("s")).state == .unsubscribed)
      let row = try #require(try await shop.history(.externalID("p")).last)
      #expect(row.evidence?.source == "unmerge" && row.state == .subscribed)
      #expect(try shop.findings() == [])
    }
  }
}

extension Sequence {
  /// Returns the results of `transform`, computed one after the other.
  fileprivate func asyncMap<Result>(
    _ transform: (Element) async throws -> Result
  ) async throws -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try await transform(element)) }
    return results
  }
}
