import PatronClient
import TTRPC

/// The measurements of one loop; those of all loops are added up at the end.
struct LoopStatistics: Sendable {
  /// Time from the planned start to the answer, of calls that succeeded.
  var response = Latencies()
  /// Time from sending to the answer, of calls that succeeded. Empty in a closed loop, where it
  /// equals ``response``.
  var service = Latencies()
  /// Numbers of failed calls, by code.
  var failures: [StatusCode: UInt64] = [:]
  /// Numbers of failed calls, by code and reason, or by code and message without one. What comes
  /// after the first ``maxMessages`` is counted together.
  var messages: [String: UInt64] = [:]
  /// A message for each code and reason of ``messages``: some name a time, which differs.
  var examples: [String: String] = [:]
  /// Number of requests of an open loop that were not sent, because too many calls were in flight.
  var dropped: UInt64 = 0
  /// Number of requests of an open loop that were sent late.
  var late: UInt64 = 0
  /// The greatest delay of a late request, in nanoseconds.
  var maxLateness: UInt64 = 0
  /// Bytes of request messages.
  var bytesSent: UInt64 = 0
  /// Bytes of response messages.
  var bytesReceived: UInt64 = 0
  /// Time of the last answer, in nanoseconds of the monotonic clock.
  var lastEnd: UInt64 = 0
  /// Numbers of answers during the warm-up, and of those that were not OK.
  var warmupAnswers: UInt64 = 0
  var warmupFailures: UInt64 = 0
  var lostConnections: UInt64 = 0
  /// The values of one placeholder in answered requests; nil unless they are counted.
  var distinct: DistinctValues?
  let distinctPlaceholder: Int?

  private let isOpenLoop: Bool
  private var interval: IntervalStatistics?

  static let maxMessages = 20

  init(_ settings: LoadSettings, _ template: RequestTemplate) {
    isOpenLoop = settings.rate != nil
    interval = settings.showsProgress ? IntervalStatistics() : nil
    if settings.countsDistinct, let random = template.firstRandom {
      distinct = DistinctValues(random.range)
      distinctPlaceholder = distinct == nil ? nil : random.index
    } else {
      distinctPlaceholder = nil
    }
  }

  /// Number of calls that ended.
  var answers: UInt64 { response.count + failures.values.reduce(0, +) }

  @inline(__always)
  mutating func sent(_ bytes: Int, _ slot: CallSlot) {
    if slot.isMeasured { bytesSent += UInt64(bytes) }
  }

  @inline(__always)
  mutating func left(_ lateness: UInt64, _ slot: CallSlot) {
    guard slot.isMeasured, lateness >= OpenLoop.lateness else { return }
    late += 1
    maxLateness = max(maxLateness, lateness)
  }

  @inline(__always)
  mutating func succeeded(_ bytes: Int, _ slot: CallSlot, _ now: UInt64) {
    let time = now &- slot.planned
    if interval != nil { interval?.latencies.record(time) }
    guard slot.isMeasured else {
      warmupAnswers += 1
      return
    }
    response.record(time)
    if isOpenLoop { service.record(now &- slot.sent) }
    bytesReceived += UInt64(bytes)
    lastEnd = max(lastEnd, now)
  }

  mutating func failed(_ error: RPCError, _ slot: CallSlot, _ now: UInt64) {
    interval?.failures += 1
    guard slot.isMeasured else {
      warmupAnswers += 1
      warmupFailures += 1
      return
    }
    failures[error.code, default: 0] += 1
    if let reason = error.reason {
      let name = "\(error.code) \(reason)"
      if count(name, 1) == name, examples[name] == nil { examples[name] = error.message }
    } else {
      count("\(error)", 1)
    }
    lastEnd = max(lastEnd, now)
  }

  mutating func add(_ other: LoopStatistics) {
    response.add(other.response)
    service.add(other.service)
    for (code, number) in other.failures { failures[code, default: 0] += number }
    for (message, number) in other.messages {
      let name = count(message, number)
      if examples[name] == nil, let example = other.examples[name] { examples[name] = example }
    }
    dropped += other.dropped
    late += other.late
    maxLateness = max(maxLateness, other.maxLateness)
    bytesSent += other.bytesSent
    bytesReceived += other.bytesReceived
    lastEnd = max(lastEnd, other.lastEnd)
    warmupAnswers += other.warmupAnswers
    warmupFailures += other.warmupFailures
    lostConnections += other.lostConnections
    if let others = other.distinct { distinct?.add(others) }
  }

  mutating func takeInterval() -> IntervalStatistics {
    guard let taken = interval else { return IntervalStatistics() }
    interval = IntervalStatistics()
    return taken
  }

  /// Counts a message. Returns the one that it is counted as.
  @discardableResult
  private mutating func count(_ message: String, _ number: UInt64) -> String {
    let isKnown = messages[message] != nil
    let key = isKnown || messages.count < Self.maxMessages ? message : "other messages"
    messages[key, default: 0] += number
    return key
  }
}

/// The measurements of about one second, for the progress line.
struct IntervalStatistics: Sendable {
  var latencies = Latencies()
  var failures: UInt64 = 0
  var callsInFlight = 0

  mutating func add(_ other: IntervalStatistics) {
    latencies.add(other.latencies)
    failures += other.failures
    callsInFlight += other.callsInFlight
  }
}
