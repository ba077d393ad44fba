import NIOCore
import TTRPC

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The path of a Unix socket in a form that fits a socket address. A path that is too long goes
/// through a descriptor of its directory, which is open as long as this object exists.
final class UnixSocketPath: Sendable {
  /// The path for system calls.
  let text: String
  /// The descriptor of the directory; -1 if the path is short enough by itself.
  private let directory: Int32

  /// Shortens `path` if it has to be.
  ///
  /// - Throws: `IOError` if its directory cannot be opened, or `ENAMETOOLONG` on systems without
  ///   `/proc/self/fd`.
  init(_ path: String) throws {
    guard path.utf8.count > ClientTarget.maxUnixPath else {
      text = path
      directory = -1
      return
    }
    #if os(Linux)
      let slash = path.lastIndex(of: "/")
      let folder = slash.map { String(path[...$0]) } ?? "."
      let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
      let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "open") }
      directory = descriptor
      text = "/proc/self/fd/\(descriptor)/\(name)"
      guard text.utf8.count <= ClientTarget.maxUnixPath else {
        // deinit closes the directory.
        throw IOError(errnoCode: ENAMETOOLONG, reason: "path of a Unix socket")
      }
    #else
      throw IOError(errnoCode: ENAMETOOLONG, reason: "path of a Unix socket")
    #endif
  }

  deinit {
    if directory >= 0 { close(directory) }
  }
}
