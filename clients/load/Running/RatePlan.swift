/// When each request of an open loop is to be sent: a fixed plan, computed without rounding up
/// errors, so that request number 10^9 is on time too.
struct RatePlan: Sendable, Hashable {
  /// Requests in 1,000 seconds, from 1.
  let perThousandSeconds: UInt64

  /// The greatest rate, in requests a second.
  static let greatest = 10_000_000.0

  /// A rate in requests a second: 0.001 to ``greatest``, with up to three decimals; nil otherwise.
  init?(perSecond rate: Double) {
    guard rate >= 0.001, rate <= Self.greatest else { return nil }
    perThousandSeconds = UInt64((rate * 1000).rounded())
  }

  var perSecond: Double { Double(perThousandSeconds) / 1000 }

  /// When the request with this index is due, in nanoseconds after the start.
  func offset(of index: UInt64) -> UInt64 {
    UInt64(UInt128(index) * Self.nanos / UInt128(perThousandSeconds))
  }

  /// How many requests are due in the first `nanoseconds`.
  func count(within nanoseconds: UInt64) -> UInt64 {
    let product = UInt128(nanoseconds) * UInt128(perThousandSeconds)
    return UInt64((product + Self.nanos - 1) / Self.nanos)
  }

  /// Nanoseconds in 1,000 seconds.
  private static let nanos: UInt128 = 1_000_000_000_000
}
