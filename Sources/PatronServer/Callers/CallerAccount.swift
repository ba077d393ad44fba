internal import Synchronization
internal import TTRPC

/// The use that the calls of one key or one store make of its limits, on all connections. It
/// outlives changes of the limits. Usable on any thread, without a lock.
final class CallerUsage: Sendable {
  let calls = RateMeter()
  let writes = RateMeter()
  let bytes = RateMeter()
  let openCalls = Atomic<Int>(0)
  let openScans = Atomic<Int>(0)

  private static let begin = ContinuousClock.now

  /// The time of the meters in nanoseconds, which the wall clock does not move.
  static var now: Int64 {
    // Before the present time: the first call sets it.
    let begin = begin
    let (seconds, attoseconds) = (ContinuousClock.now - begin).components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}

/// The limits of a key or a store at present, with the use that is made of them.
struct CallerAccount: Sendable {
  /// The subject of the limits, as the errors name it.
  enum Subject: String {
    case key
    case store
  }

  let subject: Subject
  let limits: CallerLimits
  let usage: CallerUsage

  /// Admits a call, or throws RESOURCE_EXHAUSTED with the name of the limit and the time to wait.
  /// Returns the places that the call holds until it ends.
  func admit(
    _ rule: MethodRule,
    bytes: Int,
    at now: Int64 = CallerUsage.now
  ) throws(RPCError) -> CallPlaces {
    if limits.callsPerSecond > 0,
      let wait = usage.calls.take(1, rate: limits.callsPerSecond, at: now)
    {
      throw exceeded(.callRate, limits.callsPerSecond, wait)
    }
    if limits.bytesPerSecond > 0,
      let wait = usage.bytes.take(bytes, rate: limits.bytesPerSecond, at: now)
    {
      throw exceeded(.byteRate, limits.bytesPerSecond, wait)
    }
    if rule.isWrite, limits.writesPerSecond > 0,
      let wait = usage.writes.take(1, rate: limits.writesPerSecond, at: now)
    {
      throw exceeded(.writeRate, limits.writesPerSecond, wait)
    }
    return try takePlaces(rule)
  }

  /// Charges the further items of a batch, or its answer, also beyond the limit: they delay later
  /// calls.
  func charge(writes: Int = 0, bytes: Int = 0, at now: @autoclosure () -> Int64 = CallerUsage.now) {
    if writes > 0, limits.writesPerSecond > 0 {
      usage.writes.charge(writes, rate: limits.writesPerSecond, at: now())
    }
    if bytes > 0, limits.bytesPerSecond > 0 {
      usage.bytes.charge(bytes, rate: limits.bytesPerSecond, at: now())
    }
  }

  /// Gives places back.
  func leave(_ places: CallPlaces) {
    if places.contains(callPlace) { usage.openCalls.wrappingSubtract(1, ordering: .relaxed) }
    if places.contains(scanPlace) { usage.openScans.wrappingSubtract(1, ordering: .relaxed) }
  }

  private func takePlaces(_ rule: MethodRule) throws(RPCError) -> CallPlaces {
    var places: CallPlaces = []
    if limits.callsAtOnce > 0 {
      guard Self.take(usage.openCalls, limits.callsAtOnce) else {
        throw exceeded(.callsAtOnce, limits.callsAtOnce, Self.callWait)
      }
      places.insert(callPlace)
    }
    if rule.isScan, limits.scansAtOnce > 0 {
      guard Self.take(usage.openScans, limits.scansAtOnce) else {
        leave(places)
        throw exceeded(.scansAtOnce, limits.scansAtOnce, Self.scanWait)
      }
      places.insert(scanPlace)
    }
    return places
  }

  /// Calls end within milliseconds, scans take seconds.
  private static let callWait = Duration.milliseconds(50)
  private static let scanWait = Duration.seconds(1)

  private var callPlace: CallPlaces { subject == .key ? .call : .storeCall }
  private var scanPlace: CallPlaces { subject == .key ? .scan : .storeScan }

  private static func take(_ count: borrowing Atomic<Int>, _ limit: Int) -> Bool {
    var open = count.load(ordering: .relaxed)
    while open < limit {
      let (isTaken, other) = count.weakCompareExchange(
        expected: open,
        desired: open + 1,
        ordering: .relaxed
      )
      if isTaken { return true }
      open = other
    }
    return false
  }

  private func exceeded(_ name: LimitName, _ limit: Int, _ wait: Duration) -> RPCError {
    .limitExceeded(name, of: subject.rawValue, limit, after: wait)
  }
}

/// The name of a limit, which is the reason of its error.
enum LimitName: String {
  case callRate = "CALL_RATE"
  case writeRate = "WRITE_RATE"
  case byteRate = "BYTE_RATE"
  case callsAtOnce = "CALLS_AT_ONCE"
  case scansAtOnce = "SCANS_AT_ONCE"

  /// The words of the error.
  var text: String {
    switch self {
    case .callRate: "calls in a second"
    case .writeRate: "records written in a second"
    case .byteRate: "bytes of requests and answers in a second"
    case .callsAtOnce: "calls at once"
    case .scansAtOnce: "exports at once"
    }
  }
}
