// Deadlines, timeouts and drain.
extension ServerConnection {
  /// The latest time at which ``expire(now:)`` must run for the calls, or nil if no call waits for
  /// time.
  public var nextDeadline: ContinuousClock.Instant? {
    let holder = timers.isHeld ? timers.heldBy : nil
    let held = holder.map { $0.since + .milliseconds(limits.fullStreamGraceMillis) }
    guard let held else { return timers.earliestDeadline }
    return min(held, timers.earliestDeadline ?? held)
  }

  /// Answers the calls past their deadline and fails a stream whose queue was full for too long.
  /// Returns the calls whose handlers must be notified.
  public mutating func expire(
    now: ContinuousClock.Instant
  ) -> [(stream: UInt32, error: RPCError)] {
    var ended: [(stream: UInt32, error: RPCError)] = []
    // A connection is idle from the end of its last call, not from its last frame.
    if !calls.isEmpty { timers.callsAreOpen(now) }
    if inbound.isWaiting { timers.inputWaits(until: now) }
    if timers.isHeld, let held = timers.heldBy,
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
      guard let call = remove(stream) else { continue }
      output.appendError(stream: stream, ServerErrors.deadlineExceeded)
      count(call, stream, ServerErrors.deadlineExceeded)
      ended.append((stream, ServerErrors.deadlineExceeded))
    }
    return ended
  }

  /// Returns the reason to close the connection at `now`, or nil. `quiet` is the time for which a
  /// stock peer's connection must have been without a frame before a drain closes it.
  public func closeReason(
    now: ContinuousClock.Instant,
    quiet: Duration = .milliseconds(100)
  ) -> CloseReason? {
    if timers.writeTimedOut(limits, now) { return .writeTimeout }
    if timers.headerTimedOut(limits, now) { return .headerTimeout }
    if inbound.isTooSlow(now) { return .slowRequest }
    if isTooLongUnauthenticated(now) { return .unauthenticated }
    if case .refusing = phase, !output.isEmpty { return .refused }
    guard calls.isEmpty else { return nil }
    // Calls may wait behind answers that the client has not taken; they are answered or refused.
    let isDone = output.isEmpty && !isFull
    if case .closing = phase, isDone { return .drained }
    if case .draining = phase, isDone,
      isExtended || (!timers.hasPartialFrame && now - timers.lastActivity >= quiet)
    {
      return .drained
    }
    return timers.idle(limits, now) ? .idle : nil
  }

  /// Records whether the client reads the output: pass true while the socket accepts no bytes.
  public mutating func outputStalled(
    _ stalled: Bool,
    now: @autoclosure () -> ContinuousClock.Instant
  ) {
    if !stalled {
      timers.stalledSince = nil
    } else if timers.stalledSince == nil {
      timers.stalledSince = now()
    }
  }

  /// Starts the drain: no new calls are accepted. Extended clients get GOAWAY, and the calls that
  /// they send later are dropped, as GOAWAY promises. Stock clients are served until they are
  /// quiet, or until ``stopReading()``.
  public mutating func drain(graceMillis: Int) {
    switch phase {
    case .serving, .waiting: break
    case .draining, .closing, .refusing: return
    }
    phase = .draining(lastStream: highestStream, graceMillis: graceMillis)
    if isExtended { sayGoaway(graceMillis: graceMillis) }
  }

  /// Starts the end of a drain: the connection asks for no more input, refuses the calls that have
  /// not begun, and ends when those in flight are answered. Calls whose client has more to send
  /// fail, because their messages are not read any more. Returns these, so that the driver can
  /// notify the handlers.
  public mutating func stopReading() -> [(stream: UInt32, error: RPCError)] {
    if case .draining(let last, _) = phase {
      phase = .closing(lastStream: last)
    } else {
      phase = .closing(lastStream: highestStream)
    }
    let unfinished = calls.filter { $0.value.takesMessages && !$0.value.remoteClosed }.map(\.key)
    for stream in unfinished { finish(stream, ServerErrors.draining) }
    return unfinished.map { ($0, ServerErrors.draining) }
  }

  mutating func sayGoaway(graceMillis: Int, reason: String = "the server is shutting down") {
    phase = .draining(lastStream: highestStream, graceMillis: graceMillis)
    output.beginFrame(.goaway, stream: 0)
    GoawayBody(
      lastStreamID: highestStream,
      graceMillis: UInt32(clamping: graceMillis),
      reason: reason
    ).append(to: &output.message)
    output.endFrame()
  }
}

// Places among the connections of a server.
extension ServerConnection {
  /// The time since which the connection has had nothing to do, or nil while it has a call or
  /// output, or is about to end. A part of a frame is nothing: it may stay one.
  public var idleSince: ContinuousClock.Instant? {
    guard calls.isEmpty, output.isEmpty, case .serving = phase else { return nil }
    return timers.lastActivity
  }

  /// True until the client's first whole frame.
  public var isSilent: Bool { !timers.sawFrame }

  /// Holds back the client's first frame, with ``ServerStep/blocked``, until
  /// ``placeDecided(refusal:)``. Call it before the first input.
  public mutating func waitForPlace() {
    if case .serving = phase { phase = .waiting }
  }

  /// Lets a connection go on that waits for a place. If `refusal` is set, every call fails with it.
  public mutating func placeDecided(refusal: RPCError?) {
    guard case .waiting = phase else { return }
    phase = refusal.map { .refusing($0) } ?? .serving
  }

  /// Fails every call with `error`, and ends the connection after the first. Call it before the
  /// first input.
  public mutating func refuseCalls(_ error: RPCError) {
    if case .refusing = phase { return }
    phase = .refusing(error)
  }

  /// Tells an extended client by GOAWAY that its idle connection ends, so that it repeats calls on
  /// another one that are under way to this one. Open calls of a client without an accepted key end
  /// with an error. Does nothing for other reasons.
  public mutating func announceEnd(_ reason: CloseReason) {
    guard case .serving = phase else { return }
    if reason == .unauthenticated { failUnauthenticated() }
    guard isExtended, [.idle, .evicted, .unauthenticated].contains(reason) else { return }
    sayGoaway(graceMillis: 0, reason: "\(reason)")
  }
}

// Connections without an accepted key.
extension ServerConnection {
  /// The largest data of a frame that the client may send now, in bytes.
  var maxRequestBytes: Int {
    if session.isAuthenticated { return limits.requestBytes }
    guard let bound = limits.unauthenticated?.requestBytes else { return limits.requestBytes }
    return min(bound, limits.requestBytes)
  }

  /// Takes the connection back from a caller that has lost its right, unless another one has an
  /// open call: the client has to prove again who it is, within the time for a key. Returns true if
  /// the connection was taken back.
  public mutating func dismissCaller(now: ContinuousClock.Instant) -> Bool {
    guard limits.unauthenticated != nil, session.isAuthenticated,
      session.caller?.refusal != nil, !hasCallOfAnotherCaller
    else { return false }
    session.isAuthenticated = false
    session.caller = nil
    timers.keyEnded(now)
    return true
  }

  /// True if a call is open whose caller has its right.
  private var hasCallOfAnotherCaller: Bool {
    calls.values.contains { call in
      guard let ownership = call.ownership else { return false }
      return ownership.owner.refusal == nil
    }
  }

  private func isTooLongUnauthenticated(_ now: ContinuousClock.Instant) -> Bool {
    guard !session.isAuthenticated, let bound = limits.unauthenticated else { return false }
    return timers.keyTimedOut(bound, now)
  }

  /// Answers the open calls with an error. The driver drops them with ``end()``.
  private mutating func failUnauthenticated() {
    guard let bound = limits.unauthenticated else { return }
    for stream in calls.keys.sorted() {
      output.appendError(stream: stream, ServerErrors.keyTooLate(bound))
    }
  }
}
