/// The times that a server connection keeps. Nothing here starts a timer: the driver asks from time
/// to time.
struct ServerTimers {
  private var startedAt: ContinuousClock.Instant
  /// The time since which the client has had no accepted key: the connection's start, or the end of
  /// its key. Input that waits for the server does not move it.
  private var keylessSince: ContinuousClock.Instant
  private(set) var sawFrame = false
  /// The time at which the first byte of a frame that is still incomplete arrived.
  private var partialSince: ContinuousClock.Instant?
  private(set) var lastActivity: ContinuousClock.Instant
  /// The stream whose full queue stops reading, and the time since which it does.
  private(set) var heldBy: (stream: UInt32, since: ContinuousClock.Instant)?
  /// True from the time at which the queue of `heldBy` was found full until its handler consumes.
  private(set) var isHeld = false
  /// A lower bound of the deadlines of all calls, or nil if no call has one.
  private(set) var earliestDeadline: ContinuousClock.Instant?
  /// The time since which the client has not read output, or nil while it reads.
  var stalledSince: ContinuousClock.Instant?

  init(startedAt: ContinuousClock.Instant) {
    self.startedAt = startedAt
    keylessSince = startedAt
    lastActivity = startedAt
  }

  mutating func frameArrived(_ now: ContinuousClock.Instant) {
    sawFrame = true
    partialSince = nil
    heldBy = nil
    isHeld = false
    lastActivity = now
  }

  /// Records that the client's key has ended.
  mutating func keyEnded(_ now: ContinuousClock.Instant) { keylessSince = now }

  mutating func callsAreOpen(_ now: ContinuousClock.Instant) { lastActivity = now }

  mutating func waiting(partialFrame: Bool, _ now: ContinuousClock.Instant) {
    if partialFrame {
      if partialSince == nil { partialSince = now }
    } else {
      partialSince = nil
    }
  }

  /// Records that input waits for the server: the client is not late with the rest of a frame.
  mutating func inputWaits() { partialSince = nil }

  /// Records that input waited for the server until `now`, so the connection is not idle, and its
  /// first frame not late.
  mutating func inputWaits(until now: ContinuousClock.Instant) {
    startedAt = now
    partialSince = nil
    lastActivity = now
  }

  /// Moves every time at which a wait for the client began. Deadlines stay: they are the client's.
  mutating func forgive(_ stall: Duration) {
    startedAt += stall
    keylessSince += stall
    lastActivity += stall
    partialSince = partialSince.map { $0 + stall }
    stalledSince = stalledSince.map { $0 + stall }
    if let held = heldBy { heldBy = (held.stream, held.since + stall) }
  }

  mutating func held(by stream: UInt32, _ now: ContinuousClock.Instant) {
    if heldBy?.stream != stream { heldBy = (stream, now) }
    isHeld = true
  }

  /// Records that a stream's handler has consumed messages. Returns true if reading waited for it.
  mutating func consumed(by stream: UInt32) -> Bool {
    guard heldBy?.stream == stream else { return false }
    isHeld = false
    return true
  }

  var hasPartialFrame: Bool { partialSince != nil }

  mutating func released(by stream: UInt32) {
    guard heldBy?.stream == stream else { return }
    heldBy = nil
    isHeld = false
  }

  mutating func add(_ deadline: ContinuousClock.Instant) {
    earliestDeadline = min(earliestDeadline ?? deadline, deadline)
  }

  mutating func setEarliest(_ deadline: ContinuousClock.Instant?) { earliestDeadline = deadline }

  func headerTimedOut(_ limits: Limits, _ now: ContinuousClock.Instant) -> Bool {
    guard limits.headerTimeoutMillis > 0 else { return false }
    let bound = Duration.milliseconds(limits.headerTimeoutMillis)
    if let partialSince { return now - partialSince > bound }
    return !sawFrame && now - startedAt > bound
  }

  func keyTimedOut(_ limits: UnauthenticatedLimits, _ now: ContinuousClock.Instant) -> Bool {
    now - keylessSince > .milliseconds(limits.timeoutMillis)
  }

  func idle(_ limits: Limits, _ now: ContinuousClock.Instant) -> Bool {
    limits.idleTimeoutMillis > 0
      && now - lastActivity > .milliseconds(limits.idleTimeoutMillis)
  }

  func writeTimedOut(_ limits: Limits, _ now: ContinuousClock.Instant) -> Bool {
    guard limits.writeTimeoutMillis > 0, let stalledSince else { return false }
    return now - stalledSince > .milliseconds(limits.writeTimeoutMillis)
  }
}
