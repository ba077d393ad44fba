package import PatronModel
package import PatronProto
internal import PatronStore
internal import ProtobufC

/// The summaries of reviews and loyalty. Sums are kept; the values of the newest events are read
/// again if an event comes late or is replaced.
extension EventEnrichment {
  /// Updates the summaries with an event that the timeline has by now.
  func summarise(_ stored: Event, on timeline: inout TimelineWriter) throws {
    let reader = writer.read
    let at = stored.occurredAt?.micros ?? now
    let reviews = (old: oldEffects.firstReview, new: effects.firstReview)
    if reviews.old != nil || reviews.new != nil {
      var statistics = ReviewStatistics(timeline.stats.reviews)
      if let old = reviews.old { statistics.count(old, times: -1) }
      if let new = reviews.new { statistics.count(new) }
      if old == nil, let new = reviews.new, at >= statistics.lastAt ?? .min {
        statistics.noteNewest(new, at: at)
      } else {
        try statistics.readNewest(of: stored.customerID, in: reader, now)
      }
      timeline.changeStats { $0.reviews = statistics.summary }
    }
    let loyalty = (old: oldEffects.firstLoyalty, new: effects.firstLoyalty)
    if loyalty.old != nil || loyalty.new != nil {
      var statistics = LoyaltyStatistics(timeline.stats.loyalty)
      if let old = loyalty.old { statistics.count(old, times: -1) }
      if let new = loyalty.new { statistics.count(new) }
      var exists = true
      if old == nil, let new = loyalty.new, try isNewest(stored) {
        statistics.noteNewest(new, at: at)
      } else {
        exists = try statistics.readState(of: stored.customerID, in: reader, now)
      }
      timeline.changeStats { $0.loyalty = exists ? LoyaltySummary(statistics) : nil }
    }
  }

  /// Updates the summaries after the deletion of an event.
  static func forget(_ event: Event, on timeline: inout TimelineWriter) throws {
    let effects = Enrichment.effects(of: event, at: timeline.now)
    let reader = timeline.writer.read
    if let review = effects.firstReview {
      var statistics = ReviewStatistics(timeline.stats.reviews)
      statistics.count(review, times: -1)
      try statistics.readNewest(of: event.customerID, in: reader, timeline.now)
      timeline.changeStats { $0.reviews = statistics.summary }
    }
    if let loyalty = effects.firstLoyalty {
      var statistics = LoyaltyStatistics(timeline.stats.loyalty)
      statistics.count(loyalty, times: -1)
      let exists = try statistics.readState(of: event.customerID, in: reader, timeline.now)
      timeline.changeStats { $0.loyalty = exists ? LoyaltySummary(statistics) : nil }
    }
  }

  private func isNewest(_ stored: Event) throws -> Bool {
    var newest: Int64 = 0
    try TimelineScan.visit(
      of: stored.customerID,
      Enrichment.loyaltyTypes,
      notBefore: stored.occurredAt?.micros ?? now,
      in: writer.read
    ) {
      newest = $0.id
      return false
    }
    return newest == stored.id
  }
}

extension ReviewStatistics {
  /// Reads the values of the newest reviews again.
  mutating func readNewest(
    of customerID: Int64,
    in reader: StoreReader,
    _ now: Int64
  ) throws {
    forgetNewest()
    try TimelineScan.visit(of: customerID, Enrichment.reviewTypes, in: reader) { event in
      guard let review = Enrichment.effects(of: event, at: now).firstReview else { return true }
      return noteOlder(review, at: event.occurredAt?.micros ?? 0)
    }
  }

  /// Makes the sums behind a summary.
  package init(_ summary: ReviewSummary?) {
    self.init()
    guard let summary else { return }
    count = summary.totalReviews
    productCount = summary.productRatingCount
    siteCount = summary.siteRatingCount
    // Stars are whole, so the sums come back exactly.
    productStars = Int64((summary.averageProductRating * Double(productCount)).rounded())
    siteStars = Int64((summary.averageSiteRating * Double(siteCount)).rounded())
    productSentiment = SentimentSum(
      mean: summary.averageProductSentiment,
      count: summary.productSentimentCount
    )
    siteSentiment = SentimentSum(
      mean: summary.averageSiteSentiment,
      count: summary.siteSentimentCount
    )
    lastAt = summary.lastReviewAt?.micros
    lastStars = summary.lastStarRating
    lastSentiment = summary.lastSentiment
    topics = summary.topTopics
  }

  /// The summary; nil when there are no reviews.
  package var summary: ReviewSummary? {
    guard count > 0 else { return nil }
    return .with {
      $0.totalReviews = count
      $0.productRatingCount = productCount
      $0.siteRatingCount = siteCount
      if productCount > 0 { $0.averageProductRating = Double(productStars) / Double(productCount) }
      if siteCount > 0 { $0.averageSiteRating = Double(siteStars) / Double(siteCount) }
      let ratings = productCount + siteCount
      if ratings > 0 { $0.averageRating = Double(productStars + siteStars) / Double(ratings) }
      var sentiment = productSentiment
      sentiment.add(siteSentiment)
      $0.averageProductSentiment = productSentiment.mean
      $0.averageSiteSentiment = siteSentiment.mean
      $0.averageSentiment = sentiment.mean
      $0.productSentimentCount = productSentiment.count
      $0.siteSentimentCount = siteSentiment.count
      $0.lastReviewAt = lastAt.map(GoogleProtobuf.Timestamp.init(micros:))
      $0.lastStarRating = lastStars
      $0.lastSentiment = lastSentiment
      $0.topTopics = topics
    }
  }
}

extension LoyaltyStatistics {
  /// Reads the state again. Returns false when no event is about loyalty any more.
  mutating func readState(
    of customerID: Int64,
    in reader: StoreReader,
    _ now: Int64
  ) throws -> Bool {
    var events: [(facts: LoyaltyFacts, at: Int64)] = []
    let areAll = try TimelineScan.visit(of: customerID, Enrichment.loyaltyTypes, in: reader) {
      event in
      if let facts = Enrichment.effects(of: event, at: now).firstLoyalty {
        events.append((facts, event.occurredAt?.micros ?? 0))
      }
      return true
    }
    self = replaying(events.reversed(), areAll: areAll)
    return !events.isEmpty || !areAll
  }

  /// Makes the sums behind a summary.
  package init(_ summary: LoyaltySummary?) {
    self.init()
    guard let summary else { return }
    isMember = summary.member
    joinedAt = summary.joinedAt?.micros
    balance = summary.pointsBalance
    earned = summary.pointsEarned
    redeemed = summary.pointsRedeemed
    expireAt = summary.pointsExpireAt?.micros
    tier = summary.tier
    tierSince = summary.tierSince?.micros
    redemptions = summary.redemptionCount
    referrals = summary.successfulReferrals
    referralClicks = summary.referralClicks
  }
}

extension LoyaltySummary {
  /// Makes the summary of a membership.
  package init(_ statistics: LoyaltyStatistics) {
    self.init()
    member = statistics.isMember
    joinedAt = statistics.joinedAt.map(GoogleProtobuf.Timestamp.init(micros:))
    pointsBalance = statistics.balance
    pointsEarned = statistics.earned
    pointsRedeemed = statistics.redeemed
    pointsExpireAt = statistics.expireAt.map(GoogleProtobuf.Timestamp.init(micros:))
    tier = statistics.tier
    tierSince = statistics.tierSince.map(GoogleProtobuf.Timestamp.init(micros:))
    redemptionCount = statistics.redemptions
    successfulReferrals = statistics.referrals
    referralClicks = statistics.referralClicks
  }
}

extension [EnrichmentEffect] {
  /// The facts of the review; nil if the event is not a review.
  var firstReview: ReviewFacts? {
    for case .review(let facts) in self { return facts }
    return nil
  }

  /// The facts about loyalty; nil if the event has none.
  var firstLoyalty: LoyaltyFacts? {
    for case .loyalty(let facts) in self { return facts }
    return nil
  }
}
