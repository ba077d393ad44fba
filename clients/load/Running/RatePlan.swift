/// The send times of an open loop's requests. They are computed with integers, so errors do not
/// accumulate and request number 10^9 is on time too.
struct RatePlan: Sendable, Hashable {
  /// Requests per 1,000 seconds, from 1.
  let perThousandSeconds: UInt64

  /// Limit for the rate, in requests per second.
  static let maxPerSecond = 10_000_000.0

  /// Creates a plan for a rate in requests per second: 0.001 to ``maxPerSecond``, with up to three
  /// decimals. Returns nil otherwise.
  init?(perSecond rate: Double) {
    guard rate >= 0.001, rate <= Self.maxPerSecond else { return nil }
    perThousandSeconds = UInt64((rate * 1000).rounded())
  }

  var perSecond: Double { Double(perThousandSeconds) / 1000 }

  /// Returns the send time of the request with this index, in nanoseconds after the start.
  func offset(of index: UInt64) -> UInt64 {
    UInt64(UInt128(index) * Self.nanos / UInt128(perThousandSeconds))
  }

  /// Returns the number of requests that are due in the first `nanoseconds`.
  func count(within nanoseconds: UInt64) -> UInt64 {
    let product = UInt128(nanoseconds) * UInt128(perThousandSeconds)
    return UInt64((product + Self.nanos - 1) / Self.nanos)
  }

  /// Nanoseconds in 1,000 seconds.
  private static let nanos: UInt128 = 1_000_000_000_000
}
