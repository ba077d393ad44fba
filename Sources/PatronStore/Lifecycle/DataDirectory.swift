internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A data directory, locked for this process until it is released.
///
/// The lock is on a separate file, which shows who has it. The database file is locked as well,
/// because it may have another name, and the lock file may be removed.
package final class DataDirectory: Sendable {
  /// The directory as the caller named it, without a trailing slash.
  package let path: String
  package var databasePath: String { path + "/patron.db" }
  /// The lock file. It holds the process id of its owner.
  package var lockPath: String { path + "/patron.lock" }

  /// A warning for the operator about the directory's mode. Nil if there is none.
  package let warning: String?

  /// The lock of the database file. Connections retain it.
  let database: DatabaseLock

  /// The descriptor of the lock file; -1 after the release.
  private let lock: Mutex<Int32>

  /// Creates the directory if it does not exist (mode 0700, with its parents) and locks it and its
  /// database, which is created as an empty file if it does not exist. Refuses a directory that
  /// every user may write to: anyone who can put files there can take the data or have other files
  /// overwritten.
  package init(path: String) throws(StoreOpenError) {
    let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    guard !trimmed.isEmpty else {
      throw .directory(path: path, problem: "its name is empty")
    }
    try Self.make(trimmed)
    warning = try Self.checkMode(trimmed)
    let lock = try Self.takeLock(trimmed)
    do throws(StoreOpenError) {
      database = try DatabaseLock.take(trimmed + "/patron.db")
    } catch {
      close(lock)
      throw error
    }
    self.path = trimmed
    self.lock = Mutex(lock)
  }

  deinit { release() }

  /// Releases the locks. The lock file stays: removing it could remove the next owner's lock.
  package func release() {
    database.release()
    lock.withLock { lock in
      if lock >= 0 { close(lock) }
      lock = -1
    }
  }

  private static func make(_ path: String) throws(StoreOpenError) {
    var information = stat()
    if stat(path, &information) == 0 {
      guard information.st_mode & S_IFMT == S_IFDIR else {
        throw .directory(path: path, problem: "it is a file, not a directory")
      }
      return
    }
    guard errno == ENOENT else {
      throw .directory(path: path, problem: StoreOpenError.text(errno: errno))
    }
    let parent = parent(of: path)
    if parent != path { try make(parent) }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw .directory(path: path, problem: StoreOpenError.text(errno: errno))
    }
    // The entry of the new directory must survive a power cut, as its files do.
    let descriptor = open(parent, O_RDONLY | O_CLOEXEC)
    if descriptor >= 0 {
      fsync(descriptor)
      close(descriptor)
    }
  }

  /// Refuses a directory that every user may write to. Returns a warning if its group may.
  private static func checkMode(_ path: String) throws(StoreOpenError) -> String? {
    var information = stat()
    guard stat(path, &information) == 0 else {
      throw .directory(path: path, problem: StoreOpenError.text(errno: errno))
    }
    let mode = String(information.st_mode & 0o777, radix: 8)
    guard information.st_mode & S_IWOTH == 0 else {
      throw .directory(
        path: path,
        problem: "every user of this machine may write to it (mode 0\(mode)); `chmod 700` it"
      )
    }
    guard information.st_mode & S_IWGRP != 0 else { return nil }
    return "the data directory \(path) can be written to by its group (mode 0\(mode)), who can put "
      + "files in the place of the data: `chmod 700` it"
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Maximum size of a lock file, in bytes: a process id, and room for an editor's additions.
  private static let maxLockBytes = 64

  private static func takeLock(_ path: String) throws(StoreOpenError) -> Int32 {
    // A link, a pipe or another program's file must not be followed, waited for or truncated.
    let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
    let descriptor = open(path + "/patron.lock", flags, 0o600)
    guard descriptor >= 0 else {
      let problem =
        errno == ELOOP ? "it is a symbolic link; remove it" : StoreOpenError.text(errno: errno)
      throw .directory(path: path, problem: "its lock file patron.lock: \(problem)")
    }
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG,
      information.st_size <= maxLockBytes
    else {
      close(descriptor)
      throw .directory(
        path: path,
        problem: "its lock file patron.lock is something else; move it elsewhere"
      )
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      let holder = readPID(descriptor)
      close(descriptor)
      guard code == EWOULDBLOCK else {
        throw .directory(path: path, problem: "its lock file: \(StoreOpenError.text(errno: code))")
      }
      throw .inUse(path: path, pid: holder)
    }
    // The process id is for people and for the message above; a full disk must not keep readers
    // out.
    let text = "\(getpid())\n"
    _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    ftruncate(descriptor, off_t(text.utf8.count))
    return descriptor
  }

  private static func readPID(_ descriptor: Int32) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    let digits = bytes.prefix(max(0, count)).prefix {
      $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")
    }
    return Int32(String(decoding: digits, as: UTF8.self))
  }
}
