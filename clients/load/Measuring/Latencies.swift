import Histogram

/// Durations in nanoseconds: exact extremes and sum, and a histogram of three significant digits.
struct Latencies: Sendable {
  private var histogram = Histogram<UInt64>(
    lowestDiscernibleValue: 1,
    highestTrackableValue: Latencies.greatest,
    numberOfSignificantValueDigits: .three
  )
  private(set) var count: UInt64 = 0
  private(set) var least = UInt64.max
  private(set) var most: UInt64 = 0
  private var sum = 0.0

  /// What is longer than a minute counts as a minute in percentiles; ``most`` is exact.
  static let greatest: UInt64 = 60_000_000_000

  @inline(__always)
  mutating func record(_ nanoseconds: UInt64) {
    histogram.record(min(nanoseconds, Self.greatest))
    count += 1
    least = min(least, nanoseconds)
    most = max(most, nanoseconds)
    sum += Double(nanoseconds)
  }

  mutating func add(_ other: Latencies) {
    guard other.count > 0 else { return }
    histogram.add(other.histogram)
    count += other.count
    least = min(least, other.least)
    most = max(most, other.most)
    sum += other.sum
  }

  /// The mean, 0 when nothing was recorded.
  var mean: Double { count == 0 ? 0 : sum / Double(count) }

  /// No more than `percentile` percent of the durations were longer than the rest: 50 is the
  /// median. 0 when nothing was recorded.
  func percentile(_ percentile: Double) -> UInt64 {
    guard count > 0 else { return 0 }
    if percentile >= 100 { return most }
    return min(max(histogram.valueAtPercentile(percentile), least), most)
  }

  /// The percentile table that wrk2 and the HdrHistogram plotters have, in milliseconds.
  var table: String {
    var text = ""
    histogram.outputPercentileDistribution(to: &text, outputValueUnitScalingRatio: 1_000_000)
    return text
  }
}
