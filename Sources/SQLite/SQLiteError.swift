internal import CSQLite

/// An error of the SQLite library.
///
/// `description` never shows bound values or text that came with a request; `debugDescription` has
/// SQLite's own message, which may quote a search expression, and is not for logs.
package struct SQLiteError: Error, Sendable, Equatable {
  /// SQLite's extended result code.
  package let code: Int32
  /// SQLite's own message. It may quote what a caller searched for.
  package let message: String
  /// The `errno` behind an I/O error, otherwise 0.
  package let systemError: Int32
  /// Why SQLite stopped a statement on request, when it did.
  package let stop: Stop?
  /// Whether `message` can hold names of the schema only, and no values.
  private let messageIsSafe: Bool

  /// Who asked for a statement to be stopped.
  package enum Stop: Sendable {
    /// It ran through its budget of virtual machine steps.
    case budgetExceeded
    /// Another thread interrupted it, or the connection's stop check said so.
    case interrupted
  }

  /// An error as SQLite reports it.
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
  package var primaryCode: Int32 { code & 0xff }

  /// The disk, the quota, the greatest size of a file or `max_page_count` is exhausted. What failed
  /// was rolled back, or has to be; it works again once there is space.
  package var isDiskFull: Bool {
    if primaryCode == SQLITE_FULL { return true }
    return isIOError && !isFsyncFailure && csqlite_is_lack_of_space(systemError) != 0
  }

  /// The operating system failed to read, write, lock or sync.
  package var isIOError: Bool { primaryCode == SQLITE_IOERR }

  /// A sync failed: nobody knows what of the written data is on disk.
  package var isFsyncFailure: Bool {
    code == IOErrorCode.fsync || code == IOErrorCode.directoryFsync
  }

  /// The file is damaged, or is no SQLite file.
  package var isCorrupt: Bool { primaryCode == SQLITE_CORRUPT || primaryCode == SQLITE_NOTADB }

  /// A virtual table cannot read its own records, or not be opened at all. The only one here is the
  /// search index, which can be made again.
  package var isOfVirtualTable: Bool {
    code == Self.corruptVirtualTable || message.hasPrefix("vtable constructor failed")
      || message.hasPrefix("invalid fts5 file format")
  }

  /// What a statement of the search index, or a commit, reports when the index is at fault, and not
  /// the disk: it fails in its own ways, as wrong SQL and as a constraint too.
  package var canBeOfVirtualTable: Bool {
    isOfVirtualTable || isCorrupt || isConstraint || primaryCode == SQLITE_ERROR
  }

  private static let corruptVirtualTable = SQLITE_CORRUPT | (1 << 8)

  /// The file begins with something that is not a SQLite header.
  package var isNotADatabase: Bool { primaryCode == SQLITE_NOTADB }

  /// Another connection holds a lock that was waited for in vain.
  package var isBusy: Bool { primaryCode == SQLITE_BUSY || primaryCode == SQLITE_LOCKED }

  /// A UNIQUE, CHECK, NOT NULL or foreign key constraint refused the change. The statement had no
  /// effect; the transaction goes on.
  package var isConstraint: Bool { primaryCode == SQLITE_CONSTRAINT }

  /// The engine could not do its work, so that what the transaction holds by now is in doubt. Wrong
  /// SQL and refused constraints are not meant: they undo their own statement and nothing else.
  package var poisonsTransaction: Bool {
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
  package var description: String {
    let meaning = messageIsSafe ? message : String(cString: sqlite3_errstr(code))
    let system = systemError == 0 ? "" : ", errno \(systemError)"
    return "SQLite error \(code)\(system): \(meaning)"
  }

  /// As `description`, with SQLite's own message. Not for logs.
  package var debugDescription: String { "\(description) [\(message)]" }
}

/// Extended codes that the importer does not see, because they are macros with arithmetic in them.
enum IOErrorCode {
  static let fsync = SQLITE_IOERR | (4 << 8)
  static let directoryFsync = SQLITE_IOERR | (5 << 8)
  static let write = SQLITE_IOERR | (3 << 8)
}
