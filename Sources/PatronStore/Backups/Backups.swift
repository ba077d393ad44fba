internal import Synchronization

/// The backups of a database, one at a time. Usable on any thread.
package final class Backups: Sendable {
  private struct State: Sendable {
    /// The backup that runs, from the call until its end.
    var current: BackupTask?
    /// The same until the writer takes it.
    var waiting: BackupTask?
    var last: BackupRecord?
    var isClosed = false
  }

  private let state = Monitor(State())
  /// True if a backup waits for the writer, which looks after every batch.
  private let hasWaiting = Atomic<Bool>(false)
  /// The clock that dates finished backups.
  private let clock: WallClock

  init(clock: WallClock = .system) { self.clock = clock }

  /// The last backup that finished since the start; nil if there is none.
  package var last: BackupRecord? { state.withLock { $0.last } }

  /// True while a backup runs, its verification included.
  package var isRunning: Bool { state.withLock { $0.current != nil } }

  /// Makes `task` the backup that runs. Throws ``BackupError/running`` if there is one.
  func claim(_ task: BackupTask) throws {
    try state.withLock { state in
      if state.isClosed { throw StoreError.closing }
      guard state.current == nil else { throw BackupError.running }
      state.current = task
    }
  }

  /// Takes the claim back, before anything was written.
  func withdraw() { state.update { $0.current = nil } }

  /// Hands the claimed backup to the writer. Call it on the writer's thread, or wake the writer.
  func start(_ task: BackupTask) {
    state.withLock { $0.waiting = task }
    hasWaiting.store(true, ordering: .releasing)
  }

  /// Takes the backup that waits for the writer; nil if there is none.
  func take() -> BackupTask? {
    guard hasWaiting.load(ordering: .acquiring) else { return nil }
    hasWaiting.store(false, ordering: .releasing)
    return state.withLock { state in
      defer { state.waiting = nil }
      return state.waiting
    }
  }

  /// Ends a backup that did not finish, and tells its caller.
  func fail(_ task: BackupTask, _ error: any Error) {
    task.file.removePartial()
    state.update { $0.current = nil }
    task.onEnd(.failure(error))
  }

  /// Finishes a complete copy on a thread of its own, which yields to all others: verifies it,
  /// writes its sum, and gives it its name.
  func finish(_ task: BackupTask, migrations: [Migration]) {
    let result = LaneThread.start(name: "patron-backup", inBackground: true) { [self] in
      do {
        let record = try verified(task, migrations)
        state.update { state in
          state.current = nil
          state.last = record
        }
        task.onEnd(.success(record))
      } catch {
        fail(task, error)
      }
    }
    if result != 0 { fail(task, BackupError.system(result, task.file.path)) }
  }

  private func verified(_ task: BackupTask, _ migrations: [Migration]) throws -> BackupRecord {
    let file = task.file
    let facts = try CopyInspection.run(
      at: file.partial,
      named: file.path,
      migrations: migrations
    ) { task.isCancelled }
    let content = try BackupFile.content(of: file.partial) { _ throws(BackupError) in
      if task.isCancelled { throw .cancelled }
    }
    try file.publish(sha256: content.sha256)
    return BackupRecord(
      path: file.path,
      finishedAt: clock.now(),
      bytes: content.bytes,
      sha256: content.sha256,
      facts: facts
    )
  }

  /// Refuses further backups and cancels the one that runs.
  func stop() {
    state.withLock { state in
      state.isClosed = true
      state.current?.cancel()
    }
  }

  /// Waits for the end of the backup that runs. Call it after ``stop()`` and the end of the writer.
  func waitForEnd() { _ = state.wait { $0.current == nil ? true : nil } }
}
