internal import SQLite

/// An open database: the writer, the lanes of long reads, and point readers for I/O loops.
///
/// Open a directory once. A second opener, in this process or another, gets
/// ``StoreOpenError/inUse(path:pid:)``.
package final class Store: Sendable {
  /// The lane of every write.
  package let writer: WriteLane
  /// The lane of streams.
  package let scans: ScanLane
  /// The lane of unary reads that take long. Streams do not delay them.
  package let reads: ScanLane
  /// The count of commits, shared with the point readers.
  package let commitCounter: CommitCounter
  package let limits: StoreLimits
  /// The version of the schema.
  package let schemaVersion: Int
  /// The locked data directory.
  package let directory: DataDirectory
  /// The measurements of the threads of the database.
  package let meter: StoreMeter
  /// The backups: the one that runs, and the last one.
  package let backups: Backups
  /// The records that were read lately, shared by the point readers; nil for none.
  package let records: RecordCache?
  let shortCalls: ShortCalls
  private let snapshots: SnapshotRegistry
  private let freeSpace: @Sendable (String) -> Int?
  private let vfs: String?
  private let onSearchFault: @Sendable (SQLiteError) -> Void

  /// Opens the directory: takes its lock, migrates the schema and starts the lanes.
  package init(_ options: StoreOptions) throws(StoreOpenError) {
    let directory = try DataDirectory(path: options.directory)
    let commits = CommitCounter()
    let shortCalls = ShortCalls(commits: commits)
    let snapshots = SnapshotRegistry()
    let meter = StoreMeter()
    let backups = Backups()
    let records = RecordCache(bytes: options.limits.recordCacheBytes)
    let settings = WriterSettings(
      options,
      commits: commits,
      snapshots: snapshots,
      meter: meter,
      records: records,
      backups: backups
    )
    do throws(StoreOpenError) {
      writer = try WriteLane(
        settings,
        directory,
        open: { () throws(StoreOpenError) in try ConnectionOpening.writer(directory, options) },
        openPin: { () throws(StoreOpenError) in
          var limits = options.limits
          limits.readerMapBytes = 0
          return try ConnectionOpening.reader(directory, limits, options.vfs, cacheBytes: 64 << 10)
        }
      )
    } catch {
      directory.release()
      throw error
    }
    let onSearchFault = Self.searchFaultObserver(writer)
    let limits = options.limits
    let vfs = options.vfs
    let makeWorker: @Sendable () throws(StoreOpenError) -> ScanWorker = {
      () throws(StoreOpenError) in
      let connection = try ConnectionOpening.reader(
        directory,
        limits,
        vfs,
        cacheBytes: limits.scanCacheBytes
      )
      return ScanWorker(connection, limits, snapshots, shortCalls, meter, onSearchFault)
    }
    do throws(StoreOpenError) {
      scans = try ScanLane(.scans(limits), makeWorker)
      do throws(StoreOpenError) {
        reads = try ScanLane(.reads(limits), makeWorker)
      } catch {
        scans.close()
        throw error
      }
    } catch {
      writer.close()
      directory.release()
      throw error
    }
    self.directory = directory
    self.backups = backups
    self.commitCounter = commits
    self.shortCalls = shortCalls
    self.meter = meter
    self.records = records
    self.snapshots = snapshots
    freeSpace = options.freeBytes
    self.limits = options.limits
    schemaVersion = options.migrations.last?.version ?? 0
    self.vfs = options.vfs
    self.onSearchFault = onSearchFault
  }

  /// Returns an observer that reports a reader's search failure to the writer. Repeated reports, or
  /// reports of an index that is marked already, have no effect.
  private static func searchFaultObserver(
    _ writer: WriteLane
  ) -> @Sendable (SQLiteError) -> Void {
    { error in
      let job = WriteJob(
        deadline: nil,
        bytes: 0,
        sink: NobodyWaits(),
        token: ReplyToken(group: 0, item: 0)
      ) { transaction in
        _ = try transaction.search.known(in: transaction.read)
        transaction.noteSearchFault(error.description)
        return []
      }
      // If the writer refuses the job, the next reader reports the failure again.
      try? writer.submit(job)
    }
  }

  /// Stops the lanes without waiting. A store released without ``close()`` finishes in the
  /// background: the last reference may go on a lane's own thread, which cannot join itself.
  deinit {
    scans.stop()
    reads.stop()
    backups.stop()
    writer.stop()
  }

  /// The version of the SQLite library.
  package static var libraryVersion: String { SQLiteLibrary.version }

  /// The age of the oldest snapshot that a stream or long read holds; zero if there is none.
  package var oldestSnapshotAge: Duration { snapshots.oldestAge }

  /// The bytes of the database's file, without its log. One system call.
  package var databaseBytes: Int { FileIdentity.size(at: directory.databasePath) ?? 0 }

  /// The bytes that are free on the disk of the data directory; nil if it is unknown. One system
  /// call, which may block while the disk does.
  package var freeDiskBytes: Int? { freeSpace(directory.path) }

  /// A number that grows before a change of any store's settings is acknowledged.
  package var settingsVersion: UInt64 { commitCounter.settingsVersion }

  /// A number that grows before a change of the limits of any store's calls is acknowledged.
  package var limitsVersion: UInt64 { commitCounter.limitsVersion }

  /// A number that grows before a change of API keys, of their names or of the list of stores is
  /// acknowledged. What is read after the number has every change that it counts.
  package var keysVersion: UInt64 { commitCounter.keysVersion }

  /// Makes connections read their keys and the limits of their calls again, as after a change of
  /// both. May be called on any thread.
  package func renewCallers() {
    commitCounter.bumpKeys()
    commitCounter.bumpLimits()
  }

  /// Returns all keys, names and stores, from a snapshot of its own. May be called on any thread.
  package func keyDirectory() throws -> KeyDirectory {
    let connection = try ConnectionOpening.reader(directory, limits, vfs)
    let transaction = ReadTransaction(connection)
    do throws(SQLiteError) {
      try connection.begin()
    } catch {
      throw StoreError(error)
    }
    // Closing the connection ends the snapshot.
    return try KeyDirectory(transaction)
  }

  /// Makes a reader for one I/O loop. Use it on that loop's thread only, and release it before
  /// ``close()``. The first snapshot of each tick calls `onSnapshotOpened`; call
  /// ``PointReader/endTick()`` at the end of that tick.
  package func makePointReader(
    onSnapshotOpened: @escaping () -> Void
  ) throws(StoreOpenError) -> PointReader {
    let connection = try ConnectionOpening.reader(directory, limits, vfs)
    return PointReader(
      connection,
      commits: commitCounter,
      shortCalls: shortCalls,
      budget: limits.pointBudget,
      records: records,
      onSearchFault: onSearchFault,
      onSnapshotOpened: onSnapshotOpened
    )
  }

  /// Ends scans and a backup, finishes the queued writes, truncates the write-ahead log and
  /// releases the directory. Blocks: call it on a thread of your own, never in a handler. Returns
  /// the pages left in the log: 0 unless a point reader is in a tick.
  @discardableResult
  package func close() -> Int {
    scans.close()
    reads.close()
    backups.stop()
    let left = writer.close()
    backups.waitForEnd()
    directory.release()
    return left
  }

  /// Returns the present number of records of each kind.
  package func counts() throws -> RecordCounts {
    let connection = try ConnectionOpening.reader(directory, limits, vfs)
    return try AllRecords(ReadTransaction(connection)).counts()
  }

  /// Returns the warnings that `look` finds in the present records.
  package func warnings(_ look: (ReadTransaction) throws -> [String]) throws -> [String] {
    let connection = try ConnectionOpening.reader(directory, limits, vfs)
    return try look(ReadTransaction(connection))
  }

  /// Runs `body` on a connection of its own, outside of any snapshot. May be called on any thread.
  /// It opens the connection, so it is not for every call.
  package func read<Result>(_ body: (ReadTransaction) throws -> Result) throws -> Result {
    try body(ReadTransaction(try ConnectionOpening.reader(directory, limits, vfs)))
  }

  /// Checks the file: SQLite's `integrity_check` and `foreign_key_check` and then `checks`, all in
  /// one snapshot, and last the search index. Returns the findings; an empty array means that all
  /// is well. The snapshot is held for the whole check, so use it on a database that takes no
  /// writes.
  package func check(
    _ checks: [@Sendable (ReadTransaction) throws -> [String]] = []
  ) throws -> [String] {
    let connection = try ConnectionOpening.reader(directory, limits, vfs)
    let transaction = ReadTransaction(connection)
    do throws(SQLiteError) {
      try connection.begin()
    } catch {
      throw StoreError(error)
    }
    // Closing the connection ends the snapshot.
    return try StoreCheck.findings(transaction, checks) + searchFindings()
  }

  /// Returns the findings about the search index. The check runs on the writer, because for SQLite
  /// it is a write.
  private func searchFindings() throws -> [String] {
    let answer = SingleReply()
    try writer.submit(
      WriteJob(deadline: nil, bytes: 0, sink: answer, token: ReplyToken(group: 0, item: 0)) {
        let findings = try SearchInspection.findings($0.connection)
        return Array(findings.joined(separator: "\n").utf8)
      }
    )
    do {
      return String(decoding: try answer.wait(), as: UTF8.self)
        .split(separator: "\n").map(String.init)
    } catch let error as SQLiteError where error.isCorrupt {
      return ["damaged: \(error)"]
    }
  }

  /// Returns a description of the search index's shape, or nil if it cannot be read.
  package func searchShape() throws -> String? {
    let connection = try ConnectionOpening.reader(directory, limits, vfs)
    return try SearchIndex.structure(connection)?.description
  }
}
