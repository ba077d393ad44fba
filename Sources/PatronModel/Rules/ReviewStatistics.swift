/// The contribution of a review to its customer's statistics.
package struct ReviewFacts: Sendable, Hashable {
  /// 1 to 5 stars; nil if the event gives none.
  package var score: Int32?
  /// True if the review is of a product, false if it is of the shop.
  package var isOfProduct: Bool
  /// -1 to 1; nil if the event gives none.
  package var sentiment: Double?
  /// Up to ``ReviewStatistics/maxTopics`` topics, without duplicates.
  package var topics: [String]

  /// Reads a review from its event.
  init(_ event: EventFacts) {
    score = event.int("score").flatMap { (1...5).contains($0) ? Int32($0) : nil }
    isOfProduct = event.namesProduct
    sentiment = Self.sentiment(event)
    var topics: [String] = []
    for part in (event.text("topics") ?? "").split(separator: ",") {
      let topic = TextForm.trimmed(String(part))
      guard !topic.isEmpty, !topics.contains(topic) else { continue }
      topics.append(topic)
      if topics.count == ReviewStatistics.maxTopics { break }
    }
    self.topics = topics
  }

  /// Returns a sentiment that is given as a number from -1 to 1 or as a word.
  private static func sentiment(_ event: EventFacts) -> Double? {
    let number: Double?
    switch event.properties["sentiment"] {
    case .double(let value): number = value
    case .int(let value): number = Double(value)
    case .string(let text):
      switch TextForm.trimmed(text).lowercased() {
      case "positive": number = 1
      case "neutral": number = 0
      case "negative": number = -1
      case let other: number = Double(other)
      }
    default: number = nil
    }
    return number.flatMap { (-1...1).contains($0) ? $0 : nil }
  }
}

/// A sum of sentiments in millionths, so that subtraction is exact.
package struct SentimentSum: Sendable, Hashable {
  /// The number of sentiments.
  package private(set) var count: Int64
  private var millionths: Int64

  /// Makes the sum of `count` sentiments with this mean.
  package init(mean: Double = 0, count: Int64 = 0) {
    self.count = count
    millionths = Int64((mean * Double(count) * 1_000_000).rounded())
  }

  /// The mean; 0 without sentiments.
  package var mean: Double { count == 0 ? 0 : Double(millionths) / Double(count) / 1_000_000 }

  /// Adds a sum `times` times; -1 subtracts it. Reviews that were counted before sentiments were
  /// are not subtracted.
  package mutating func add(_ other: SentimentSum, times: Int64 = 1) {
    guard count + other.count * times >= 0 else { return }
    count += other.count * times
    millionths = count == 0 ? 0 : millionths + other.millionths * times
  }
}

/// Review statistics of a customer. Sums can be added to and subtracted from exactly; the state of
/// the newest reviews is stored beside them.
package struct ReviewStatistics: Sendable, Hashable {
  /// Maximum number of topics.
  package static let maxTopics = 10

  /// The number of reviews.
  package var count: Int64 = 0
  /// The sum of the stars of product reviews.
  package var productStars: Int64 = 0
  /// Product reviews with stars.
  package var productCount: Int64 = 0
  /// The sum of the stars of shop reviews.
  package var siteStars: Int64 = 0
  /// Shop reviews with stars.
  package var siteCount: Int64 = 0
  /// Sentiments of product reviews.
  package var productSentiment = SentimentSum()
  /// Sentiments of shop reviews.
  package var siteSentiment = SentimentSum()
  /// The time of the newest review; nil if there is none.
  package var lastAt: Micros?
  /// Stars of the newest review; 0 if it has none.
  package var lastStars: Int32 = 0
  /// Sentiment of the newest review; 0 if it has none.
  package var lastSentiment: Double = 0
  /// Topics of the newest reviews, newest first.
  package var topics: [String] = []

  /// Makes the statistics of a customer without reviews.
  package init() {}

  /// Adds a review `times` times; -1 removes a review that was counted.
  package mutating func count(_ review: ReviewFacts, times: Int64 = 1) {
    count += times
    if let sentiment = review.sentiment {
      let one = SentimentSum(mean: sentiment, count: 1)
      if review.isOfProduct {
        productSentiment.add(one, times: times)
      } else {
        siteSentiment.add(one, times: times)
      }
    }
    guard let score = review.score else { return }
    if review.isOfProduct {
      productStars += Int64(score) * times
      productCount += times
    } else {
      siteStars += Int64(score) * times
      siteCount += times
    }
  }

  /// Applies the state of the newest review.
  package mutating func noteNewest(_ review: ReviewFacts, at: Micros) {
    lastAt = at
    lastStars = review.score ?? 0
    lastSentiment = review.sentiment ?? 0
    let others = topics.filter { !review.topics.contains($0) }
    topics = Array((review.topics + others).prefix(Self.maxTopics))
  }

  /// Clears the state of the newest reviews. The caller then calls ``noteOlder(_:at:)``, newest
  /// review first.
  package mutating func forgetNewest() {
    lastAt = nil
    lastStars = 0
    lastSentiment = 0
    topics = []
  }

  /// Adds the topics of a review that is older than all noted ones. Returns false if still older
  /// reviews cannot add more.
  package mutating func noteOlder(_ review: ReviewFacts, at: Micros) -> Bool {
    if lastAt == nil {
      noteNewest(review, at: at)
    } else {
      let more = review.topics.filter { !topics.contains($0) }
      topics = Array((topics + more).prefix(Self.maxTopics))
    }
    return topics.count < Self.maxTopics
  }
}
