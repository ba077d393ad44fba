internal import CSQLite

/// An error of the SQLite library.
///
/// `description` never shows bound values or text that came with a request; `debugDescription` has
/// SQLite's own message, which may quote a search expression, and is not for logs.
public struct SQLiteError: Error, Sendable, Equatable {
  /// SQLite's extended result code.
  public let code: Int32
  /// SQLite's own message. It may quote a caller's search expression.
  public let message: String
  /// The `errno` behind an I/O error, otherwise 0.
  public let systemError: Int32
  /// The reason why a statement was stopped on request, or nil.
  public let stop: Stop?
  /// True if `message` can hold names of the schema only, and no values.
  private let messageIsSafe: Bool

  /// The reason why a statement was stopped.
  public enum Stop: Sendable {
    /// It used up its ``WorkBudget``.
    case budgetExceeded
    /// Another thread interrupted it, or the connection's stop check returned true.
    case interrupted
  }

  /// Creates an error as SQLite reports it.
  init(
    code: Int32,
    message: String,
    systemError: Int32 = 0,
    stop: Stop? = nil,
    messageIsSafe: Bool = false
  ) {
    self.code = code
    self.message = message
    self.systemError = systemError
    self.stop = stop
    self.messageIsSafe = messageIsSafe || code & 0xff == SQLITE_CONSTRAINT
  }

  /// The result code without its extension.
  public var primaryCode: Int32 { code & 0xff }

  /// True if the disk, the quota, the largest file size or `max_page_count` is exhausted. The
  /// failed work was rolled back, or must be; it works again once there is space.
  public var isDiskFull: Bool {
    if primaryCode == SQLITE_FULL { return true }
    return isIOError && !isFsyncFailure && csqlite_is_lack_of_space(systemError) != 0
  }

  /// True if the operating system failed to read, write, lock or sync.
  public var isIOError: Bool { primaryCode == SQLITE_IOERR }

  /// True if a sync failed: it is unknown which of the written data is on disk.
  public var isFsyncFailure: Bool {
    code == IOErrorCode.fsync || code == IOErrorCode.directoryFsync
  }

  /// True if the file is damaged, or is not an SQLite file.
  public var isCorrupt: Bool { primaryCode == SQLITE_CORRUPT || primaryCode == SQLITE_NOTADB }

  /// True if a virtual table cannot read its own records, or cannot be opened at all. The only
  /// virtual table is the search index, which can be rebuilt.
  public var isOfVirtualTable: Bool {
    code == Self.corruptVirtualTable || message.hasPrefix("vtable constructor failed")
      || message.hasPrefix("invalid fts5 file format")
  }

  /// True if the error may come from a damaged search index rather than from the disk, when a
  /// statement of the index or a commit reports it. The index fails in its own ways, also as wrong
  /// SQL and as a constraint.
  public var canBeOfVirtualTable: Bool {
    isOfVirtualTable || isCorrupt || isConstraint || primaryCode == SQLITE_ERROR
  }

  private static let corruptVirtualTable = SQLITE_CORRUPT | (1 << 8)

  /// True if the wait for a lock of another connection timed out.
  public var isBusy: Bool { primaryCode == SQLITE_BUSY || primaryCode == SQLITE_LOCKED }

  /// True if a UNIQUE, CHECK, NOT NULL or foreign key constraint refused the change. The statement
  /// had no effect; the transaction goes on.
  public var isConstraint: Bool { primaryCode == SQLITE_CONSTRAINT }

  /// True if the engine failed, so that the contents of the transaction are in doubt. Wrong SQL and
  /// refused constraints do not count: they undo only their own statement.
  public var poisonsTransaction: Bool {
    switch primaryCode {
    case SQLITE_CONSTRAINT, SQLITE_ERROR, SQLITE_TOOBIG, SQLITE_MISMATCH, SQLITE_RANGE,
      SQLITE_MISUSE, SQLITE_AUTH:
      return false
    default:
      return true
    }
  }
}

extension SQLiteError: CustomStringConvertible, CustomDebugStringConvertible {
  /// The code and its meaning, without any values.
  public var description: String {
    let meaning = messageIsSafe ? message : String(cString: sqlite3_errstr(code))
    let system = systemError == 0 ? "" : ", errno \(systemError)"
    return "SQLite error \(code)\(system): \(meaning)"
  }

  /// As `description`, with SQLite's own message. Not for logs.
  public var debugDescription: String { "\(description) [\(message)]" }
}

/// Extended codes that Swift does not import, because they are macros with arithmetic.
enum IOErrorCode {
  static let fsync = SQLITE_IOERR | (4 << 8)
  static let directoryFsync = SQLITE_IOERR | (5 << 8)
  static let write = SQLITE_IOERR | (3 << 8)
}
