/// What a server connection has to know about time. Nothing here starts a timer: the driver asks
/// from time to time.
struct ServerTimers {
  private let startedAt: ContinuousClock.Instant
  private var sawFrame = false
  /// When the first byte of a frame that is still incomplete was seen.
  private var partialSince: ContinuousClock.Instant?
  private(set) var lastActivity: ContinuousClock.Instant
  /// The stream whose full queue keeps the connection from reading on, and since when.
  private(set) var heldBy: (stream: UInt32, since: ContinuousClock.Instant)?
  /// No call's deadline is earlier than this.
  private(set) var earliestDeadline: ContinuousClock.Instant?
  /// Since when the client has not taken output.
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

// Time and the end of a connection.
extension ServerConnection {
  /// When ``expire(now:)`` has something to do at the latest, as far as calls are concerned.
  public var nextDeadline: ContinuousClock.Instant? {
    let held = timers.heldBy.map { $0.since + .milliseconds(limits.fullStreamGraceMillis) }
    guard let held else { return timers.earliestDeadline }
    return min(held, timers.earliestDeadline ?? held)
  }

  /// Answers the calls whose deadline has passed and fails a stream that was full for too long.
  /// Returns the calls whose handlers must be told.
  public mutating func expire(
    now: ContinuousClock.Instant
  ) -> [(stream: UInt32, error: RPCError)] {
    var ended: [(stream: UInt32, error: RPCError)] = []
    if let held = timers.heldBy,
      now - held.since >= .milliseconds(limits.fullStreamGraceMillis)
    {
      let error = ServerErrors.streamFull(limits)
      finish(held.stream, error)
      ended.append((held.stream, error))
    }
    guard let earliest = timers.earliestDeadline, earliest <= now else { return ended }
    var next: ContinuousClock.Instant?
    var expired: [UInt32] = []
    for (stream, call) in calls {
      guard let deadline = call.deadline else { continue }
      if deadline <= now { expired.append(stream) } else { next = min(next ?? deadline, deadline) }
    }
    timers.setEarliest(next)
    for stream in expired {
      guard remove(stream) != nil else { continue }
      output.appendError(stream: stream, ServerErrors.deadlineExceeded)
      ended.append((stream, ServerErrors.deadlineExceeded))
    }
    return ended
  }

  /// Why the connection should be closed at `now`, if it should. `quiet` is how long a stock
  /// peer's connection must have been without a frame before a drain closes it.
  public func closeReason(
    now: ContinuousClock.Instant, quiet: Duration = .milliseconds(100)
  ) -> CloseReason? {
    if timers.writeTimedOut(limits, now) { return .writeTimeout }
    if timers.headerTimedOut(limits, now) { return .headerTimeout }
    if case .refusing = phase, !output.isEmpty { return .refused }
    guard calls.isEmpty else { return nil }
    if case .draining = phase, output.isEmpty,
      isExtended || (!timers.hasPartialFrame && now - timers.lastActivity >= quiet)
    {
      return .drained
    }
    return timers.idle(limits, now) ? .idle : nil
  }

  /// Tells whether the client takes the output: pass true while the socket does not.
  public mutating func outputStalled(
    _ stalled: Bool, now: @autoclosure () -> ContinuousClock.Instant
  ) {
    if !stalled {
      timers.stalledSince = nil
    } else if timers.stalledSince == nil {
      timers.stalledSince = now()
    }
  }

  /// The server takes no new calls from now on. Extended clients are told with GOAWAY, and what
  /// they send later is dropped, as GOAWAY promises; stock clients are served until they are quiet.
  public mutating func drain(graceMillis: Int) {
    guard case .serving = phase else { return }
    phase = .draining(lastStream: highestStream, graceMillis: graceMillis)
    if isExtended { sayGoaway(graceMillis: graceMillis) }
  }

  mutating func sayGoaway(graceMillis: Int) {
    phase = .draining(lastStream: highestStream, graceMillis: graceMillis)
    output.beginFrame(.goaway, stream: 0)
    GoawayBody(
      lastStreamID: highestStream, graceMillis: UInt32(clamping: graceMillis),
      reason: "the server is shutting down"
    ).append(to: &output.message)
    output.endFrame()
  }
}
