/// A token account that keeps a client from sending more calls to a server in trouble (A6): a
/// failed attempt takes a token, a success returns a tenth of one, and nothing is retried while at
/// most half of the tokens are left.
public struct RetryThrottle: Sendable, Hashable {
  /// The tokens left, in thousandths, so that sums stay exact.
  private var millitokens: Int
  private let maxMillitokens: Int
  private let ratio: Int

  /// Creates a full account of `maxTokens` (1 to 1000). A success returns `tokenRatio` tokens.
  public init(maxTokens: Int = 10, tokenRatio: Double = 0.1) {
    maxMillitokens = min(max(maxTokens, 1), 1000) * 1000
    millitokens = maxMillitokens
    ratio = Int((min(max(tokenRatio, 0.001), 1000) * 1000).rounded())
  }

  /// The tokens left.
  public var tokens: Double { Double(millitokens) / 1000 }

  /// True while more than half of the tokens are left.
  public var allowsRetry: Bool { millitokens > maxMillitokens / 2 }

  /// Records a failed attempt. Returns true if it may be retried.
  public mutating func failed() -> Bool {
    millitokens = max(0, millitokens - 1000)
    return allowsRetry
  }

  /// Records a call that got an answer.
  public mutating func succeeded() { millitokens = min(maxMillitokens, millitokens + ratio) }
}
