internal import SQLite

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A copy in the making. Created and used on the writer's thread only; it must be released before
/// the writer's connection is closed.
///
/// The connection that writes makes the copy itself: SQLite applies its commits to the copy, so no
/// snapshot is held and the write-ahead log is reset as usual. Another connection would have to
/// hold a snapshot for the whole copy, or begin again with every commit.
final class BackupCopy {
  let task: BackupTask
  private let backup: Backup
  private let sync: CopySync
  private let freeBytes: () -> Int?
  /// Free space that the copy leaves on its disk, in bytes.
  private let spareBytes: Int
  private let now: () -> ContinuousClock.Instant
  /// The earliest time of the next slice.
  private(set) var nextSlice: ContinuousClock.Instant
  private var nextReport: ContinuousClock.Instant
  /// True if the writer ran a batch since the last slice.
  var isShared = false
  private var copied = 0
  /// Pages that were copied since the last sync began.
  private var unsynced = 0
  private(set) var restarts = 0

  /// Pages of a slice, and of a step of it.
  static let slicePages = 256
  private static let stepPages = 32
  /// The time after which a slice ends, however few pages it has.
  private static let sliceTime = Duration.milliseconds(2)
  /// The pause after a slice while others write, in multiples of the slice: four leave them four
  /// fifths of the thread.
  private static let pauseFactor = 4
  /// Pages after which the copy waits for a sync that still runs: 32 MiB.
  private static let pagesOfSync = 8192
  /// The time between two looks at a sync that holds the copy up.
  private static let syncPause = Duration.milliseconds(5)
  private static let reportInterval = Duration.seconds(1)
  /// Restarts up to which slices grow, each time to the double.
  private static let maxDoublings = 8
  /// Restarts after which a copy fails.
  static let maxRestarts = 100

  /// Creates the file and begins the copy.
  init(
    _ task: BackupTask,
    of source: Connection,
    in directory: String,
    _ settings: WriterSettings
  ) throws {
    try task.file.requireFree(beside: directory)
    try task.file.create()
    let destination = try Connection(
      path: task.file.partial,
      mode: .readWrite,
      busyTimeoutMilliseconds: 0
    )
    // An unfinished copy is worth nothing, so it needs neither a journal nor syncs.
    try destination.execute(
      """
      PRAGMA journal_mode=OFF;
      PRAGMA synchronous=OFF;
      PRAGMA locking_mode=EXCLUSIVE;
      PRAGMA cache_size=-2048;
      """
    )
    self.task = task
    backup = try Backup(from: source, to: destination)
    sync = CopySync(path: task.file.partial)
    let target = task.file.directory
    freeBytes = { settings.freeBytes(target) }
    spareBytes = Self.shareDisk(directory, target) ? settings.limits.diskReserveBytes ?? 0 : 0
    now = settings.now
    nextSlice = settings.now()
    nextReport = settings.now() + Self.reportInterval
  }

  /// Copies the next slice. Returns true when the copy is complete. Throws the reason why it ends
  /// otherwise; the database is not affected.
  func copySlice() throws -> Bool {
    if task.isCancelled { throw BackupError.cancelled }
    if spareBytes > 0, let free = freeBytes(), free < spareBytes {
      throw BackupError.diskFull(path: task.file.path)
    }
    if let code = sync.error { throw BackupError.system(code, task.file.path) }
    let start = now()
    if unsynced >= Self.pagesOfSync, sync.isRunning {
      nextSlice = start + Self.syncPause
      return false
    }
    let isDone: Bool
    do throws(SQLiteError) {
      isDone = try copyPages(from: start)
    } catch {
      throw BackupError(error, path: task.file.path)
    }
    guard !isDone else { return true }
    try notePages()
    let end = now()
    nextSlice = isShared ? end + start.duration(to: end) * Self.pauseFactor : end
    isShared = false
    if end >= nextReport {
      nextReport = end + Self.reportInterval
      task.onProgress(BackupProgress(copied: copied, total: backup.pageCount))
    }
    return false
  }

  private func copyPages(from start: ContinuousClock.Instant) throws(SQLiteError) -> Bool {
    let doublings = min(restarts, Self.maxDoublings)
    var left = Self.slicePages << doublings
    let time = Self.sliceTime * (1 << doublings)
    while left > 0 {
      switch try backup.step(pages: min(left, Self.stepPages)) {
      case .done: return true
      case .busy: return false
      case .more: left -= Self.stepPages
      }
      if start.duration(to: now()) >= time { break }
    }
    return false
  }

  /// Notes what was copied. If a transaction that was rolled back made the copy begin again, slices
  /// grow, so that the copy ends although others go on failing.
  private func notePages() throws {
    let copied = backup.pageCount - backup.remainingPages
    defer { self.copied = copied }
    unsynced += max(0, copied - self.copied)
    if unsynced >= Self.pagesOfSync, !sync.isRunning {
      unsynced = 0
      sync.begin()
    }
    guard copied < self.copied else { return }
    restarts += 1
    guard restarts <= Self.maxRestarts else {
      throw BackupError.failed(
        path: task.file.path,
        detail: "\(restarts) transactions were rolled back meanwhile, and each made it begin "
          + "again; try again when fewer writes fail"
      )
    }
  }

  /// Returns true if two directories are on the same disk.
  private static func shareDisk(_ one: String, _ other: String) -> Bool {
    var (first, second) = (stat(), stat())
    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev
  }
}
