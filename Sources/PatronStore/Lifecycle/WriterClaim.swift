internal import Synchronization

/// An assertion that a file has only one read-write connection in this process. Two connections,
/// one checkpointing while the other commits, damage the file on SQLite before 3.51.3.
struct WriterClaim: ~Copyable {
  private static let claimed = Mutex<Set<FileIdentity>>([])

  private let file: FileIdentity

  /// Claims an existing file. Ends the process if the file is claimed already.
  init(path: String) {
    guard case .file(let file) = FileIdentity.look(at: path) else {
      preconditionFailure("the database file is gone: \(path)")
    }
    let isNew = Self.claimed.withLock { $0.insert(file).inserted }
    precondition(isNew, "a second read-write connection to \(path) in this process")
    self.file = file
  }

  deinit { Self.claimed.withLock { _ = $0.remove(file) } }
}
