internal import PatronModel
internal import PatronProto
internal import PatronStore
internal import ProtoWire
internal import ProtobufC

/// The summaries of reviews and loyalty of customers that are merged, and unmerged again. Sums are
/// added and subtracted; the values of the newest events are read from the timelines.
extension CustomerStats {
  /// The effects of one event on the summaries.
  private struct Told {
    var at: Int64
    var id: Int64
    var effects: [EnrichmentEffect]

    init(_ event: Event) {
      at = event.occurredAt?.micros ?? 0
      id = event.id
      effects = Enrichment.effects(of: event, at: at)
    }

    static func isOlder(_ one: Told, _ other: Told) -> Bool {
      (one.at, one.id) < (other.at, other.id)
    }
  }

  /// The types of events that change summaries.
  private static let types = Enrichment.loyaltyTypes.union(Enrichment.reviewTypes)

  /// Sets the summaries of two customers together.
  mutating func joinSummaries(
    _ first: CustomerStats,
    _ second: CustomerStats,
    of owners: [Int64],
    in reader: StoreReader
  ) throws {
    // Nothing is joined where only one of them has a summary.
    reviews = first.reviews ?? second.reviews
    loyalty = first.loyalty ?? second.loyalty
    let joinsReviews = first.reviews != nil && second.reviews != nil
    let joinsLoyalty = first.loyalty != nil && second.loyalty != nil
    guard joinsReviews || joinsLoyalty else { return }
    var told: [Told] = []
    var areAll = true
    for owner in owners {
      let isWhole = try TimelineScan.visit(of: owner, Self.types, in: reader) {
        told.append(Told($0))
        return true
      }
      areAll = areAll && isWhole
    }
    told.sort(by: Told.isOlder)
    if joinsReviews {
      var statistics = ReviewStatistics(first.reviews)
      statistics.add(ReviewStatistics(second.reviews), times: 1)
      Self.note(told.reversed(), in: &statistics)
      reviews = statistics.summary
    }
    if joinsLoyalty {
      var statistics = LoyaltyStatistics(first.loyalty)
      statistics.add(LoyaltyStatistics(second.loyalty), times: 1)
      loyalty = LoyaltySummary(statistics.replaying(Self.loyalty(told), areAll: areAll))
    }
  }

  /// Sets the summaries counted from all events of a customer.
  mutating func countSummaries(of customerID: Int64, in reader: StoreReader) throws {
    var told: [Told] = []
    try reader.timeline(of: customerID, behind: .newest, notBefore: .min) { entry in
      if entry.source == PatronProto.EventSource.product.rawValue,
        Self.types.contains(String(utf8: entry.type))
      {
        told.append(Told(try Event(stored: entry.body)))
      }
      return true
    }
    var statistics = ReviewStatistics()
    for review in told.compactMap(\.effects.firstReview) { statistics.count(review) }
    Self.note(told, in: &statistics)
    reviews = statistics.summary
    let facts = Self.loyalty(told.reversed())
    var membership = LoyaltyStatistics()
    for fact in facts { membership.count(fact.facts) }
    loyalty = facts.isEmpty ? nil : LoyaltySummary(membership.replaying(facts, areAll: true))
  }

  /// Sets the summaries of `all` without those of a customer whose events went from `owner`.
  mutating func setSummaries(
    of all: CustomerStats,
    without gone: CustomerStats,
    of owner: Int64,
    in reader: StoreReader
  ) throws {
    reviews = all.reviews
    loyalty = all.loyalty
    if gone.reviews != nil {
      var statistics = ReviewStatistics(all.reviews)
      statistics.add(ReviewStatistics(gone.reviews), times: -1)
      try statistics.readNewest(of: owner, in: reader, 0)
      reviews = statistics.summary
    }
    if gone.loyalty != nil {
      var statistics = LoyaltyStatistics(all.loyalty)
      statistics.add(LoyaltyStatistics(gone.loyalty), times: -1)
      loyalty =
        try statistics.readState(of: owner, in: reader, 0) ? LoyaltySummary(statistics) : nil
    }
  }

  /// Takes over the values of the newest reviews. Does nothing if `newestFirst` has no review.
  private static func note(
    _ newestFirst: some Sequence<Told>,
    in statistics: inout ReviewStatistics
  ) {
    var isFirst = true
    for event in newestFirst {
      guard let review = event.effects.firstReview else { continue }
      if isFirst { statistics.forgetNewest() }
      isFirst = false
      if !statistics.noteOlder(review, at: event.at) { return }
    }
  }

  private static func loyalty(
    _ told: some Sequence<Told>
  ) -> [(facts: LoyaltyFacts, at: Micros)] {
    told.compactMap { event in event.effects.firstLoyalty.map { ($0, event.at) } }
  }
}

extension ReviewStatistics {
  /// Adds the sums of another customer `times` times; -1 subtracts them.
  fileprivate mutating func add(_ other: ReviewStatistics, times: Int64) {
    count += other.count * times
    productStars += other.productStars * times
    productCount += other.productCount * times
    siteStars += other.siteStars * times
    siteCount += other.siteCount * times
    productSentiment.add(other.productSentiment, times: times)
    siteSentiment.add(other.siteSentiment, times: times)
  }
}

extension LoyaltyStatistics {
  /// Adds the sums of another customer `times` times; -1 subtracts them.
  fileprivate mutating func add(_ other: LoyaltyStatistics, times: Int64) {
    earned &+= other.earned * times
    redeemed &+= other.redeemed * times
    redemptions &+= other.redemptions * times
    referrals &+= other.referrals * times
    referralClicks &+= other.referralClicks * times
  }
}
