internal import SQLite

/// The signals that other threads send to a scan: stop, the client accepts messages again, or it is
/// the scan's turn.
final class ScanControl: Sendable {
  private struct State: Sendable {
    var stop: StoreError?
    var resumes: UInt64 = 0
    /// True from the start of a turn until the scan has noticed it.
    var hasTurn = false
    var interrupt: InterruptHandle?
    var ageEnd: ContinuousClock.Instant?
    var beganAt: ContinuousClock.Instant?
  }

  private let state = Monitor(State())
  let deadline: ContinuousClock.Instant?
  /// The call that gets the single reply. Nil for scans that stream messages.
  let token: ReplyToken?

  init(deadline: ContinuousClock.Instant?, token: ReplyToken? = nil) {
    self.deadline = deadline
    self.token = token
  }

  /// Asks the scan to end with this error. Only the first reason counts.
  func stop(_ error: StoreError) {
    state.update { state in
      guard state.stop == nil else { return }
      state.stop = error
      // Interrupt under the lock: once `end` has returned, the connection may serve another scan.
      state.interrupt?.interrupt()
    }
  }

  /// Notes that the client accepts messages again.
  func resume() { state.update { $0.resumes += 1 } }

  /// Begins the scan, on its thread. From now on a stop interrupts the running statement.
  func begin(_ interrupt: InterruptHandle, ageMax: Duration) {
    state.withLock { state in
      let now = ContinuousClock.now
      state.interrupt = interrupt
      state.beganAt = now
      state.ageEnd = now.advanced(by: ageMax)
    }
  }

  /// The time at which the scan has begun, or nil before.
  var beganAt: ContinuousClock.Instant? { state.withLock { $0.beganAt } }

  /// Ends the scan, on its thread. From now on the connection is left alone.
  func end() { state.withLock { $0.interrupt = nil } }

  /// Returns the reason why the scan must end, or nil if it may go on.
  func stopReason(now: ContinuousClock.Instant = .now) -> StoreError? {
    state.withLock { Self.reason($0, deadline, now) }
  }

  /// Resumes so far. A scan whose message was refused waits for the next resume.
  var resumes: UInt64 { state.withLock { $0.resumes } }

  /// Blocks until the client accepts messages again and returns true, or returns false at `end`.
  /// Throws the reason if the scan must end first.
  func waitForResume(
    after seen: UInt64,
    until end: ContinuousClock.Instant
  ) throws(StoreError) -> Bool {
    try wait(until: end) { $0.resumes != seen }
  }

  /// Gives the scan its next turn.
  func giveTurn() { state.update { $0.hasTurn = true } }

  /// Blocks until the scan gets its next turn. Throws the reason if it must end first.
  func waitForTurn() throws(StoreError) {
    while try !wait(until: nil, { $0.hasTurn }) {}
    state.withLock { $0.hasTurn = false }
  }

  /// Blocks until `isOver` and returns true, or returns false at `end`. Throws the reason if the
  /// scan must end.
  private func wait(
    until end: ContinuousClock.Instant?,
    _ isOver: (State) -> Bool
  ) throws(StoreError) -> Bool {
    let now = ContinuousClock.now
    let ageEnd = state.withLock { $0.ageEnd }
    let first = [end, ageEnd, deadline].compactMap { $0 }.min()
    let woken: StoreError?? = state.wait(timeout: first.map { now.duration(to: $0) }) { state in
      if let stop = state.stop { return .some(stop) }
      return isOver(state) ? .some(nil) : nil
    }
    if let woken {
      if let stop = woken { throw stop }
      return true
    }
    if let reason = stopReason() { throw reason }
    return false
  }

  private static func reason(
    _ state: State,
    _ deadline: ContinuousClock.Instant?,
    _ now: ContinuousClock.Instant
  ) -> StoreError? {
    if let stop = state.stop { return stop }
    if let deadline, deadline <= now { return .deadlineExceeded }
    if let ageEnd = state.ageEnd, ageEnd <= now { return .snapshotTooOld(.age) }
    return nil
  }
}
