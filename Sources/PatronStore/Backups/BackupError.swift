internal import SQLite

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The reason why a backup could not be made or taken back. Descriptions name paths and numbers,
/// never content.
package enum BackupError: Error, Sendable, Equatable {
  /// Another backup runs.
  case running
  /// A file of this name exists, or the name is one of the database's own.
  case pathTaken(path: String)
  /// The directory of the file does not exist, or is a file.
  case directoryMissing(path: String)
  /// The data directory for a copy has a database.
  case directoryUsed(path: String)
  /// No space is left for the copy, or a copy on the database's own disk would take the reserve.
  case diskFull(path: String)
  /// The caller cancelled.
  case cancelled
  /// The copy could not be written, read or verified.
  case failed(path: String, detail: String)
}

extension BackupError {
  /// Maps a failed system call on the file at `path`.
  static func system(_ code: Int32, _ path: String) -> BackupError {
    if [ENOSPC, EDQUOT, EFBIG].contains(code) { return .diskFull(path: path) }
    return .failed(path: path, detail: StoreOpenError.text(errno: code))
  }

  /// Maps an error of SQLite while the copy at `path` is made or read.
  init(_ error: SQLiteError, path: String) {
    if error.stop == .interrupted {
      self = .cancelled
    } else if error.isDiskFull {
      self = .diskFull(path: path)
    } else {
      self = .failed(path: path, detail: error.description)
    }
  }
}

extension BackupError: CustomStringConvertible {
  /// The problem and the remedy.
  package var description: String {
    switch self {
    case .running:
      return "another backup runs; wait for its end, or cancel it"
    case .pathTaken(let path):
      return "the file \(path) exists, or belongs to the database; name another file"
    case .directoryMissing(let path):
      return "there is no directory \(path); make it first, for the user of the server"
    case .directoryUsed(let path):
      return "the data directory \(path) has a database already; name an empty one, and keep the "
        + "old one until the restored one is checked"
    case .diskFull(let path):
      return "no space is left for the copy \(path), beside what the database itself needs; make "
        + "room, or name a file on another disk"
    case .cancelled: return "the backup was cancelled"
    case .failed(let path, let detail): return "the copy \(path) failed: \(detail)"
    }
  }
}
