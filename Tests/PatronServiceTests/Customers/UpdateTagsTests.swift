import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of UpdateTags.
struct UpdateTagsTests {
  private func tag(
    _ shop: Shop,
    _ refs: [CustomerRef.Ref],
    add: String = "",
    remove: String = ""
  ) async throws -> UpdateTagsResponse {
    try await shop.customers.updateTags(
      .with {
        $0.customers = refs.map { ref in .with { $0.ref = ref } }
        $0.add = add
        $0.remove = remove
      }
    )
  }

  private func tags(_ shop: Shop, _ email: String) async throws -> String? {
    try await shop.customer(.email(email)).tags
  }

  @Test func otherTagsStayAndCaseDoesNotMatter() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.email = "a@example.com"
        $0.tags = "VIP,gold,old"
      }
      let a = CustomerRef.Ref.email("a@example.com")
      let answer = try await tag(shop, [a], add: "vip, New ,new", remove: "OLD,absent")
      #expect(answer.results.map(\.outcome) == [.updated] && answer.counts?.updated == 1)
      #expect(try await tags(shop, "a@example.com") == "VIP,gold,New")
      let image = try shop.image()
      let again = try await tag(shop, [a], add: "vip,NEW", remove: "old")
      #expect(again.results.map(\.outcome) == [.unchanged])
      #expect(try shop.image() == image)
      _ = try await tag(shop, [a], remove: "vip,GOLD,new")
      #expect(try await tags(shop, "a@example.com") == nil)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func eachCustomerHasAResult() async throws {
    try await Shop.open { shop in
      for name in ["a", "b"] { try await shop.upsert { $0.email = "\(name)@example.com" } }
      let many = (0..<250).map { "t\($0)" }.joined(separator: ",")
      try await shop.upsert {
        $0.email = "full@example.com"
        $0.tags = many
      }
      let answer = try await tag(
        shop,
        [
          .email("a@example.com"), .email("nobody@example.com"), .email("nonsense"),
          .email("full@example.com"), .email("A@example.com"), .email("b@example.com"),
        ],
        add: "x"
      )
      #expect(answer.results.map(\.index) == [0, 1, 2, 3, 4, 5])
      #expect(
        answer.results.map(\.outcome)
          == [.updated, .unspecified, .unspecified, .unspecified, .unchanged, .updated]
      )
      #expect(answer.counts?.rejected == 3 && answer.counts?.updated == 2)
      let errors = answer.results.compactMap { $0.error?.asError }
      #expect(errors.first?.reason == "CUSTOMER_NOT_FOUND")
      #expect(errors.last?.broken == [Broken("add", "TAGS_TOO_MANY")])
      #expect(try await tags(shop, "b@example.com") == "x")
      // One tag is removed and another added, so the number stays at its maximum.
      let swapped = try await tag(shop, [.email("full@example.com")], add: "x", remove: "T0")
      #expect(swapped.counts?.updated == 1)
    }
  }

  private func makeCustomers(_ count: Int, _ shop: Shop) async throws -> [CustomerRef.Ref] {
    _ = try await shop.customers.batchUpsertCustomers(
      .with {
        $0.customers = (0..<count).map { number in
          .with {
            $0.externalID = "c\(number)"
            $0.email = "c\(number)@example.com"
          }
        }
      }
    )
    return (0..<count).map { .externalID("c\($0)") }
  }

  @Test func manyCustomersAreTaggedInSeveralTransactions() async throws {
    try await Shop.open { shop in
      var refs = try await makeCustomers(250, shop)
      var commits = shop.store.commitCounter.current
      _ = try await tag(shop, Array(refs.prefix(100)), add: "x")
      #expect(shop.store.commitCounter.current == commits + 1)
      refs[30] = .email("nonsense")
      refs[170] = .externalID("nobody")
      // Later pieces see the tags of earlier ones.
      refs[240] = .externalID("c110")
      commits = shop.store.commitCounter.current
      let answer = try await tag(shop, refs, add: "x")
      #expect(shop.store.commitCounter.current >= commits + 2, "the first hundred is unchanged")
      #expect(answer.results.map(\.index) == (0..<250).map(Int32.init))
      #expect(answer.results[240].outcome == .unchanged)
      #expect(answer.results[240].customerID == answer.results[110].customerID)
      let rejected = answer.results.filter { $0.error != nil }
      #expect(rejected.map(\.index) == [30, 170])
      #expect(rejected.last?.error?.asError.reason == "CUSTOMER_NOT_FOUND")
      #expect(
        answer.counts
          == .with {
            $0.updated = 148
            $0.unchanged = 100
            $0.rejected = 2
          }
      )
      #expect(try await tags(shop, "c249@example.com") == "x")
      #expect(try await tags(shop, "c240@example.com") == nil)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func aFailureLeavesTheTagsOfEarlierPieces() async throws {
    try await Shop.open { shop in
      let refs = try await makeCustomers(300, shop)
      try await shop.tamper(
        """
        CREATE TRIGGER refuse BEFORE UPDATE ON customers WHEN NEW.external_id = 'c170'
        BEGIN SELECT RAISE(ABORT, 'refused'); END
        """
      )
      let error = try await failure { try await tag(shop, refs, add: "x") }
      #expect(error.code == .internal && error.reason == "STORAGE")
      try await shop.tamper("DROP TRIGGER refuse")
      let again = try await tag(shop, refs, add: "x")
      let counts = try #require(again.counts)
      #expect((1...170).contains(counts.unchanged))
      #expect(counts.updated + counts.unchanged == 300)
      #expect(
        error.message.contains(" The first \(counts.unchanged) items of the batch were stored")
      )
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func concurrentRequestsUndoNothing() async throws {
    try await Shop.open { shop in
      try await shop.upsert { $0.email = "a@example.com" }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<40 {
          group.addTask {
            _ = try await tag(shop, [.email("a@example.com")], add: "t\(number)")
          }
        }
        try await group.waitForAll()
      }
      let tags = try await tags(shop, "a@example.com")
      #expect(Set(tags?.split(separator: ",") ?? []).count == 40)
    }
  }

  @Test func limits() async throws {
    try await Shop.open { shop in
      let a = CustomerRef.Ref.email("a@example.com")
      let broken1 = try await violations { try await tag(shop, [a]) }
      #expect(broken1 == [Broken("add", "TAGS_MISSING")])
      let broken2 = try await violations { try await tag(shop, [a], add: "x,Y", remove: "y") }
      #expect(broken2 == [Broken("remove", "TAG_IN_BOTH")])
      let long = String(repeating: "x", count: 256)
      let broken3 = try await violations { try await tag(shop, [a], add: long, remove: long) }
      #expect(broken3 == [Broken("add", "TAG_TOO_LONG"), Broken("remove", "TAG_TOO_LONG")])
      for count in [0, 1001] {
        let refs = Array(repeating: a, count: count)
        let broken4 = try await violations { try await tag(shop, refs, add: "x") }
        #expect(broken4 == [Broken("customers", "BATCH_SIZE_OUT_OF_RANGE")])
      }
      try await shop.upsert { $0.email = "a@example.com" }
      let all = try await tag(shop, Array(repeating: a, count: 1000), add: "x")
      #expect(all.counts?.updated == 1 && all.counts?.unchanged == 999)
    }
  }
}
