/// The times that a server connection keeps. Nothing here starts a timer: the driver asks from time
/// to time.
struct ServerTimers {
  private let startedAt: ContinuousClock.Instant
  private var sawFrame = false
  /// The time at which the first byte of a frame that is still incomplete arrived.
  private var partialSince: ContinuousClock.Instant?
  private(set) var lastActivity: ContinuousClock.Instant
  /// The stream whose full queue stops reading, and the time since which it does.
  private(set) var heldBy: (stream: UInt32, since: ContinuousClock.Instant)?
  /// A lower bound of the deadlines of all calls, or nil if no call has one.
  private(set) var earliestDeadline: ContinuousClock.Instant?
  /// The time since which the client has not read output, or nil while it reads.
  var stalledSince: ContinuousClock.Instant?

  init(startedAt: ContinuousClock.Instant) {
    self.startedAt = startedAt
    lastActivity = startedAt
  }

  mutating func frameArrived(_ now: ContinuousClock.Instant) {
    sawFrame = true
    partialSince = nil
    heldBy = nil
    lastActivity = now
  }

  mutating func callsAreOpen(_ now: ContinuousClock.Instant) { lastActivity = now }

  mutating func waiting(partialFrame: Bool, _ now: ContinuousClock.Instant) {
    if partialFrame {
      if partialSince == nil { partialSince = now }
    } else {
      partialSince = nil
    }
  }

  mutating func held(by stream: UInt32, _ now: ContinuousClock.Instant) {
    partialSince = nil
    if heldBy?.stream != stream { heldBy = (stream, now) }
  }

  var hasPartialFrame: Bool { partialSince != nil }

  func isHeld(by stream: UInt32) -> Bool { heldBy?.stream == stream }

  mutating func released(by stream: UInt32) {
    if heldBy?.stream == stream { heldBy = nil }
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

  func idle(_ limits: Limits, _ now: ContinuousClock.Instant) -> Bool {
    limits.idleTimeoutMillis > 0
      && now - lastActivity > .milliseconds(limits.idleTimeoutMillis)
  }

  func writeTimedOut(_ limits: Limits, _ now: ContinuousClock.Instant) -> Bool {
    guard limits.writeTimeoutMillis > 0, let stalledSince else { return false }
    return now - stalledSince > .milliseconds(limits.writeTimeoutMillis)
  }
}
