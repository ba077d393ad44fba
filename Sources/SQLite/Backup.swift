internal import CSQLite

/// A copy of a database that is made in steps (SQLite's online backup). It belongs to the thread of
/// both connections.
///
/// SQLite applies what the source's own connection commits between two steps to the copy, so that
/// no snapshot is held, and the copy is the source at the time of its last step. A rollback of
/// changes on that connection makes the copy begin again.
public final class Backup {
  private let source: Connection
  private let destination: Connection
  private let handle: OpaquePointer

  /// The state of a copy after a step.
  public enum Step: Sendable {
    /// Pages are left.
    case more
    /// Another process had a lock. Nothing was copied.
    case busy
    /// The copy is complete and committed; how far it is on disk is the destination's setting.
    case done
  }

  /// Begins a copy. What the destination holds is replaced; it must have no open transaction.
  public init(from source: Connection, to destination: Connection) throws(SQLiteError) {
    let handle = sqlite3_backup_init(destination.handle, "main", source.handle, "main")
    guard let handle else { throw destination.lastError(messageIsSafe: true) }
    self.source = source
    self.destination = destination
    self.handle = handle
  }

  deinit { sqlite3_backup_finish(handle) }

  /// Copies up to `pages` pages. An error, also one that a commit of the source met since the last
  /// step, ends the copy; the source is not affected.
  public func step(pages: Int) throws(SQLiteError) -> Step {
    let code = sqlite3_backup_step(handle, Int32(clamping: max(pages, 1)))
    switch code & 0xff {
    case SQLITE_OK: return .more
    case SQLITE_DONE: return .done
    case SQLITE_BUSY, SQLITE_LOCKED: return .busy
    default:
      throw SQLiteError(
        code: code,
        message: "the copy failed",
        systemError: csqlite_file_errno(destination.handle)
      )
    }
  }

  /// The number of pages of the source at the last step; 0 before the first.
  public var pageCount: Int { Int(sqlite3_backup_pagecount(handle)) }

  /// The number of pages that were left at the last step.
  public var remainingPages: Int { Int(sqlite3_backup_remaining(handle)) }
}
