internal import SQLite

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The reason why a database could not be opened. Every description says what to do.
package enum StoreOpenError: Error, Sendable, Equatable {
  /// The data directory cannot be created or used.
  case directory(path: String, problem: String)
  /// Another process uses the data directory. `pid` is nil if it could not be read.
  case inUse(path: String, pid: Int32?)
  /// Another process uses the database file, which it reached by another name of the file, or
  /// before the lock file was removed.
  case databaseInUse(path: String)
  /// The database was written by a newer version of the program.
  case newerVersion(path: String, found: Int, supported: Int)
  /// Litestream has put its tables into the file, and checkpoints it.
  case litestream(path: String)
  /// The file is another program's SQLite database.
  case notPatron(path: String)
  /// The file is damaged, or not a SQLite database at all.
  case damaged(path: String, detail: String)
  /// A migration failed and was rolled back.
  case migration(version: Int, name: String, detail: String)
  /// No space is left on the disk.
  case diskFull(path: String)
  /// The search index was rebuilt and is wrong nevertheless.
  case search(path: String, detail: String)
  /// SQLite cannot open or prepare the file.
  case engine(path: String, detail: String)
}

extension StoreOpenError {
  /// Maps an error of SQLite from opening the file at `path`.
  init(_ error: SQLiteError, path: String) {
    if error.isCorrupt {
      self = .damaged(path: path, detail: error.description)
    } else if error.isDiskFull {
      self = .diskFull(path: path)
    } else {
      self = .engine(path: path, detail: error.description)
    }
  }

  /// Maps an error from working on the file at `path`.
  init(_ error: any Error, working path: String) {
    switch error {
    case let error as StoreOpenError: self = error
    case let error as SQLiteError: self = StoreOpenError(error, path: path)
    case StoreError.diskFull: self = .diskFull(path: path)
    case StoreError.corrupt(let detail): self = .damaged(path: path, detail: detail)
    default: self = .engine(path: path, detail: "\(error)")
    }
  }

  /// Returns the system's message for an `errno`.
  static func text(errno code: Int32) -> String { String(cString: strerror(code)) }
}

extension StoreOpenError: CustomStringConvertible {
  /// The problem, the expected state and the remedy.
  package var description: String {
    switch self {
    case .directory(let path, let problem):
      return "cannot use the data directory \(path): \(problem); name another one or correct this"
    case .inUse(let path, let pid):
      let holder = pid.map { "process \($0)" } ?? "another process"
      return "the data directory \(path) is in use by \(holder); stop it first, or name another "
        + "directory"
    case .databaseInUse(let path):
      return "the database \(path) is in use by another process, which opened it under another "
        + "name or before patron.lock was removed; stop that process first, or name another "
        + "directory"
    case .newerVersion(let path, let found, let supported):
      return "the database \(path) has schema version \(found), this program knows versions up to "
        + "\(supported); use the newer program, or restore a backup made before it ran"
    case .litestream(let path):
      return "the database \(path) has tables of Litestream, which checkpoints it beside the "
        + "server: SQLite before 3.51.3 damages it then; stop Litestream, remove its tables as "
        + "docs/backup.md says, and make backups with `patrond backup`"
    case .notPatron(let path):
      return "the file \(path) is a SQLite database, but not Patron's; name another data directory"
    case .damaged(let path, let detail):
      return "the database \(path) is damaged or not a SQLite database (\(detail)); restore a "
        + "backup, or name another data directory"
    case .migration(let version, let name, let detail):
      return "migration \(version) (\(name)) failed and was undone: \(detail)"
    case .diskFull(let path):
      return "cannot open the database \(path): no space is left on the disk; make room first"
    case .search(let path, let detail):
      return "the search index of the database \(path) was made again, and is wrong (\(detail)); "
        + "run `patrond check`"
    case .engine(let path, let detail):
      return "cannot open the database \(path): \(detail)"
    }
  }
}
