internal import Synchronization

/// A token bucket that holds the tokens of one second, in one atomic number. Usable on any thread,
/// without a lock.
///
/// A caller that has at least one token may take any number: a batch that is larger than the bucket
/// still passes, and the debt delays what comes next.
struct RateMeter: ~Copyable, Sendable {
  /// The time at which all tokens taken so far will have come, in nanoseconds of the caller's
  /// monotonic clock.
  private let paidAt = Atomic<Int64>(0)

  private static let second: Int64 = 1_000_000_000

  /// Takes `cost` tokens, or none. Returns nil if they were taken, or else the time after which one
  /// will be there. `rate` is the number of tokens that come in a second, 1 or more.
  func take(_ cost: Int, rate: Int, at now: Int64) -> Duration? {
    let room = Self.second - Self.second / Int64(rate)
    let price = Self.price(cost, rate)
    var paid = paidAt.load(ordering: .relaxed)
    while true {
      let begin = max(paid, now)
      let wait = begin - now - room
      if wait > 0 { return .nanoseconds(wait) }
      let (isTaken, other) = paidAt.weakCompareExchange(
        expected: paid,
        desired: Self.sum(begin, price),
        ordering: .relaxed
      )
      if isTaken { return nil }
      paid = other
    }
  }

  /// Takes `cost` tokens whether they are there or not.
  func charge(_ cost: Int, rate: Int, at now: Int64) {
    let price = Self.price(cost, rate)
    var paid = paidAt.load(ordering: .relaxed)
    while true {
      let (isTaken, other) = paidAt.weakCompareExchange(
        expected: paid,
        desired: Self.sum(max(paid, now), price),
        ordering: .relaxed
      )
      if isTaken { return }
      paid = other
    }
  }

  /// Returns the end of a debt. Open calls of one caller may be charged one after another, so it
  /// may be centuries away.
  private static func sum(_ time: Int64, _ price: Int64) -> Int64 {
    let (sum, overflows) = time.addingReportingOverflow(price)
    return overflows ? .max : sum
  }

  /// The largest number of tokens of one call. Their price fits the number.
  private static let maxCost = 1 << 32

  private static func price(_ cost: Int, _ rate: Int) -> Int64 {
    Int64(min(max(cost, 0), maxCost)) * second / Int64(rate)
  }
}
