import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the statistics of reviews and loyalty, and of provenance, through merges.
struct MergeSummaryTests {
  private func fill(_ shop: Shop) async throws -> MergedPair {
    let pair = try await MergedPair(shop)
    for (id, score, at) in [("p", 5 as Int64, 1_700_000_000 as Int64), ("s", 2, 1_700_000_100)] {
      try await shop.emit(
        "review_created",
        "r\(id)",
        at: at,
        ["score": .int64Value(score), "topics": .stringValue("fit-\(id)")],
        product: "p1"
      ) { $0.externalID = id }
      try await shop.emit(
        "points_earned",
        "l\(id)",
        at: at,
        ["points": .int64Value(score * 10), "balance_after": .int64Value(score * 100)]
      ) { $0.externalID = id }
    }
    return pair
  }

  @Test func sumsAreAddedAndTheNewestStateStands() async throws {
    try await Shop.open { shop in
      let pair = try await fill(shop)
      let preview = try await shop.merge(.id(pair.primary), .id(pair.secondary), preview: true)
      let merged = try await shop.merge(.id(pair.primary), .id(pair.secondary))
      for customer in [preview.customer, merged.customer].compactMap({ $0 }) {
        #expect(customer.reviews?.totalReviews == 2)
        #expect(customer.reviews?.averageProductRating == 3.5)
        #expect(customer.reviews?.lastStarRating == 2)
        #expect(customer.reviews?.topTopics == ["fit-s", "fit-p"])
        #expect(customer.loyalty?.pointsEarned == 70 && customer.loyalty?.pointsBalance == 200)
      }
      // Later events continue from there.
      try await shop.emit("points_earned", "l3", at: 1_700_000_200, ["points": .int64Value(5)]) {
        $0.externalID = "s"
      }
      let customer = try await shop.customer(.id(pair.primary))
      #expect(customer.loyalty?.pointsEarned == 75 && customer.loyalty?.pointsBalance == 205)
      #expect(try shop.findings() == [])
    }
  }

  @Test func bothHaveTheirOwnAgain() async throws {
    try await Shop.open { shop in
      let pair = try await fill(shop)
      let primary = try await shop.belongings(of: pair.primary)
      let secondary = try await shop.belongings(of: pair.secondary)
      #expect(primary.record.reviews != nil && secondary.record.loyalty != nil)
      let merged = try await shop.merge(
        .id(pair.primary),
        .id(pair.secondary),
        prefer: ["first_name"]
      )
      try await shop.unmerge(merged.mergeID)
      #expect(try await shop.belongings(of: pair.primary) == primary)
      #expect(try await shop.belongings(of: pair.secondary) == secondary)
      #expect(try shop.findings() == [])
    }
  }

  @Test func whoSetAFieldComesWithIt() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "p"
        $0.email = "p@example.com"
        $0.gender = "F"
      }
      try await shop.upsert {
        $0.externalID = "p"
        $0.gender = ""
      }
      try await shop.sync(.of("o1", 100, at: 1_700_000_000)) {
        $0.externalID = "s"
        $0.email = "s@example.com"
        $0.firstName = "Augusta"
      }
      #expect(try await shop.provenance(.externalID("s"))["default_currency"] == "order_placed")
      let merged = try await shop.merge(.externalID("p"), .externalID("s"))
      let told = try await shop.provenance(.externalID("p"))
      #expect(told["default_currency"] == "order_placed" && told["first_name"] == "order_placed")
      #expect(told["email"] == "upsert" && told["gender"] == "upsert")
      try await shop.unmerge(merged.mergeID)
      let left = try await shop.provenance(.externalID("p"))
      #expect(left["default_currency"] == nil && left["gender"] == "upsert")
    }
  }
}
