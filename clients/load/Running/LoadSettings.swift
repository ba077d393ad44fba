import TTRPC

/// What a run does, with every default filled in and checked.
struct LoadSettings: Sendable {
  var target: ClientTarget
  var method: Method
  /// Calls in flight: always so many in a closed loop, at most so many in an open one.
  var callers: Int
  var connections: Int
  var threads = 1
  /// nil: a closed loop.
  var rate: RatePlan?
  /// Requests that are measured, or nil for as many as the time allows.
  var total: UInt64?
  /// How long requests are measured, or nil until ``total`` were sent.
  var duration: Duration?
  var warmup = Duration.zero
  /// Answers that belong to the warm-up, however long that takes.
  var skipFirst: UInt64 = 0
  /// The deadline of each call.
  var timeout = Duration.seconds(20)
  var connectTimeout = Duration.seconds(10)
  var countsDistinct = false
  /// True when somebody wants to see how it goes.
  var showsProgress = false
}

extension Duration {
  /// Whole nanoseconds; 0 for negative ones, and 292 years at most.
  var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    guard seconds < Int64.max / 1_000_000_000 else { return UInt64(Int64.max) }
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
  }
}
