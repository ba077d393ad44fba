internal import SQLite

/// An open data directory: the writer, the scan lane, and point readers for I/O loops.
///
/// Open a directory once; a second opener, in this process or another, gets
/// ``StoreOpenError/inUse(path:pid:)``.
package final class Store: Sendable {
  /// Takes every write.
  package let writer: WriteLane
  /// Takes long reads.
  package let scans: ScanLane
  /// Counts commits.
  package let commitCounter: CommitCounter
  /// The limits the store was opened with.
  package let limits: StoreLimits
  /// Where the store lives.
  package let directory: DataDirectory
  let shortCalls: ShortCalls
  private let vfs: String?
  private let onSearchFault: @Sendable (SQLiteError) -> Void

  /// Opens the directory: takes its lock, brings the schema up to date, starts the lanes.
  package init(_ options: StoreOptions) throws(StoreOpenError) {
    let directory = try DataDirectory(path: options.directory)
    let commits = CommitCounter()
    let shortCalls = ShortCalls(commits: commits)
    let snapshots = SnapshotRegistry()
    let settings = WriterSettings(
      limits: options.limits,
      groupCommit: options.groupCommit,
      commits: commits,
      snapshots: snapshots,
      commitObserver: options.commitObserver,
      mendsSearch: options.mendsSearch,
      onNotice: options.onNotice,
      onFailStop: options.onFailStop ?? stopProcess
    )
    let path = directory.databasePath
    do throws(StoreOpenError) {
      writer = try WriteLane(settings, directory) { () throws(StoreOpenError) in
        try ConnectionOpening.writer(path, options)
      }
    } catch {
      directory.release()
      throw error
    }
    let onSearchFault = Self.searchFaultObserver(writer)
    do throws(StoreOpenError) {
      scans = try ScanLane(
        options.limits,
        snapshots,
        shortCalls,
        onSearchFault
      ) { () throws(StoreOpenError) in
        try ConnectionOpening.reader(path, options.limits, options.vfs)
      }
    } catch {
      writer.close()
      directory.release()
      throw error
    }
    self.directory = directory
    self.commitCounter = commits
    self.shortCalls = shortCalls
    self.limits = options.limits
    self.vfs = options.vfs
    self.onSearchFault = onSearchFault
  }

  /// Tells the writer that a reader met a search index that fails. It finds the reason by itself
  /// when it is told again, or marked the index already.
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
      // A writer that takes no more is told by the next reader.
      try? writer.submit(job)
    }
  }

  /// A store that is dropped without ``close()`` finishes in the background: the last reference may
  /// go on a lane's own thread, which cannot wait for itself.
  deinit {
    scans.stop()
    writer.stop()
  }

  /// A reader for one I/O loop; use it on that loop's thread only, and let go of it before
  /// ``close()``. `onSnapshotOpened` is called by the first read of each tick: call
  /// ``PointReader/endTick()`` at the end of that tick.
  package func makePointReader(
    onSnapshotOpened: @escaping () -> Void
  ) throws(StoreOpenError) -> PointReader {
    let connection = try ConnectionOpening.reader(directory.databasePath, limits, vfs)
    return PointReader(
      connection,
      commits: commitCounter,
      shortCalls: shortCalls,
      budgetSteps: limits.pointBudgetSteps,
      onSearchFault: onSearchFault,
      onSnapshotOpened: onSnapshotOpened
    )
  }

  /// Ends scans, finishes the writes that are queued, empties the write-ahead log and gives the
  /// directory back. Call it on a thread of your own, not in a handler. Returns the pages left in
  /// the log: 0, unless a point reader is in a tick.
  @discardableResult
  package func close() -> Int {
    scans.close()
    let left = writer.close()
    directory.release()
    return left
  }

  /// How many records there are now.
  package func counts() throws -> RecordCounts {
    let connection = try ConnectionOpening.reader(directory.databasePath, limits, vfs)
    return try AllRecords(ReadTransaction(connection)).counts()
  }

  /// Returns what `look` says of the records as they are now.
  package func warnings(_ look: (ReadTransaction) throws -> [String]) throws -> [String] {
    let connection = try ConnectionOpening.reader(directory.databasePath, limits, vfs)
    return try look(ReadTransaction(connection))
  }

  /// Checks the file: SQLite's `integrity_check` and `foreign_key_check`, then `checks`, all in one
  /// snapshot, and then the search index. Returns what is wrong; empty is well. It holds the
  /// snapshot as long as it runs, so use it on a store that takes no writes.
  package func check(
    _ checks: [@Sendable (ReadTransaction) throws -> [String]] = []
  ) throws -> [String] {
    let connection = try ConnectionOpening.reader(directory.databasePath, limits, vfs)
    let transaction = ReadTransaction(connection)
    do throws(SQLiteError) {
      try connection.begin()
    } catch {
      throw StoreError(error)
    }
    // Closing the connection ends the snapshot.
    return try StoreCheck.findings(transaction, checks) + searchFindings()
  }

  /// What is wrong with the search index. SQLite takes its check of it for a write.
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

  /// The shape of the search index in words; nil when it cannot be read.
  package func searchShape() throws -> String? {
    let connection = try ConnectionOpening.reader(directory.databasePath, limits, vfs)
    return try SearchIndex.structure(connection)?.description
  }
}
