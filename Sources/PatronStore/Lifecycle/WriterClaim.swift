internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// An assertion that a file has only one read-write connection in this process. Two connections,
/// one checkpointing while the other commits, damage the file on SQLite before 3.51.3.
struct WriterClaim: ~Copyable {
  private static let claimed = Mutex<Set<FileIdentity>>([])

  private struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
  }

  private let file: FileIdentity

  /// Claims an existing file. Ends the process if the file is claimed already.
  init(path: String) {
    var information = stat()
    let result = stat(path, &information)
    precondition(result == 0, "the database file is gone: \(path)")
    let file = FileIdentity(
      device: UInt64(information.st_dev),
      inode: UInt64(information.st_ino)
    )
    let isNew = Self.claimed.withLock { $0.insert(file).inserted }
    precondition(isNew, "a second read-write connection to \(path) in this process")
    self.file = file
  }

  deinit { Self.claimed.withLock { _ = $0.remove(file) } }
}
