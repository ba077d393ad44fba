internal import CSQLite

/// The extent of a checkpoint.
public enum CheckpointMode: Sendable {
  /// Copies as many pages as readers permit and waits for none.
  case passive
  /// Waits for readers within the busy timeout, copies everything and truncates the log file.
  case truncate
}

/// The result of a checkpoint.
public struct CheckpointResult: Sendable, Equatable {
  /// True if readers kept it from finishing.
  public let busy: Bool
  /// The number of pages in the write-ahead log.
  public let logPages: Int
  /// The number of pages of the log that are in the database file by now.
  public let checkpointedPages: Int
}

extension Connection {
  /// Checkpoints the write-ahead log. Call it only on the one connection that writes: SQLite before
  /// 3.51.3 damages the file when one connection checkpoints while another commits
  /// (https://sqlite.org/wal.html#walresetbug).
  public func checkpoint(_ mode: CheckpointMode) throws(SQLiteError) -> CheckpointResult {
    var log: Int32 = 0
    var checkpointed: Int32 = 0
    let flag = mode == .passive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE
    let code = sqlite3_wal_checkpoint_v2(handle, nil, flag, &log, &checkpointed)
    guard code == SQLITE_OK || code & 0xff == SQLITE_BUSY else { throw lastError() }
    if mode == .truncate, code == SQLITE_OK { walPages = 0 }
    return CheckpointResult(
      busy: code != SQLITE_OK,
      logPages: Int(max(0, log)),
      checkpointedPages: Int(max(0, checkpointed))
    )
  }

  /// Turns SQLite's own checkpoints off and keeps ``walPages`` up to date instead.
  public func takeOverCheckpoints() {
    let context = Unmanaged.passUnretained(self).toOpaque()
    // The hook replaces the one that runs automatic checkpoints.
    sqlite3_wal_hook(
      handle,
      { context, _, _, pages in
        guard let context else { return SQLITE_OK }
        Unmanaged<Connection>.fromOpaque(context).takeUnretainedValue().walPages = Int(pages)
        return SQLITE_OK
      },
      context
    )
  }
}
