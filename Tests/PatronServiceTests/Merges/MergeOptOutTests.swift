import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests that opt-outs outlive merges, regardless of later changes of the addresses.
struct MergeOptOutTests {
  private func customer(_ shop: Shop, _ id: String, _ email: String) async throws {
    try await shop.upsert {
      $0.externalID = id
      $0.email = email
    }
  }

  private func agree(
    _ shop: Shop,
    _ email: String,
    at seconds: Int64,
    doubleOptIn: Bool = false
  ) async throws {
    try await shop.subscribe {
      $0.customer = .with { $0.email = email }
      $0.channels = [.email]
      $0.actor = .customer
      $0.doubleOptIn = doubleOptIn
      $0.evidence?.occurredAt = .at(seconds)
    }
  }

  private func optOut(
    _ shop: Shop,
    _ email: String,
    topic: Topic = .marketing,
    at seconds: Int64
  ) async throws {
    try await shop.unsubscribe(.email(email)) {
      $0.channels = [.email]
      $0.topics = [topic]
      $0.actor = .customer
      $0.evidence = .with { $0.occurredAt = .at(seconds) }
    }
  }

  private func canReceive(_ shop: Shop, _ ref: CustomerRef.Ref) async throws -> Bool {
    try await shop.status(.email, of: ref).canReceive
  }

  @Test func anAddressThatReplacesAnotherBringsItsOwnOptOut() async throws {
    try await Shop.open { shop in
      try await shop.upsert { $0.email = "g@example.com" }
      try await optOut(shop, "g@example.com", at: 1_700_000_000)
      try await customer(shop, "1", "a@example.com")
      try await agree(shop, "a@example.com", at: 1_700_000_100)
      let merged = try await shop.upsert {
        $0.externalID = "1"
        $0.email = "g@example.com"
      }
      #expect(merged.outcome == .merged && merged.customer?.email == "g@example.com")
      let status = try await shop.status(.email, of: .externalID("1"))
      #expect(status.state == .unsubscribed && !status.canReceive)
      #expect(try shop.findings() == [])
      // A later agreement in person counts.
      try await agree(shop, "g@example.com", at: 1_700_000_200)
      #expect(try await canReceive(shop, .externalID("1")))
    }
  }

  @Test func anAddressThatReplacesAnotherWaitsForItsConfirmation() async throws {
    for byID in [false, true] {
      try await Shop.open { shop in
        try await shop.upsert { $0.email = "g@example.com" }
        try await agree(shop, "g@example.com", at: 1_700_000_000, doubleOptIn: true)
        try await customer(shop, "1", "a@example.com")
        try await agree(shop, "a@example.com", at: 1_700_000_100)
        if byID {
          let id = try await shop.customer(.externalID("1")).id
          _ = try await shop.customers.updateCustomer(
            .with {
              $0.id = id
              $0.customer = .with { $0.email = "g@example.com" }
            }
          )
        } else {
          try await customer(shop, "1", "g@example.com")
        }
        let status = try await shop.status(.email, of: .externalID("1"))
        #expect(status.state == .pending && !status.canReceive)
        #expect(try await shop.customer(.externalID("1")).email == "g@example.com")
        #expect(try shop.findings() == [])
      }
    }
  }

  @Test func anAddressThatComesBackIsStillOptedOut() async throws {
    for topic in [Topic.marketing, .reviewRequests] {
      try await Shop.open { shop in
        try await customer(shop, "b", "b@example.com")
        try await optOut(shop, "b@example.com", topic: topic, at: 1_700_000_000)
        try await customer(shop, "1", "a@example.com")
        try await agree(shop, "a@example.com", at: 1_700_000_100)
        try await shop.merge(.externalID("1"), .externalID("b"))
        #expect(try await canReceive(shop, .externalID("1")))
        try await customer(shop, "1", "b@example.com")
        #expect(try await !canReceive(shop, .externalID("1")))
        #expect(try shop.findings() == [])
      }
    }
  }

  @Test func formerAddressesOfAFormerOneAreStillOptedOut() async throws {
    try await Shop.open { shop in
      for id in ["c", "b", "a"] { try await customer(shop, id, "\(id)@example.com") }
      try await shop.merge(.externalID("b"), .externalID("c"))
      try await optOut(shop, "b@example.com", at: 1_700_000_000)
      try await agree(shop, "a@example.com", at: 1_700_000_100)
      try await shop.merge(.externalID("a"), .externalID("b"))
      #expect(try await canReceive(shop, .externalID("a")))
      try await customer(shop, "a", "c@example.com")
      #expect(try await !canReceive(shop, .externalID("a")))
      #expect(try shop.findings() == [])
    }
  }

  /// The opt-out takes the agreement of the other record away, though another agreement followed.
  @Test(arguments: ["footer", "merge"])
  func anOptOutSinceTheMergeOutlivesIt(source: String) async throws {
    try await Shop.open { shop in
      for id in ["a", "b"] {
        try await customer(shop, id, "\(id)@example.com")
        try await agree(shop, "\(id)@example.com", at: 1_700_000_000)
      }
      let merged = try await shop.merge(.externalID("a"), .externalID("b"))
      try await shop.unsubscribe(.email("a@example.com")) {
        $0.channels = [.email]
        $0.actor = .customer
        $0.evidence = .with { $0.source = source }
      }
      try await shop.subscribe {
        $0.customer = .with { $0.email = "a@example.com" }
        $0.channels = [.email]
        $0.actor = .customer
      }
      try await shop.unmerge(merged.mergeID)
      #expect(try await canReceive(shop, .externalID("a")))
      #expect(try await !canReceive(shop, .externalID("b")))
      #expect(try shop.findings() == [])
    }
  }

  @Test func anOptOutOutlivesMergeAndErasure() async throws {
    try await Shop.open { shop in
      try await customer(shop, "b", "b@example.com")
      try await optOut(shop, "b@example.com", at: 1_700_000_000)
      try await customer(shop, "1", "a@example.com")
      try await agree(shop, "a@example.com", at: 1_700_000_100)
      try await shop.merge(.externalID("1"), .externalID("b"))
      try await shop.set(["allow_recreate_after_erasure"]) { $0.allowRecreateAfterErasure = true }
      _ = try await shop.customers.deleteCustomer(
        .with { $0.customer = .with { $0.ref = .externalID("1") } }
      )
      _ = try await shop.customers.upsertCustomer(
        .with {
          $0.customer = .with {
            $0.email = "b@example.com"
            $0.acceptsEmailMarketing = true
          }
        }
      )
      #expect(try await !canReceive(shop, .email("b@example.com")))
    }
  }

  @Test func anOptOutAfterTheMergeOutlivesItsEnd() async throws {
    try await Shop.open { shop in
      try await customer(shop, "a", "a@example.com")
      try await customer(shop, "b", "b@example.com")
      try await agree(shop, "a@example.com", at: 1_700_000_000)
      try await optOut(shop, "b@example.com", at: 1_700_000_100)
      let merged = try await shop.merge(.externalID("a"), .externalID("b"))
      let before = try await shop.history(.externalID("a")).count
      // The second call is a repeat.
      for _ in 0..<2 { try await optOut(shop, "a@example.com", at: 1_700_000_200) }
      #expect(try await shop.history(.externalID("a")).count == before + 1)
      try await shop.unmerge(merged.mergeID)
      let status = try await shop.status(.email, of: .externalID("a"))
      #expect(status.state == .unsubscribed && !status.canReceive)
      #expect(try shop.findings() == [])
    }
  }

  @Test func anOptOutOfTheFormerAddressOutlivesTheEndOfTheMerge() async throws {
    try await Shop.open { shop in
      try await customer(shop, "a", "a@example.com")
      try await customer(shop, "b", "b@example.com")
      try await optOut(shop, "a@example.com", at: 1_700_000_000)
      try await agree(shop, "b@example.com", at: 1_700_000_100)
      let merged = try await shop.merge(.externalID("a"), .externalID("b"))
      try await shop.record(of: { $0.email = "b@example.com" }) {
        $0.eventID = "e1"
        $0.source = .product
        $0.type = "email_unsubscribed"
        $0.occurredAt = .at(1_700_000_200)
      }
      try await shop.unmerge(merged.mergeID)
      #expect(try await !canReceive(shop, .externalID("b")))
      #expect(try await !canReceive(shop, .externalID("a")))
      #expect(try shop.findings() == [])
    }
  }

  @Test func nobodyAgreedBecauseRecordsWereMerged() async throws {
    try await Shop.open { shop in
      try await customer(shop, "1", "a@example.com")
      try await customer(shop, "2", "b@example.com")
      try await agree(shop, "a@example.com", at: 1_700_000_000)
      try await optOut(shop, "b@example.com", at: 1_700_000_100)
      let merged = try await shop.merge(.externalID("1"), .externalID("2"))
      #expect(try await !canReceive(shop, .externalID("1")))
      try await shop.unmerge(merged.mergeID)
      #expect(try await canReceive(shop, .externalID("1")))
      let told = try await shop.consentEvents(.externalID("1")).map(\.type)
      #expect(told == ["email_subscribed"])
      #expect(try await shop.consentEvents(.externalID("2")).map(\.type) == ["email_unsubscribed"])
      #expect(try shop.findings() == [])
    }
  }
}
