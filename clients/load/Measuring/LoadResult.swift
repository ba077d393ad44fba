import TTRPC

/// What came out of a run.
struct LoadResult: Sendable {
  let settings: LoadSettings
  let statistics: LoopStatistics
  /// From the start of measuring to the last answer, and no shorter than the plan of an open loop;
  /// in nanoseconds.
  let elapsed: UInt64
  /// What this program used meanwhile.
  let cpu: CPUTime
  let endReason: RunState.EndReason
  /// When the run began, in UTC.
  let date: String

  init(
    settings: LoadSettings,
    statistics: LoopStatistics,
    start: UInt64,
    cpu: CPUTime,
    endReason: RunState.EndReason,
    date: String
  ) {
    self.settings = settings
    self.statistics = statistics
    let answered = start > 0 && statistics.lastEnd > start ? statistics.lastEnd - start : 0
    elapsed = max(answered, Self.plannedTime(settings, endReason))
    // Without a measurement there is no start to compare with.
    self.cpu = start > 0 ? cpu : .zero
    self.endReason = endReason
    self.date = date
  }

  /// A plan that was carried out lasts until its next request would be due.
  private static func plannedTime(
    _ settings: LoadSettings,
    _ endReason: RunState.EndReason
  ) -> UInt64 {
    guard let plan = settings.rate, endReason == .total || endReason == .duration else { return 0 }
    return plan.offset(of: OpenLoop.counts(plan, settings).measured)
  }

  /// Calls that succeeded.
  var succeeded: UInt64 { statistics.response.count }
  /// Calls that did not.
  var failed: UInt64 { statistics.answers - succeeded }

  /// Successful calls a second.
  var rate: Double {
    elapsed == 0 ? 0 : Double(succeeded) * 1_000_000_000 / Double(elapsed)
  }

  /// What this program used of one processor: 1 is all of it.
  var cpuShare: Double { elapsed == 0 ? 0 : Double(cpu.total) / Double(elapsed) }

  /// True when this program could hardly have sent more: then it measures itself.
  var isSaturated: Bool { cpuShare >= 0.9 * Double(settings.threads) }

  /// Codes and how often they occurred, the most frequent first.
  var codes: [(code: StatusCode, count: UInt64)] {
    var all = statistics.failures.map { (code: $0.key, count: $0.value) }
    if succeeded > 0 { all.append((.ok, succeeded)) }
    return all.sorted { ($0.count, $1.code.rawValue) > ($1.count, $0.code.rawValue) }
  }

  /// Messages of failures and how often they occurred, the most frequent first.
  var messages: [(message: String, count: UInt64)] {
    statistics.messages.map { (message: $0.key, count: $0.value) }
      .sorted { ($0.count, $1.message) > ($1.count, $0.message) }
  }

  /// The percentiles that are reported.
  static let percentiles: [Double] = [50, 75, 90, 95, 99, 99.9]

  /// True when every request was sent and answered OK.
  var isAllOK: Bool {
    failed == 0 && succeeded > 0 && statistics.dropped == 0 && statistics.warmupFailures == 0
  }
}
