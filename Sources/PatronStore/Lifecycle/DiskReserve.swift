#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Disk space kept for a full disk: a file whose blocks are given back when nothing else is left,
/// so that erasures, checkpoints and the start still work.
///
/// Given up, the file is empty rather than removed, so that the next start knows that the space
/// which is free is not for ordinary writes. It belongs to the writer's thread.
struct DiskReserve {
  /// The state of the file.
  private enum State {
    /// No file, because the disk has no room for it.
    case missing
    /// The file has blocks.
    case kept
    /// The file is empty.
    case givenUp
    /// The file is not looked after.
    case unmanaged
  }

  /// Looks that pass after the file system refused the blocks although it had reported enough, for
  /// example because of a quota.
  private static let looksAfterRefusal = 60

  private let directory: String
  private let path: String
  /// The size of the reserve, in bytes.
  let bytes: Int
  private let freeBytes: @Sendable (String) -> Int?
  private var state: State
  private var looksToSkip = 0

  /// Finds out what an earlier process left in the directory. `bytes` of nil leaves the file alone,
  /// 0 removes it. `freeBytes` returns the free space of the disk that has a path.
  init(in directory: String, bytes: Int?, freeBytes: @escaping @Sendable (String) -> Int?) {
    self.directory = directory
    path = directory + "/patron.reserve"
    self.bytes = bytes ?? 0
    self.freeBytes = freeBytes
    guard let bytes, bytes > 0 else {
      if bytes == 0 { unlink(path) }
      state = .unmanaged
      return
    }
    var information = stat()
    if lstat(path, &information) != 0 {
      state = .missing
    } else {
      state = information.st_size > 0 ? .kept : .givenUp
    }
  }

  /// True while the space that is free is kept for jobs that may use the reserve.
  var isGivenUp: Bool { state == .givenUp }

  /// True if the reserve is not in place, and is to be made when there is room.
  var isLacking: Bool { state == .missing || state == .givenUp }

  /// Free space with which the reserve is made again, in bytes: a quarter more than its size, so
  /// that ordinary writes have some room, too.
  var bytesForRestart: Int { bytes + bytes / 4 }

  /// Gives the space back to the disk. Returns false if there is none to give.
  mutating func giveUp() -> Bool {
    guard state == .kept, let descriptor = openFile() else { return false }
    defer { close(descriptor) }
    guard ftruncate(descriptor, 0) == 0 else { return false }
    // A journaling file system may reuse freed blocks only after the removal is on disk.
    fsync(descriptor)
    state = .givenUp
    return true
  }

  /// Allocates what is missing of the reserve, if there is room for it. Returns true if the whole
  /// reserve is in place.
  mutating func restore() -> Bool {
    guard state != .unmanaged else { return false }
    if looksToSkip > 0 {
      looksToSkip -= 1
      return false
    }
    let lacking = bytes - allocatedBytes
    if lacking <= 0 { return cut() }
    guard let free = freeBytes(directory), free >= lacking + bytes / 4,
      let descriptor = openFile(creating: state == .missing)
    else { return false }
    defer { close(descriptor) }
    guard Self.allocate(descriptor, bytes) else {
      looksToSkip = Self.looksAfterRefusal
      // Blocks that were allocated are given back. A smaller reserve stays as large as it was.
      switch state {
      case .missing: unlink(path)
      case .givenUp: ftruncate(descriptor, 0)
      case .kept, .unmanaged: break
      }
      return false
    }
    state = .kept
    return true
  }

  /// Cuts a reserve that was made with another size.
  private mutating func cut() -> Bool {
    guard let descriptor = openFile() else { return false }
    defer { close(descriptor) }
    state = .kept
    return ftruncate(descriptor, off_t(bytes)) == 0
  }

  /// Bytes on disk that the file takes now.
  private var allocatedBytes: Int {
    var information = stat()
    guard lstat(path, &information) == 0 else { return 0 }
    return Int(information.st_blocks) * 512
  }

  /// Opens the file, but no other kind of file in its place.
  private func openFile(creating: Bool = false) -> Int32? {
    let flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (creating ? O_CREAT : 0)
    let descriptor = open(path, flags, 0o600)
    return descriptor >= 0 ? descriptor : nil
  }

  /// Gives the file `count` bytes of real blocks. Returns false if there is no room.
  private static func allocate(_ descriptor: Int32, _ count: Int) -> Bool {
    #if canImport(Darwin)
      let zeros = [UInt8](repeating: 0, count: 1 << 20)
      for offset in stride(from: 0, to: count, by: zeros.count) {
        let size = min(zeros.count, count - offset)
        guard pwrite(descriptor, zeros, size, off_t(offset)) == size else { return false }
      }
      return true
    #else
      return posix_fallocate(descriptor, 0, off_t(count)) == 0
    #endif
  }

  /// Returns the free space of the disk that has a path, in bytes, as far as this user may take it.
  /// Nil if the system does not tell.
  static func freeSpace(at path: String) -> Int? {
    var information = statvfs()
    guard statvfs(path, &information) == 0 else { return nil }
    let (bytes, overflows) = UInt64(information.f_bavail)
      .multipliedReportingOverflow(by: UInt64(information.f_frsize))
    return overflows ? Int.max : Int(clamping: bytes)
  }
}
