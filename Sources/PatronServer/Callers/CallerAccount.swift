internal import PatronModel
internal import PatronStore
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
  /// The subject of the limits.
  enum Subject: Sendable, Hashable {
    case key(KeyID)
    case store(StoreID)

    /// The word of the errors and flags.
    var word: String {
      switch self {
      case .key: "key"
      case .store: "store"
      }
    }
  }

  let subject: Subject
  let limits: CallerLimits
  let usage: CallerUsage

  /// Admits a call, or throws the limit that it exceeds. Returns the places that the call
  /// holds until it ends.
  func admit(
    _ rule: MethodRule,
    bytes: Int,
    at now: Int64 = CallerUsage.now
  ) throws(LimitOverrun) -> CallPlaces {
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

  private func takePlaces(_ rule: MethodRule) throws(LimitOverrun) -> CallPlaces {
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

  private var isOfKey: Bool { if case .key = subject { true } else { false } }
  private var callPlace: CallPlaces { isOfKey ? .call : .storeCall }
  private var scanPlace: CallPlaces { isOfKey ? .scan : .storeScan }

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

  private func exceeded(_ name: LimitName, _ limit: Int, _ wait: Duration) -> LimitOverrun {
    LimitOverrun(subject: subject, name: name, limit: limit, wait: wait)
  }
}

/// A call beyond a limit of its key or store.
struct LimitOverrun: Error {
  let subject: CallerAccount.Subject
  let name: LimitName
  let limit: Int
  /// The time after which a call will be let in.
  let wait: Duration
}

/// The name of a limit, which is the reason of its error.
enum LimitName: String, CaseIterable {
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

  /// The flag of the server that sets the limit for every key or store.
  func flag(of subject: CallerAccount.Subject) -> String {
    let end =
      switch self {
      case .callRate: "call-rate"
      case .writeRate: "write-rate"
      case .byteRate: "byte-rate"
      case .callsAtOnce: "calls"
      case .scansAtOnce: "scans"
      }
    return "--max-\(subject.word)-\(end)"
  }

  /// The name in the limits of one key or store.
  var setting: String {
    switch self {
    case .callRate: "calls-per-second"
    case .writeRate: "writes-per-second"
    case .byteRate: "bytes-per-second"
    case .callsAtOnce: "concurrent-calls"
    case .scansAtOnce: "concurrent-scans"
    }
  }
}
