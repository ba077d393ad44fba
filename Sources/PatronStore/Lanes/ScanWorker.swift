internal import SQLite

/// The work of one scan thread. Created and used on that thread only.
final class ScanWorker {
  private let connection: Connection
  private let limits: StoreLimits
  private let snapshots: SnapshotRegistry
  private let shortCalls: ShortCalls
  private let onSearchFault: @Sendable (SQLiteError) -> Void

  init(
    _ connection: Connection,
    _ limits: StoreLimits,
    _ snapshots: SnapshotRegistry,
    _ shortCalls: ShortCalls,
    _ onSearchFault: @escaping @Sendable (SQLiteError) -> Void
  ) {
    self.connection = connection
    self.limits = limits
    self.snapshots = snapshots
    self.shortCalls = shortCalls
    self.onSearchFault = onSearchFault
  }

  /// Runs one scan. Notifies its sink after the snapshot was closed.
  func run(_ scan: QueuedScan) {
    let control = scan.control
    switch scan.work {
    case .stream(let job):
      let stream = ScanStream(control, job.sink, stallMax: limits.scanStallMax)
      let result = inSnapshot(control) { try job.run($0, stream) }
      switch result {
      case .success: job.sink.finish(nil)
      case .failure(let error): job.sink.finish(error)
      }
    case .unary(let job):
      job.sink.deliver([Reply(job.token, inSnapshot(control, job.run))])
    }
  }

  private func inSnapshot<Value>(
    _ control: ScanControl,
    _ body: (ReadTransaction) throws -> Value
  ) -> Result<Value, any Error> {
    if let reason = control.stopReason() { return .failure(reason) }
    let transaction = ReadTransaction(connection, onSearchFault: onSearchFault) {
      control.stopReason()
    }
    control.begin(connection.interruptHandle, ageMax: limits.scanAgeMax)
    var pause = ScanPause(shortCalls)
    connection.setStopCheck {
      pause.yield()
      return control.stopReason() != nil
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
