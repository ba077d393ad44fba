internal import SQLite

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The write lane: one thread that owns the only read-write connection and does every write and
/// every checkpoint.
///
/// Group commit needs no timer: the jobs queued during the last sync form the next transaction, up
/// to its limits. Stores that write at the same time share it. Replies leave after COMMIT returned.
package final class WriteLane: Sendable {
  private let queue: WriteQueue
  private let thread: LaneThread
  private let summary: Monitor<CloseSummary?>

  /// The result of the writer's last work.
  struct CloseSummary: Sendable {
    /// Pages that the last checkpoint left in the write-ahead log.
    let logPagesLeft: Int
  }

  /// Starts the thread, which opens its connection with `open`, and with `openPin` one for the pin
  /// of the log. Returns when both are open. The thread retains `directory`, and with it the lock,
  /// until it has closed the connections.
  init(
    _ settings: WriterSettings,
    _ directory: DataDirectory,
    open: @escaping @Sendable () throws(StoreOpenError) -> Connection,
    openPin: @escaping @Sendable () throws(StoreOpenError) -> Connection
  ) throws(StoreOpenError) {
    let queue = WriteQueue(settings.limits)
    let opened = Monitor<Result<Void, StoreOpenError>?>(nil)
    let summary = Monitor<CloseSummary?>(nil)
    self.queue = queue
    self.summary = summary
    self.thread = LaneThread(name: "patron-writer") {
      let writer: Writer
      do throws(StoreOpenError) {
        var reserve = DiskReserve(
          in: directory.path,
          bytes: settings.limits.diskReserveBytes,
          freeBytes: settings.freeBytes
        )
        let connection = try Self.open(open, &reserve)
        let changedRecords = try Self.observe(connection, settings.records, directory)
        writer = Writer(
          connection,
          settings,
          queue,
          OwnFiles(of: directory),
          reserve,
          pin: LogPin(try openPin()),
          databaseSync: DatabaseSync(directory.database),
          changedRecords: changedRecords
        )
        writer.prepareReserve()
      } catch {
        opened.update { $0 = .failure(error) }
        return
      }
      let claim = WriterClaim(path: directory.databasePath)
      opened.update { $0 = .success(()) }
      writer.work()
      let left = writer.finish()
      _ = consume claim
      summary.update { $0 = CloseSummary(logPagesLeft: left) }
    }
    if let result = opened.wait({ $0 }) { try result.get() }
  }

  /// Queues a job whose reply goes to its sink. Throws ``StoreError/queueFull(retryAfter:flag:)``,
  /// or ``StoreError/closing`` or ``StoreError/failStop`` if no more jobs are accepted; the sink is
  /// not called then.
  package func submit(_ job: WriteJob) throws(StoreError) { try queue.submit(job) }

  /// Reserves room for a write of `store` that is being prepared and will take `bytes` of memory.
  /// Throws as ``submit(_:)`` does, so that a write that cannot be queued is not prepared.
  package func reserve(_ bytes: Int, for store: String) throws(StoreError) -> WriteReservation {
    try WriteReservation(bytes, for: store, in: queue)
  }

  /// Drops the waiting job with this token, because its caller is gone. Its sink gets
  /// ``StoreError/cancelled``. A job that runs, or continues work that is already on disk, is
  /// unaffected.
  package func abandon(_ token: ReplyToken) { queue.abandon(token) }

  /// A number that stays as it is while the queue goes on refusing what it has just refused: a
  /// write of the same store that takes no less memory. Needs no lock.
  package var roomVersion: UInt64 { queue.roomVersion }

  /// Jobs that wait for the writer now.
  package var queuedCount: Int { queue.count }

  /// The present load of the queue.
  package var load: Load { queue.load }

  /// The work that waits for the writer.
  package struct Load: Sendable, Equatable {
    package let jobs: Int
    /// Memory of the jobs that wait or are being prepared.
    package let bytes: Int
    /// The time until all that waits is committed, as expected from recent transactions.
    package let wait: Duration
  }

  /// Refuses new jobs, finishes the queued ones, checkpoints and closes the connection. Returns the
  /// pages left in the write-ahead log: 0 unless a reader is still open.
  @discardableResult
  func close() -> Int {
    stop()
    thread.join()
    return summary.withLock { $0?.logPagesLeft ?? 0 }
  }

  /// Does the same as ``close()`` without joining the thread.
  func stop() { queue.close(.closing) }

  /// Makes the connection report the cached records that it changes.
  private static func observe(
    _ connection: Connection,
    _ cache: RecordCache?,
    _ directory: DataDirectory
  ) throws(StoreOpenError) -> ChangedRecords? {
    guard let cache else { return nil }
    do {
      return try ChangedRecords(cache, on: connection)
    } catch {
      throw StoreOpenError(error, path: directory.databasePath)
    }
  }

  /// Opens the connection. On a full disk the reserve is given up for it.
  private static func open(
    _ open: () throws(StoreOpenError) -> Connection,
    _ reserve: inout DiskReserve
  ) throws(StoreOpenError) -> Connection {
    do throws(StoreOpenError) {
      return try open()
    } catch {
      guard case .diskFull = error, reserve.giveUp() else { throw error }
      return try open()
    }
  }
}

/// The configuration of a writer.
struct WriterSettings: Sendable {
  var limits: StoreLimits
  /// True to commit jobs in groups; false to give each job its own transaction.
  var groupCommit: Bool
  var commits: CommitCounter
  var snapshots: SnapshotRegistry
  var meter: StoreMeter
  /// The records that the I/O loops share; nil for none.
  var records: RecordCache?
  /// Called on the writer's thread after every commit that changed records, before replies leave.
  var commitObserver: (@Sendable ([RecordChange]) -> Void)?
  /// True to rebuild a failed search index while writes continue.
  var mendsSearch: Bool
  /// See ``StoreOptions/beginsStores``.
  var beginsStores: Bool
  var upkeep: Upkeep?
  var backups: Backups
  /// The migrations of the schema, by which a copy is verified.
  var migrations: [Migration]
  /// Receives messages for the operator, without personal data.
  var onNotice: (@Sendable (String) -> Void)?
  /// Receives events for a log.
  var onEvent: (@Sendable (StoreEvent) -> Void)?
  /// Called once if the disk fails under the writer, or if its files are taken away.
  var onFailStop: @Sendable (String) -> Void
  /// Returns the free space of the disk that has a path, in bytes; nil if it is unknown.
  var freeBytes: @Sendable (String) -> Int?
  /// The clock of the looks at the files.
  var now: @Sendable () -> ContinuousClock.Instant

  init(
    _ options: StoreOptions,
    commits: CommitCounter,
    snapshots: SnapshotRegistry,
    meter: StoreMeter,
    records: RecordCache?,
    backups: Backups
  ) {
    limits = options.limits
    groupCommit = options.groupCommit
    self.commits = commits
    self.snapshots = snapshots
    self.meter = meter
    self.records = records
    commitObserver = options.commitObserver
    mendsSearch = options.mendsSearch
    beginsStores = options.beginsStores
    upkeep = options.upkeep
    self.backups = backups
    migrations = options.migrations
    onNotice = options.onNotice
    onEvent = options.onEvent
    onFailStop = options.onFailStop ?? stopProcess
    freeBytes = options.freeBytes
    now = options.now
  }
}

/// Handles a failed disk and lost files by default: writes one line to stderr and ends the process.
/// Continuing would acknowledge writes that may not be on disk.
@Sendable
func stopProcess(_ reason: String) {
  let line = "patrond: stopping at once: \(reason)\n"
  _ = line.withCString { write(2, $0, strlen($0)) }
  _exit(74)
}
