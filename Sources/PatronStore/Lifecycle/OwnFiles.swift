/// The files of an open database, under the names by which they were opened.
///
/// A process keeps a file that was removed or renamed, and could go on writing to it. Nobody would
/// find these writes after its end.
struct OwnFiles: Sendable {
  private struct Entry {
    let path: String
    let identity: FileIdentity
  }

  /// The data directory.
  let directory: String
  private let entries: [Entry]

  /// Notes the files of a database that is open: the database and the lock file, and the
  /// write-ahead log with its index. If `patron.db` is a symbolic link, the latter two are beside
  /// the file that it leads to, and are left out.
  init(of directory: DataDirectory) {
    self.directory = directory.path
    let database = directory.databasePath
    let paths = [database, database + "-wal", database + "-shm", directory.lockPath]
    entries = paths.compactMap { path in
      guard case .file(let identity) = FileIdentity.look(at: path) else { return nil }
      return Entry(path: path, identity: identity)
    }
  }

  /// Returns a sentence about the first file that is not in its place any more; nil if all are. One
  /// system call for each file.
  func loss() -> String? {
    for entry in entries {
      switch FileIdentity.look(at: entry.path) {
      case .file(entry.identity), .unknown: continue
      case .file: return Self.sentence(entry.path, "was replaced")
      case .missing: return Self.sentence(entry.path, "was removed or renamed")
      }
    }
    return nil
  }

  private static func sentence(_ path: String, _ fate: String) -> String {
    "\(path) \(fate) while the server used it; writes of the last second may be lost. Put all "
      + "files of the data directory back, or restore a backup, and start again"
  }
}
