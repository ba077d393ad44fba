import ClientFlags
import TTRPC

struct LoadResult: Sendable {
  let settings: LoadSettings
  let statistics: LoopStatistics
  /// Time in nanoseconds from the start of the measurement to the last answer, and at least the
  /// length of the plan of an open loop.
  let elapsed: UInt64
  /// Processor time that this program used during the measurement.
  let cpu: CPUTime
  let endReason: RunState.EndReason
  /// The start of the run, in UTC.
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
    // Without a measurement there is no start to subtract.
    self.cpu = start > 0 ? cpu : .zero
    self.endReason = endReason
    self.date = date
  }

  /// Returns the length of a completed plan in nanoseconds: it lasts until the next request would
  /// be due.
  private static func plannedTime(
    _ settings: LoadSettings,
    _ endReason: RunState.EndReason
  ) -> UInt64 {
    guard let plan = settings.rate, endReason == .total || endReason == .duration else { return 0 }
    return plan.offset(of: OpenLoop.counts(plan, settings).measured)
  }

  /// Number of calls that succeeded.
  var succeeded: UInt64 { statistics.response.count }
  /// Number of calls that failed.
  var failed: UInt64 { statistics.answers - succeeded }

  /// Successful calls per second.
  var rate: Double {
    elapsed == 0 ? 0 : Double(succeeded) * 1_000_000_000 / Double(elapsed)
  }

  /// Share of one processor that this program used: 1 is a whole processor.
  var cpuShare: Double { elapsed == 0 ? 0 : Double(cpu.total) / Double(elapsed) }

  /// True if this program was close to its own limit, so that the run measures it instead of the
  /// server.
  var isSaturated: Bool { cpuShare >= 0.9 * Double(settings.threads) }

  /// Status codes with their counts, most frequent first.
  var codes: [(code: StatusCode, count: UInt64)] {
    var all = statistics.failures.map { (code: $0.key, count: $0.value) }
    if succeeded > 0 { all.append((.ok, succeeded)) }
    return all.sorted { ($0.count, $1.code.rawValue) > ($1.count, $0.code.rawValue) }
  }

  /// Kinds of failures with their counts, most frequent first: code and reason with a message of
  /// that reason, or code and message.
  var messages: [(message: String, count: UInt64)] {
    statistics.messages.map { name, count in
      (message: statistics.examples[name].map { "\(name): \($0)" } ?? name, count: count)
    }
    .sorted { ($0.count, $1.message) > ($1.count, $0.message) }
  }

  /// Advice for calls that were not let in, for the most frequent reason that has any.
  var hint: String? {
    statistics.messages.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.lazy
      .compactMap { $0.key.split(separator: " ").last.flatMap { AccessHint.text(for: String($0)) } }
      .first
  }

  /// The percentiles that reports show.
  static let percentiles: [Double] = [50, 75, 90, 95, 99, 99.9]

  /// True if every request was sent and answered OK.
  var isAllOK: Bool {
    failed == 0 && succeeded > 0 && statistics.dropped == 0 && statistics.warmupFailures == 0
  }
}
