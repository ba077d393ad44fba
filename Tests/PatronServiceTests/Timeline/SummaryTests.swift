import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the statistics of reviews and loyalty from events in any order.
struct SummaryTests {
  private func summary(_ shop: Shop) async throws -> ReviewSummary {
    try await shop.customer(.externalID("c1")).reviews ?? ReviewSummary()
  }

  @Test func reviewsAddUp() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      #expect(try await shop.customer(.externalID("c1")).reviews == nil)
      let first = try await shop.emit(
        "review_created",
        "e1",
        at: 1_700_000_000,
        ["score": .int64Value(5), "topics": .stringValue("fit,colour")],
        product: "p1"
      )
      #expect(first.event?.enrichedFields == ["reviews"])
      try await shop.emit(
        "review_created",
        "e2",
        at: 1_700_000_100,
        [
          "score": .int64Value(2), "sentiment": .stringValue("-0.5"),
          "topics": .stringValue("price"),
        ],
        product: "p2"
      )
      try await shop.emit("review_created", "e3", at: 1_700_000_050, ["score": .int64Value(4)])
      let reviews = try await summary(shop)
      #expect(reviews.totalReviews == 3)
      #expect(reviews.averageProductRating == 3.5 && reviews.productRatingCount == 2)
      #expect(reviews.averageSiteRating == 4 && reviews.siteRatingCount == 1)
      #expect(reviews.lastStarRating == 2 && reviews.lastReviewAt == .at(1_700_000_100))
      #expect(reviews.lastSentiment == -0.5)
      #expect(reviews.topTopics == ["price", "fit", "colour"])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func meansOfAllRatingsAndSentiments() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      func review(
        _ id: String,
        _ score: Int64,
        _ sentiment: PropertyValue.Kind,
        product: String
      ) async throws {
        try await shop.emit(
          "review_created",
          id,
          ["score": .int64Value(score), "sentiment": sentiment],
          product: product
        )
      }
      try await review("e1", 5, .doubleValue(0.8), product: "p1")
      try await review("e2", 4, .stringValue("negative"), product: "p1")
      try await review("e3", 3, .stringValue("0.5"), product: "")
      try await shop.emit("review_created", "e4", ["score": .int64Value(2)], product: "p2")
      var reviews = try await summary(shop)
      #expect(reviews.averageRating == 3.5)
      #expect(reviews.averageProductSentiment == -0.1 && reviews.productSentimentCount == 2)
      #expect(reviews.averageSiteSentiment == 0.5 && reviews.siteSentimentCount == 1)
      #expect(reviews.averageSentiment == 0.1)
      try await review("e2", 4, .doubleValue(0.2), product: "p1")
      reviews = try await summary(shop)
      #expect(reviews.averageProductSentiment == 0.5 && reviews.averageSentiment == 0.5)
      try await shop.emit("photo_uploaded", "e3")
      #expect(try await summary(shop).siteSentimentCount == 0)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func repeatsAndReplacementsDoNotCountTwice() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      func review(_ id: String, _ score: Int64, at seconds: Int64) async throws -> Outcome {
        try await shop.emit(
          "review_created",
          id,
          at: seconds,
          ["score": .int64Value(score)],
          product: "p1"
        ).outcome
      }
      _ = try await review("e1", 5, at: 1_700_000_000)
      _ = try await review("e2", 1, at: 1_700_000_100)
      let image = try shop.image()
      #expect(try await review("e2", 1, at: 1_700_000_100) == .unchanged)
      #expect(try shop.image() == image)
      #expect(try await review("e2", 3, at: 1_700_000_100) == .updated)
      var reviews = try await summary(shop)
      #expect(reviews.totalReviews == 2 && reviews.averageProductRating == 4)
      #expect(reviews.lastStarRating == 3)
      // The newest becomes the oldest, so the other is the last.
      #expect(try await review("e2", 3, at: 1_600_000_000) == .updated)
      reviews = try await summary(shop)
      #expect(reviews.totalReviews == 2 && reviews.lastStarRating == 5)
      #expect(reviews.lastReviewAt == .at(1_700_000_000))
      // The event is not a review any more.
      try await shop.emit("photo_uploaded", "e1")
      reviews = try await summary(shop)
      #expect(reviews.totalReviews == 1 && reviews.lastStarRating == 3)
      try await shop.emit("photo_uploaded", "e2")
      #expect(try await shop.customer(.externalID("c1")).reviews == nil)
    }
  }

  /// The events of one programme, in the order in which they happened.
  private static let programme: [(String, String, Int64, [String: PropertyValue.Kind])] = [
    ("loyalty_joined", "e1", 1_700_000_000, [:]),
    ("points_earned", "e2", 1_700_000_100, ["points": .int64Value(100)]),
    ("tier_earned", "e3", 1_700_000_200, ["to": .stringValue("silver")]),
    (
      "points_redeemed", "e4", 1_700_000_300,
      ["points": .int64Value(30), "balance_after": .int64Value(75)]
    ),
    ("points_adjusted", "e5", 1_700_000_400, ["points": .int64Value(-5)]),
    (
      "points_expiring", "e6", 1_700_000_500,
      ["points": .int64Value(10), "expire_at": .timestampValue(.at(1_800_000_000))]
    ),
    ("referral_completed", "e7", 1_700_000_600, [:]),
    ("referral_clicked", "e8", 1_700_000_650, [:]),
  ]

  @Test func loyaltyIsTheSameInAnyOrder() async throws {
    let orders = [Array(0..<8), Array((0..<8).reversed()), [3, 0, 6, 2, 7, 5, 1, 4]]
    for order in orders {
      try await Shop.open { shop in
        try await shop.ada()
        for place in order {
          let (type, id, at, properties) = Self.programme[place]
          let answer = try await shop.emit(type, id, at: at, properties)
          #expect(answer.event?.enrichedFields == ["loyalty"], "\(type)")
          _ = try await shop.emit(type, id, at: at, properties)
        }
        let loyalty = try #require(try await shop.customer(.externalID("c1")).loyalty)
        #expect(loyalty.member && loyalty.joinedAt == .at(1_700_000_000))
        #expect(loyalty.pointsBalance == 70, "\(order)")
        #expect(loyalty.pointsEarned == 100 && loyalty.pointsRedeemed == 30)
        #expect(loyalty.redemptionCount == 1 && loyalty.successfulReferrals == 1)
        #expect(loyalty.referralClicks == 1)
        #expect(loyalty.tier == "silver" && loyalty.tierSince == .at(1_700_000_200))
        #expect(loyalty.pointsExpireAt == .at(1_800_000_000))
        #expect(try await shop.state(.email) == .neverSubscribed, "joining is no consent")
      }
    }
  }

  @Test func aReplacedLoyaltyEventCountsOnce() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      try await shop.emit("points_earned", "e1", ["points": .int64Value(100)])
      try await shop.emit("points_earned", "e1", ["points": .int64Value(40)])
      var loyalty = try await shop.customer(.externalID("c1")).loyalty
      #expect(loyalty?.pointsEarned == 40 && loyalty?.pointsBalance == 40)
      try await shop.emit("loyalty_left", "e2", at: 1_700_000_100)
      loyalty = try await shop.customer(.externalID("c1")).loyalty
      #expect(loyalty?.member == false && loyalty?.pointsBalance == 40)
    }
  }

  @Test func summariesStandInTheStatisticsOnly() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      try await shop.emit("review_created", "e1", ["score": .int64Value(5)], product: "p1")
      try await shop.emit("points_earned", "e2", ["points": .int64Value(5)])
      try await shop.upsert {
        $0.externalID = "c1"
        $0.firstName = "Ada"
      }
      let customer = try await shop.customer(.externalID("c1"))
      #expect(customer.reviews?.totalReviews == 1 && customer.loyalty?.pointsEarned == 5)
      let header = try await shop.timeline(.externalID("c1")).header
      #expect(header?.customer?.reviews == customer.reviews)
      #expect(try await shop.found(["products": ["has_reviews"]]) == ["c1"])
      #expect(try await shop.found(["products": ["loyalty_member"]]) == ["c1"])
      try await shop.emit("loyalty_left", "e3", at: 1_700_000_100)
      try await shop.emit("photo_uploaded", "e1")
      #expect(try await shop.found(["products": ["has_reviews", "loyalty_member"]]) == [])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }
}
