import TTRPC
import TTRPCNIO

/// The settings of a run, checked and with defaults filled in.
struct LoadSettings: Sendable {
  /// The settings of every connection: target, TLS and key.
  var client: ClientConfiguration
  var method: Method
  /// Number of calls in flight: constant in a closed loop, the maximum in an open loop.
  var callers: Int
  var connections: Int
  var threads = 1
  /// The plan of an open loop; nil selects a closed loop.
  var rate: RatePlan?
  /// Number of measured requests; nil for no limit other than ``duration``.
  var total: UInt64?
  /// Duration of the measurement; nil for no limit other than ``total``.
  var duration: Duration?
  var warmup = Duration.zero
  /// Number of answers that belong to the warm-up, regardless of ``warmup``.
  var skipFirst: UInt64 = 0
  var timeout = Duration.seconds(20)
  var countsDistinct = false
  /// True if a progress line is shown.
  var showsProgress = false

  init(target: ClientTarget, method: Method, callers: Int, connections: Int) {
    client = ClientConfiguration(target: target)
    self.method = method
    self.callers = callers
    self.connections = connections
  }

  var target: ClientTarget { client.target }
}

extension Duration {
  /// Whole nanoseconds; 0 for negative durations, at most 292 years.
  var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    guard seconds < Int64.max / 1_000_000_000 else { return UInt64(Int64.max) }
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
  }
}
