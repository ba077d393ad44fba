internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The lock of a database file. It keeps out a second process that reaches the file by another
/// name, or after the lock file of its directory was removed.
///
/// Closing any descriptor of a file drops the locks that SQLite holds on it for this process. So
/// every connection retains this object, and its descriptor is closed only when no lock of the same
/// file is left in the process. The locked byte is far behind those that SQLite locks, and it is
/// locked for an open file rather than for a process: neither disturbs the other.
package final class DatabaseLock: Sendable {
  /// The descriptors of a file that this process uses.
  private struct Use {
    /// The number of locks that have not ended.
    var count = 0
    /// Descriptors of ended locks, to be closed with the last.
    var ended: [Int32] = []
  }

  private static let uses = Mutex<[FileIdentity: Use]>([:])

  private let descriptor: Int32
  private let file: FileIdentity

  /// Locks the file at `path`, which is created if it does not exist (mode 0600, empty). Throws
  /// ``StoreOpenError/databaseInUse(path:)`` if it is locked, also by this process.
  static func take(_ path: String) throws(StoreOpenError) -> DatabaseLock {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o600)
    guard descriptor >= 0 else {
      let code = errno
      if [ENOSPC, EDQUOT].contains(code) { throw .diskFull(path: path) }
      throw .engine(path: path, detail: StoreOpenError.text(errno: code))
    }
    guard let file = FileIdentity(descriptor: descriptor) else {
      preconditionFailure("an open file has no identity")
    }
    let lock = DatabaseLock(descriptor, file)
    guard lock.set(F_WRLCK) else { throw .databaseInUse(path: path) }
    return lock
  }

  private init(_ descriptor: Int32, _ file: FileIdentity) {
    self.descriptor = descriptor
    self.file = file
    Self.uses.withLock { $0[file, default: Use()].count += 1 }
  }

  deinit {
    release()
    Self.uses.withLock { uses in
      guard var use = uses.removeValue(forKey: file) else { return }
      use.count -= 1
      use.ended.append(descriptor)
      if use.count > 0 {
        uses[file] = use
      } else {
        for descriptor in use.ended { close(descriptor) }
      }
    }
  }

  /// Brings what was written to the file by any descriptor to the disk. Returns 0, or an `errno`.
  /// Any thread may call it.
  func sync() -> Int32 {
    #if canImport(Darwin)
      let result = fsync(descriptor)
    #else
      let result = fdatasync(descriptor)
    #endif
    return result == 0 ? 0 : errno
  }

  /// Gives up the lock. Connections may still be open.
  func release() { _ = set(F_UNLCK) }

  #if canImport(Darwin)
    /// `F_OFD_SETLK`, which Swift does not import.
    private static let setLock: Int32 = 90
  #else
    /// `F_OFD_SETLK`, an extension that Swift does not import.
    private static let setLock: Int32 = 37
  #endif

  /// Locks or unlocks. Returns false if another open file has the lock. A file system without such
  /// locks counts as success: the lock file of the directory still keeps others out.
  private func set(_ type: Int32) -> Bool {
    var request = flock()
    request.l_type = Int16(type)
    request.l_whence = Int16(SEEK_SET)
    request.l_start = 1 << 60
    request.l_len = 1
    guard fcntl(descriptor, Self.setLock, &request) != 0 else { return true }
    return errno != EAGAIN && errno != EACCES
  }
}
