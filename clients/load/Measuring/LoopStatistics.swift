import TTRPC

/// What one loop measured; the loops' are added up at the end.
struct LoopStatistics: Sendable {
  /// From the planned start to the answer, of calls that succeeded.
  var response = Latencies()
  /// From sending to the answer, of calls that succeeded; in a closed loop the same as ``response``
  /// and left empty.
  var service = Latencies()
  /// Calls that did not succeed, by code.
  var failures: [StatusCode: UInt64] = [:]
  /// The same by code and message; messages past the first ``mostMessages`` count as one.
  var messages: [String: UInt64] = [:]
  /// Requests of an open loop that were not sent, because too many calls were in flight.
  var dropped: UInt64 = 0
  /// Requests of an open loop that left late.
  var late: UInt64 = 0
  /// The latest one, in nanoseconds.
  var mostLate: UInt64 = 0
  /// Bytes of request messages.
  var bytesSent: UInt64 = 0
  /// Bytes of response messages.
  var bytesReceived: UInt64 = 0
  /// When the last call ended.
  var lastEnd: UInt64 = 0
  /// Answers before measuring began, and those among them that were not OK.
  var warmupAnswers: UInt64 = 0
  var warmupFailures: UInt64 = 0
  var lostConnections: UInt64 = 0
  /// The values of one placeholder that were answered, when they are counted.
  var distinct: DistinctValues?
  let distinctPlaceholder: Int?

  private let isOpenLoop: Bool
  private var interval: IntervalStatistics?

  static let mostMessages = 20

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

  /// Calls that ended.
  var answers: UInt64 { response.count + failures.values.reduce(0, +) }

  @inline(__always)
  mutating func sent(_ bytes: Int, _ slot: CallSlot) {
    if slot.isMeasured { bytesSent += UInt64(bytes) }
  }

  @inline(__always)
  mutating func left(_ lateness: UInt64, _ slot: CallSlot) {
    guard slot.isMeasured, lateness >= OpenLoop.lateness else { return }
    late += 1
    mostLate = max(mostLate, lateness)
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
    count("\(error)", 1)
    lastEnd = max(lastEnd, now)
  }

  mutating func add(_ other: LoopStatistics) {
    response.add(other.response)
    service.add(other.service)
    for (code, number) in other.failures { failures[code, default: 0] += number }
    for (message, number) in other.messages { count(message, number) }
    dropped += other.dropped
    late += other.late
    mostLate = max(mostLate, other.mostLate)
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

  private mutating func count(_ message: String, _ number: UInt64) {
    let isKnown = messages[message] != nil
    let key = isKnown || messages.count < Self.mostMessages ? message : "other messages"
    messages[key, default: 0] += number
  }
}

/// What happened in about a second, for the progress line.
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
