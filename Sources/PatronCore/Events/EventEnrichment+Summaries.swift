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
      var figures = ReviewFigures(timeline.stats.reviews)
      if let old = reviews.old { figures.count(old, times: -1) }
      if let new = reviews.new { figures.count(new) }
      if old == nil, let new = reviews.new, at >= figures.lastAt ?? .min {
        figures.noteNewest(new, at: at)
      } else {
        try figures.readNewest(of: stored.customerID, in: reader, now)
      }
      timeline.changeStats { $0.reviews = figures.summary }
    }
    let loyalty = (old: oldEffects.firstLoyalty, new: effects.firstLoyalty)
    if loyalty.old != nil || loyalty.new != nil {
      var figures = LoyaltyFigures(timeline.stats.loyalty)
      if let old = loyalty.old { figures.count(old, times: -1) }
      if let new = loyalty.new { figures.count(new) }
      var exists = true
      if old == nil, let new = loyalty.new, try isNewest(stored) {
        figures.noteNewest(new, at: at)
      } else {
        exists = try figures.readState(of: stored.customerID, in: reader, now)
      }
      timeline.changeStats { $0.loyalty = exists ? LoyaltySummary(figures) : nil }
    }
  }

  /// Updates the summaries after the deletion of an event.
  static func forget(_ event: Event, on timeline: inout TimelineWriter) throws {
    let effects = Enrichment.effects(of: event, at: timeline.now)
    let reader = timeline.writer.read
    if let review = effects.firstReview {
      var figures = ReviewFigures(timeline.stats.reviews)
      figures.count(review, times: -1)
      try figures.readNewest(of: event.customerID, in: reader, timeline.now)
      timeline.changeStats { $0.reviews = figures.summary }
    }
    if let loyalty = effects.firstLoyalty {
      var figures = LoyaltyFigures(timeline.stats.loyalty)
      figures.count(loyalty, times: -1)
      let exists = try figures.readState(of: event.customerID, in: reader, timeline.now)
      timeline.changeStats { $0.loyalty = exists ? LoyaltySummary(figures) : nil }
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

extension ReviewFigures {
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

extension LoyaltyFigures {
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
  package init(_ figures: LoyaltyFigures) {
    self.init()
    member = figures.isMember
    joinedAt = figures.joinedAt.map(GoogleProtobuf.Timestamp.init(micros:))
    pointsBalance = figures.balance
    pointsEarned = figures.earned
    pointsRedeemed = figures.redeemed
    pointsExpireAt = figures.expireAt.map(GoogleProtobuf.Timestamp.init(micros:))
    tier = figures.tier
    tierSince = figures.tierSince.map(GoogleProtobuf.Timestamp.init(micros:))
    redemptionCount = figures.redemptions
    successfulReferrals = figures.referrals
    referralClicks = figures.referralClicks
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
