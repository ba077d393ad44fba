#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A data directory into which a backup is restored. It is locked until the end.
///
/// The copy is verified, migrated and corrected in a directory below, and gets its name last: a
/// restore that is interrupted leaves a directory without a database.
package final class RestoreSite: Sendable {
  private let directory: DataDirectory

  /// The backup as it was read.
  package struct Staged: Sendable {
    package let facts: CopyFacts
    package let content: BackupFile.Content
    /// True if the file with the sum was there; the sum was right then.
    package let hadSum: Bool
  }

  /// Makes and locks the data directory. Throws ``BackupError/directoryUsed(path:)`` if it has a
  /// database, ``StoreOpenError`` if it cannot be used.
  package init(into path: String) throws {
    try Self.requireUnused(path)
    directory = try DataDirectory(path: path)
    // Another process may have used it until now.
    try Self.requireUnused(directory.path)
    removeStage()
  }

  /// The directory in which the copy is prepared. A ``Store`` can open it.
  package var stagePath: String { directory.path + "/restore.partial" }

  private var stagedDatabase: String { stagePath + "/patron.db" }

  private static func requireUnused(_ path: String) throws(BackupError) {
    for name in ["/patron.db", "/patron.db-wal"] where size(path + name) > 0 {
      throw .directoryUsed(path: path)
    }
  }

  /// Copies the backup, compares its sum, and checks its structure and its schema.
  package func stage(_ file: BackupFile, migrations: [Migration]) throws -> Staged {
    guard Self.size(file.path + "-wal") == 0 else {
      throw BackupError.failed(
        path: file.path,
        detail: "\(file.path)-wal is beside it, so it is the file of a running or killed server "
          + "and no backup; make one with `patrond backup`"
      )
    }
    guard mkdir(stagePath, 0o700) == 0 else { throw BackupError.system(errno, stagePath) }
    let expected = try file.expectedSum()
    let content = try BackupFile.copy(file.path, to: stagedDatabase)
    if let expected, expected != content.sha256 {
      throw BackupError.failed(
        path: file.path,
        detail: "it does not have the SHA-256 that \(file.sum) names, so it was changed or is "
          + "damaged; use another backup"
      )
    }
    let facts = try CopyInspection.run(
      at: stagedDatabase,
      named: file.path,
      migrations: migrations
    )
    return Staged(facts: facts, content: content, hadSum: expected != nil)
  }

  /// Gives the prepared database its place, on disk. No store may have it open.
  package func commit() throws(BackupError) {
    guard Self.size(stagedDatabase + "-wal") == 0 else {
      throw .failed(path: stagedDatabase, detail: "its write-ahead log could not be emptied")
    }
    try BackupFile.sync(stagedDatabase)
    guard rename(stagedDatabase, directory.databasePath) == 0 else {
      throw .system(errno, directory.databasePath)
    }
    try BackupFile.sync(directory.path)
    removeStage()
    directory.release()
  }

  /// Removes what was prepared, and releases the directory.
  package func abandon() {
    removeStage()
    if Self.size(directory.databasePath) == 0 { unlink(directory.databasePath) }
    directory.release()
  }

  private func removeStage() {
    for end in ["", "-wal", "-shm", "-journal"] { unlink(stagedDatabase + end) }
    for name in ["patron.lock", "patron.reserve", "patron.sock"] { unlink(stagePath + "/" + name) }
    rmdir(stagePath)
  }

  private static func size(_ path: String) -> Int64 {
    var information = stat()
    return stat(path, &information) == 0 ? Int64(information.st_size) : 0
  }
}
