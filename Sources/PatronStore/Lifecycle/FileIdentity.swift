#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The identity of a file: device and inode. A file keeps it when it is renamed, and no other file
/// gets it while a process has the file open.
struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let inode: UInt64

  private init(_ information: stat) {
    device = UInt64(truncatingIfNeeded: information.st_dev)
    inode = UInt64(information.st_ino)
  }

  /// Reads the identity of an open file. Nil if the descriptor is none.
  init?(descriptor: Int32) {
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { return nil }
    self.init(information)
  }

  /// Looks up the file that a path leads to.
  static func look(at path: String) -> Lookup {
    var information = stat()
    if stat(path, &information) == 0 { return .file(FileIdentity(information)) }
    switch errno {
    case ENOENT, ENOTDIR, ESTALE: return .missing
    default: return .unknown
    }
  }

  /// Returns the size of the file that a path leads to, in bytes, or nil if it cannot be looked up.
  static func size(at path: String) -> Int? {
    var information = stat()
    return stat(path, &information) == 0 ? Int(information.st_size) : nil
  }

  /// The result of a look-up.
  enum Lookup {
    case file(FileIdentity)
    /// No file has this name.
    case missing
    /// The system refused the look-up, for example because a directory lacks a permission. The file
    /// may still be there.
    case unknown
  }
}
