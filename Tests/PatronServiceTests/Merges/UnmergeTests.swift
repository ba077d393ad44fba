import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of UnmergeCustomers.
struct UnmergeTests {
  @Test(arguments: [[], ["email", "external_id", "first_name", "custom_properties"]])
  func bothAreAsBefore(_ prefer: [String]) async throws {
    try await Shop.open { shop in
      let pair = try await MergedPair(shop)
      try await shop.subscribe {
        $0.customer = .with { $0.externalID = "s" }
        $0.channels = [.sms, .email]
      }
      try await shop.unsubscribe(.externalID("p")) { $0.channels = [.email] }
      let primary = try await shop.belongings(of: pair.primary)
      let secondary = try await shop.belongings(of: pair.secondary)
      let merged = try await shop.merge(.id(pair.primary), .id(pair.secondary), prefer: prefer)
      #expect(try shop.findings() == [])
      let undone = try await shop.unmerge(merged.mergeID)
      #expect(try await shop.customer(.id(pair.primary)) == undone.primary)
      #expect(try await shop.customer(.id(pair.secondary)) == undone.secondary)
      let left = try await shop.belongings(of: pair.primary)
      let right = try await shop.belongings(of: pair.secondary)
      #expect(left.withoutConsent.record == primary.withoutConsent.record)
      #expect(left.orders == primary.orders && left.checkouts == primary.checkouts)
      #expect(left.provenance == primary.provenance)
      #expect(left.events.filter { $0.id < merged.mergeID } == primary.events)
      #expect(right == secondary)
      #expect(left.record.subscriptions.map(\.state) == primary.record.subscriptions.map(\.state))
      for ref in [CustomerRef.Ref.externalID("s"), .email("s@example.com"), .id(pair.secondary)] {
        #expect(try await shop.customer(ref).id == pair.secondary)
      }
      #expect(try await shop.customer(.email("p@example.com")).id == pair.primary)
      let told = try await shop.timeline(.id(pair.secondary)).events.first
      #expect(told?.type == "profile_unmerged")
      #expect(try await shop.search("s@example") == ["s"])
      #expect(try shop.findings() == [])
    }
  }

  /// Both had agreed. One opted out while they were merged, and the other agreed after that.
  @Test(arguments: ["call", "flag", "import", "event"])
  func anOptOutOfTheTimeBetweenIsNotLost(_ how: String) async throws {
    try await Shop.open { shop in
      for id in ["a", "b"] {
        try await shop.upsert {
          $0.externalID = id
          $0.email = "\(id)@example.com"
        }
        try await shop.subscribe {
          $0.customer = .with { $0.externalID = id }
          $0.channels = [.email]
        }
      }
      let merged = try await shop.merge(.externalID("a"), .externalID("b"))
      switch how {
      case "call": try await shop.unsubscribe(.email("b@example.com")) { $0.channels = [.email] }
      case "flag":
        try await shop.unsubscribe(.externalID("a")) {
          $0.channels = [.email]
          $0.actor = .platform
        }
      case "import":
        _ = try await shop.customers.importCustomers(
          .with {
            $0.items = [
              .with {
                $0.customer = .with { $0.email = "b@example.com" }
                $0.subscriptions = [
                  .with {
                    $0.channel = .email
                    $0.topic = .marketing
                    $0.state = .unsubscribed
                  }
                ]
              }
            ]
          }
        )
      default:
        _ = try await shop.emit(
          "email_unsubscribed",
          "u1",
          at: GoogleProtobuf.Timestamp.now,
          of: { $0.email = "b@example.com" }
        )
      }
      #expect(try await !shop.status(.email, of: .externalID("a")).canReceive)
      try await shop.subscribe {
        $0.customer = .with { $0.externalID = "a" }
        $0.channels = [.email]
      }
      #expect(try await shop.status(.email, of: .externalID("a")).canReceive)
      _ = try await shop.unmerge(merged.mergeID)
      #expect(try await shop.status(.email, of: .externalID("a")).canReceive)
      #expect(try await !shop.status(.email, of: .externalID("b")).canReceive)
      #expect(try shop.findings() == [])
    }
  }

  @Test func whatHappenedSinceStaysWithThePrimary() async throws {
    try await Shop.open { shop in
      let pair = try await MergedPair(shop)
      let merged = try await shop.merge(.id(pair.primary), .id(pair.secondary))
      try await shop.upsert {
        $0.externalID = "p"
        $0.lastName = "Byron"
        $0.tags = "VIP,new,fresh"
        $0.customProperties = ["hat": .text("8")]
      }
      try await shop.sync(.of("later", 700)) { $0.externalID = "s" }
      try await shop.record(of: { $0.email = "s@example.com" }) {
        $0.eventID = "later"
        $0.source = .thirdParty
        $0.sourceName = "helpdesk"
        $0.type = "ticket_opened"
      }
      // Later changes of an order stay with the order.
      try await shop.sync(
        .of("os", 500, at: 1_700_000_000) {
          $0.cancellation = .with { $0.cancelledAt = .at(1_700_000_900) }
        }
      ) { $0.externalID = "s" }
      #expect(try shop.findings() == [])
      let undone = try await shop.unmerge(merged.mergeID)
      #expect(undone.primary?.lastName == "Byron")
      #expect(undone.primary?.tags == "VIP,fresh")
      #expect(undone.primary?.customProperties["hat"] == .text("8"))
      #expect(undone.primary?.phoneNumber == nil && undone.secondary?.lastName == "King")
      let primary = try await shop.belongings(of: pair.primary)
      let secondary = try await shop.belongings(of: pair.secondary)
      #expect(Set(primary.orders.map(\.externalID)) == ["op", "later"])
      #expect(secondary.orders.map(\.externalID) == ["os"])
      #expect(secondary.orders.first?.cancellation != nil)
      #expect(secondary.events.contains { $0.type == "order_cancelled" })
      #expect(primary.events.contains { $0.eventID == "later" })
      #expect(!primary.events.contains { $0.type == "order_cancelled" })
      #expect(try shop.findings() == [])
      // The order can be synced again.
      try await shop.sync(
        .of("os", 500, at: 1_700_000_000) {
          $0.cancellation = .with {
            $0.cancelledAt = .at(1_700_000_900)
            $0.reason = "changed my mind"
          }
        }
      ) { $0.externalID = "s" }
      #expect(try shop.findings() == [])
    }
  }

  @Test func ordersAreKept() async throws {
    try await Shop.open { shop in
      let a = try await shop.upsert { $0.email = "a@example.com" }.customer?.id ?? 0
      let b = try await shop.upsert { $0.email = "b@example.com" }.customer?.id ?? 0
      let c = try await shop.upsert { $0.email = "c@example.com" }.customer?.id ?? 0
      let first = try await shop.merge(.id(b), .id(c)).mergeID
      let second = try await shop.merge(.id(a), .id(b)).mergeID
      #expect(try await shop.customer(.id(c)).id == a)
      #expect(try await shop.customer(.email("c@example.com")).id == a)
      #expect(try shop.findings() == [])
      let early = try await failure { try await shop.unmerge(first) }
      #expect(early.code == .failedPrecondition && early.reason == "UNMERGE_OUT_OF_ORDER")
      #expect(early.metadata == ["merge_id": String(second)])
      try await shop.unmerge(second)
      #expect(try await shop.customer(.id(c)).id == b)
      #expect(try await shop.customer(.email("b@example.com")).id == b)
      #expect(try shop.findings() == [])
      let twice = try await failure { try await shop.unmerge(second) }
      #expect(twice.reason == "MERGE_UNDONE")
      try await shop.unmerge(first)
      #expect(try await shop.customer(.email("c@example.com")).id == c)
      #expect(try shop.findings() == [])
      let third = try await shop.merge(.id(a), .id(b)).mergeID
      let fourth = try await shop.merge(.id(a), .id(c)).mergeID
      let order = try await failure { try await shop.unmerge(third) }
      #expect(order.metadata == ["merge_id": String(fourth)])
    }
  }

  @Test func itMustBeKnownAndYoung() async throws {
    let clock = TestClock()
    try await Shop.open(clock: clock.clock) { shop in
      let pair = try await MergedPair(shop)
      let unnamed = try await violations { try await shop.unmerge(0) }
      #expect(unnamed == [Broken("merge_id", "REF_MISSING")])
      let unknown = try await failure { try await shop.unmerge(pair.primary) }
      #expect(unknown.code == .notFound && unknown.reason == "MERGE_NOT_FOUND")
      let merged = try await shop.merge(.id(pair.primary), .id(pair.secondary)).mergeID
      let other = try await failure { try await shop.unmerge(merged, in: "other") }
      #expect(other.reason == "MERGE_NOT_FOUND")
      clock.advance(by: .microseconds(MergeJournal.lifetime) + .minutes(1))
      let late = try await failure { try await shop.unmerge(merged) }
      #expect(late.code == .failedPrecondition && late.reason == "UNMERGE_TOO_LATE")
      #expect(late.metadata["days"] == "30")
      clock.advance(by: .minutes(-2))
      try await shop.unmerge(merged)
    }
  }

  @Test func oldMergesAreEmptied() async throws {
    let clock = TestClock()
    try await Shop.open(clock: clock.clock) { shop in
      let pair = try await MergedPair(shop)
      let merged = try await shop.merge(.id(pair.primary), .id(pair.secondary)).mergeID
      let other = try await shop.upsert { $0.email = "o@example.com" }.customer?.id ?? 0
      clock.advance(by: .microseconds(MergeJournal.lifetime) + .minutes(1))
      try await shop.merge(.id(pair.primary), .id(other))
      #expect(
        try shop.rows(
          "SELECT merge_id FROM merges WHERE secondary = x'' AND events = x''",
          columns: 1
        )
          == [[String(merged)]]
      )
      #expect(
        try shop.rows("SELECT 1 FROM merged_names WHERE merge_id = \(merged)", columns: 1).isEmpty
      )
    }
  }

  @Test func identifiersMustBeFree() async throws {
    try await Shop.open { shop in
      let pair = try await MergedPair(shop)
      let merged = try await shop.merge(.id(pair.primary), .id(pair.secondary)).mergeID
      // The phone number that came from the secondary is given up, and another customer gets it.
      try await shop.upsert {
        $0.externalID = "p"
        $0.phoneNumber = ""
      }
      let other = try await shop.upsert { $0.phoneNumber = "+14155550102" }
      #expect(other.outcome == .created)
      let before = try shop.image()
      let taken = try await failure { try await shop.unmerge(merged) }
      #expect(taken.code == .failedPrecondition && taken.reason == "UNMERGE_CONFLICT")
      #expect(
        taken.metadata
          == ["field": "phone_number", "customer_id": String(other.customer?.id ?? 0)]
      )
      #expect(try shop.image() == before)
      try await shop.upsert {
        $0.phoneNumber = "+14155550102"
        $0.externalID = "other"
        $0.email = "other@example.com"
      }
      try await shop.upsert {
        $0.externalID = "other"
        $0.phoneNumber = ""
      }
      try await shop.unmerge(merged)
      #expect(try await shop.customer(.phoneNumber("+14155550102")).id == pair.secondary)
      #expect(try shop.findings() == [])
    }
  }

  @Test func thePrimaryKeepsAnAddress() async throws {
    try await Shop.open { shop in
      let pair = try await MergedPair(shop)
      let merged = try await shop.merge(.id(pair.primary), .id(pair.secondary)).mergeID
      try await shop.upsert {
        $0.externalID = "p"
        $0.email = ""
      }
      let left = try await failure { try await shop.unmerge(merged) }
      #expect(left.reason == "UNMERGE_CONFLICT")
      try await shop.upsert {
        $0.externalID = "p"
        $0.email = "new@example.com"
      }
      let undone = try await shop.unmerge(merged)
      #expect(undone.primary?.email == "new@example.com")
      #expect(try shop.findings() == [])
    }
  }
}
