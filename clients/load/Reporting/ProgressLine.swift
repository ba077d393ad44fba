/// The progress line of a run, printed every second.
enum ProgressLine {
  static func text(_ interval: IntervalStatistics, elapsed: Duration) -> String {
    let latencies = interval.latencies
    var parts = [
      "\(elapsed.components.seconds) s",
      "\(NumberText.grouped(latencies.count)) OK/s",
      "\(NumberText.grouped(UInt64(max(0, interval.callsInFlight)))) in flight",
      "p50 \(NumberText.time(Double(latencies.percentile(50))))",
      "p99 \(NumberText.time(Double(latencies.percentile(99))))",
    ]
    if interval.failures > 0 {
      parts.append("\(NumberText.grouped(interval.failures)) not OK")
    }
    return parts.joined(separator: "  ")
  }
}
