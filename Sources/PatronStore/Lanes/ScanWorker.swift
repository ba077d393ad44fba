internal import SQLite

/// The work of one scan thread. Created and used on that thread only.
final class ScanWorker {
  private let connection: Connection
  private let limits: StoreLimits
  private let snapshots: SnapshotRegistry
  private let shortCalls: ShortCalls
  private let meter: StoreMeter
  private let onSearchFault: @Sendable (SQLiteError) -> Void

  init(
    _ connection: Connection,
    _ limits: StoreLimits,
    _ snapshots: SnapshotRegistry,
    _ shortCalls: ShortCalls,
    _ meter: StoreMeter,
    _ onSearchFault: @escaping @Sendable (SQLiteError) -> Void
  ) {
    self.connection = connection
    self.limits = limits
    self.snapshots = snapshots
    self.shortCalls = shortCalls
    self.meter = meter
    self.onSearchFault = onSearchFault
  }

  /// Runs one scan, which has a permit. Notifies its sink after the snapshot was closed. Returns
  /// the length of its last turn, in nanoseconds.
  func run(_ scan: QueuedScan, on lane: ScanLane) -> Int {
    let turn = ScanTurn(scan.control, lane)
    meter.note(wait: scan.madeAt.duration(to: .now).seconds, in: lane.limits.lane)
    switch scan.work {
    case .stream(let job):
      let stream = ScanStream(turn, job.sink, stallMax: limits.scanStallMax)
      let result = inSnapshot(turn) { try job.run($0, stream) }
      noteEnd(result)
      switch result {
      case .success: job.sink.finish(nil)
      case .failure(let error): job.sink.finish(error)
      }
    case .unary(let job):
      let result = inSnapshot(turn, job.run)
      noteEnd(result)
      job.sink.deliver([Reply(job.token, result, note: job.note)])
    }
    return turn.cost()
  }

  private func noteEnd<Value>(_ result: Result<Value, any Error>) {
    if case .failure(let error) = result { return meter.note(scanEnded: error) }
    meter.note(scanEnded: nil)
  }

  private func inSnapshot<Value>(
    _ turn: ScanTurn,
    _ body: (ReadTransaction) throws -> Value
  ) -> Result<Value, any Error> {
    let control = turn.control
    if let reason = control.stopReason() { return .failure(reason) }
    let transaction = ReadTransaction(connection, onSearchFault: onSearchFault) {
      control.stopReason()
    }
    control.begin(connection.interruptHandle, ageMax: limits.scanAgeMax)
    var pause = ScanPause(shortCalls)
    connection.setStopCheck {
      pause.yield()
      let now = ContinuousClock.now
      if control.stopReason(now: now) != nil { return true }
      do throws(StoreError) {
        try turn.yieldIfDue(at: now)
        return false
      } catch {
        return true
      }
    }
    snapshots.add(control)
    defer {
      connection.setStopCheck(nil)
      control.end()
      endSnapshot()
      snapshots.remove(control)
    }
    return Result {
      do throws(SQLiteError) {
        try connection.begin()
      } catch {
        throw StoreError(error)
      }
      return try body(transaction)
    }
  }

  private func endSnapshot() {
    guard connection.isInTransaction else { return }
    // Ending a read transaction fails only if it has already ended.
    try? connection.rollback()
  }
}
