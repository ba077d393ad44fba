/// What one review adds to the figures of its customer.
package struct ReviewFacts: Sendable, Hashable {
  /// 1 to 5 stars; nil when the event says none.
  package var score: Int32?
  /// Whether a product was reviewed, and not the shop.
  package var isOfProduct: Bool
  /// -1 to 1; nil when the event says none.
  package var sentiment: Double?
  /// Up to ``ReviewFigures/mostTopics`` topics, each once.
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
      if topics.count == ReviewFigures.mostTopics { break }
    }
    self.topics = topics
  }

  /// A number from -1 to 1, or a word.
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

/// Sentiments added up, in millionths, so that what was added can be taken off exactly.
package struct SentimentSum: Sendable, Hashable {
  /// How many.
  package private(set) var count: Int64
  private var millionths: Int64

  /// The sum of `count` sentiments with that mean.
  package init(mean: Double = 0, count: Int64 = 0) {
    self.count = count
    millionths = Int64((mean * Double(count) * 1_000_000).rounded())
  }

  /// The mean; 0 where there are none.
  package var mean: Double { count == 0 ? 0 : Double(millionths) / Double(count) / 1_000_000 }

  /// Adds a sum, or takes one off. Reviews that were counted before their sentiment was are not
  /// taken off.
  package mutating func add(_ other: SentimentSum, times: Int64 = 1) {
    guard count + other.count * times >= 0 else { return }
    count += other.count * times
    millionths = count == 0 ? 0 : millionths + other.millionths * times
  }
}

/// The reviews of one customer in figures. Sums can be added to and taken from exactly; what the
/// newest reviews say is kept beside them.
package struct ReviewFigures: Sendable, Hashable {
  /// The most topics that are kept.
  package static let mostTopics = 10

  /// How many reviews.
  package var count: Int64 = 0
  /// Stars of products in all.
  package var productStars: Int64 = 0
  /// Reviews of products with stars.
  package var productCount: Int64 = 0
  /// Stars of the shop in all.
  package var siteStars: Int64 = 0
  /// Reviews of the shop with stars.
  package var siteCount: Int64 = 0
  /// Sentiments of reviews of products.
  package var productSentiment = SentimentSum()
  /// Sentiments of reviews of the shop.
  package var siteSentiment = SentimentSum()
  /// When the newest review was written, microseconds since 1970; nil when there is none.
  package var lastAt: Micros?
  /// Stars of the newest review; 0 when it has none.
  package var lastStars: Int32 = 0
  /// Sentiment of the newest review; 0 when it has none.
  package var lastSentiment: Double = 0
  /// Topics of the newest reviews, newest first.
  package var topics: [String] = []

  /// No reviews.
  package init() {}

  /// Counts a review, or takes one back that was counted.
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

  /// Takes over what the newest review says.
  package mutating func noteNewest(_ review: ReviewFacts, at: Micros) {
    lastAt = at
    lastStars = review.score ?? 0
    lastSentiment = review.sentiment ?? 0
    let others = topics.filter { !review.topics.contains($0) }
    topics = Array((review.topics + others).prefix(Self.mostTopics))
  }

  /// Begins anew with what newest reviews say; ``noteOlder(_:at:)`` follows, newest review first.
  package mutating func forgetNewest() {
    lastAt = nil
    lastStars = 0
    lastSentiment = 0
    topics = []
  }

  /// Takes over what a review says that is older than all that were noted. False when no older one
  /// could say more.
  package mutating func noteOlder(_ review: ReviewFacts, at: Micros) -> Bool {
    if lastAt == nil {
      noteNewest(review, at: at)
    } else {
      let more = review.topics.filter { !topics.contains($0) }
      topics = Array((topics + more).prefix(Self.mostTopics))
    }
    return topics.count < Self.mostTopics
  }
}
