import Histogram

/// Durations in nanoseconds: exact extremes and sum, and a histogram with three significant digits.
struct Latencies: Sendable {
  private var histogram = Histogram<UInt64>(
    lowestDiscernibleValue: 1,
    highestTrackableValue: Latencies.maxTracked,
    numberOfSignificantValueDigits: .three
  )
  private(set) var count: UInt64 = 0
  private(set) var least = UInt64.max
  private(set) var most: UInt64 = 0
  private var sum = 0.0

  /// Limit of the histogram in nanoseconds. Longer durations count as one minute in percentiles;
  /// ``most`` is exact.
  static let maxTracked: UInt64 = 60_000_000_000

  @inline(__always)
  mutating func record(_ nanoseconds: UInt64) {
    histogram.record(min(nanoseconds, Self.maxTracked))
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

  /// The mean in nanoseconds; 0 if nothing was recorded.
  var mean: Double { count == 0 ? 0 : sum / Double(count) }

  /// Returns the duration, in nanoseconds, that `percentile` percent of the durations do not
  /// exceed: 50 is the median. Returns 0 if nothing was recorded.
  func percentile(_ percentile: Double) -> UInt64 {
    guard count > 0 else { return 0 }
    if percentile >= 100 { return most }
    return min(max(histogram.valueAtPercentile(percentile), least), most)
  }

  /// The percentile table of wrk2 and the HdrHistogram plotters, in milliseconds.
  var table: String {
    var text = ""
    histogram.outputPercentileDistribution(to: &text, outputValueUnitScalingRatio: 1_000_000)
    return text
  }
}
