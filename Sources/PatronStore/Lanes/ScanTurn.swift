/// The turn of a running scan: the time for which it has a permit of its lane. It belongs to the
/// scan's thread.
final class ScanTurn {
  let control: ScanControl
  private let lane: ScanLane
  private var began: ContinuousClock.Instant
  private var isParked = false

  /// Begins the first turn of a scan that has a permit.
  init(_ control: ScanControl, _ lane: ScanLane) {
    self.control = control
    self.lane = lane
    began = .now
  }

  /// The turns that a turn may count as. A scan that nobody waits for goes on in its turn for
  /// minutes: if all of that counted, the others would run for as long before its next turn.
  private static let maxTurns = 4

  /// Returns the length of the turn up to now, in nanoseconds, but no more than that of a few whole
  /// turns. That of a parked scan is over.
  func cost(at now: ContinuousClock.Instant = .now) -> Int {
    if isParked { return 0 }
    return min(began.duration(to: now), lane.limits.turn * Self.maxTurns).nanoseconds
  }

  /// Lets other scans run if the turn is over and they wait, and blocks until the next turn. Throws
  /// the reason if the scan must end.
  func yieldIfDue(at now: ContinuousClock.Instant) throws(StoreError) {
    guard lane.isContended, began.duration(to: now) >= lane.limits.turn else { return }
    lane.yield(control, cost: cost(at: now))
    try control.waitForTurn()
    began = .now
  }

  /// Parks the scan until its client accepts messages again, and then waits for the next turn.
  /// Throws the reason if the scan must end. Only the first wait counts as a stall of the client.
  func park(after seen: UInt64, stallMax: Duration) throws(StoreError) {
    guard control.resumes == seen else { return }
    let now = ContinuousClock.now
    let cost = cost(at: now)
    isParked = true
    lane.park(control, at: now)
    let stallEnd = now.advanced(by: stallMax)
    if let patience = lane.limits.evictableAfter {
      let evictable = min(stallEnd, now.advanced(by: patience))
      if try control.waitForResume(after: seen, until: evictable) {
        return try unpark(cost: cost)
      }
      // From now on a scan that waits for a place may get this one.
      lane.reconsider()
    }
    guard try control.waitForResume(after: seen, until: stallEnd) else {
      throw .snapshotTooOld(.stall)
    }
    try unpark(cost: cost)
  }

  private func unpark(cost: Int) throws(StoreError) {
    lane.unpark(control, cost: cost)
    try control.waitForTurn()
    isParked = false
    began = .now
  }
}

extension Duration {
  /// Whole nanoseconds, for durations of less than 292 years.
  fileprivate var nanoseconds: Int {
    let (seconds, attoseconds) = components
    return Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
  }
}
