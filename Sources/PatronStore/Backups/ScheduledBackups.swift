internal import Synchronization

/// The backups that a server makes by itself. The time of the next counts from the newest copy in
/// the directory, so that a restart neither skips nor repeats one. Usable on any thread.
package final class ScheduledBackups: Sendable {
  /// The end of a scheduled backup.
  package enum Event: Sendable {
    /// It is on disk; these older ones were removed.
    case finished(BackupRecord, removed: [String])
    /// It failed, or the older ones could not be removed.
    case failed(any Error)
  }

  private struct State {
    /// The time of the next backup, in microseconds since 1970; nil if only the directory knows it.
    var nextAt: Int64?
    var isRunning = false
    var result: Result<BackupRecord, any Error>?

    /// Takes the result of the backup that has ended; nil if there is none.
    mutating func take() -> Result<BackupRecord, any Error>? {
      guard let result else { return nil }
      self.result = nil
      isRunning = false
      return result
    }
  }

  private let folder: BackupFolder
  /// The time between two backups, in microseconds.
  private let interval: Int64
  private let keep: Int
  private let store: Store
  private let clock: WallClock
  private let state = Mutex(State())

  /// The time before a backup that failed is tried again, in microseconds, unless the interval is
  /// shorter.
  private static let pause: Int64 = 300_000_000
  /// Copies from further in the future than this come of a wrong clock and do not count, in
  /// microseconds.
  private static let maxLead: Int64 = 60_000_000

  /// Makes a schedule, and removes unfinished backups of earlier processes. `keep` is the number of
  /// copies that stay.
  package init(
    in folder: BackupFolder,
    every interval: Duration,
    keep: Int,
    of store: Store,
    clock: WallClock
  ) throws(BackupError) {
    precondition(keep > 0, "a schedule that keeps no backup")
    self.folder = folder
    self.interval = Int64(interval / .microseconds(1))
    self.keep = keep
    self.store = store
    self.clock = clock
    try folder.removePartials()
  }

  /// Begins a backup if one is due. Returns the end of the last one, once. Call it about once a
  /// second.
  package func step() -> Event? {
    let now = clock.now()
    if let result = state.withLock({ $0.take() }) { return end(result, at: now) }
    guard !state.withLock({ $0.isRunning }) else { return nil }
    do {
      guard try isDue(at: now) else { return nil }
      try begin(at: now)
      return nil
    } catch BackupError.running {
      // That of an operator: look again when it has ended.
      state.withLock { $0.isRunning = false }
      return nil
    } catch {
      state.withLock { $0.isRunning = false }
      return end(.failure(error), at: now)
    }
  }

  private func isDue(at now: Int64) throws -> Bool {
    if let next = state.withLock({ $0.nextAt }) { return now >= next }
    let newest = try folder.times().first { $0 <= now + Self.maxLead }
    let next = newest.map { $0 + interval } ?? now
    state.withLock { $0.nextAt = next }
    return now >= next
  }

  private func begin(at now: Int64) throws {
    state.withLock { $0.isRunning = true }
    let task = BackupTask(folder.file(at: now)) { [weak self] result in
      self?.state.withLock { $0.result = result }
    }
    try store.beginBackup(task)
  }

  private func end(_ result: Result<BackupRecord, any Error>, at now: Int64) -> Event {
    do {
      let record = try result.get()
      state.withLock { $0.nextAt = nil }
      return .finished(record, removed: try folder.removeAll(butNewest: keep))
    } catch {
      state.withLock { $0.nextAt = now + min(interval, Self.pause) }
      return .failed(error)
    }
  }
}
