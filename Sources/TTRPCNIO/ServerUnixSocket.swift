#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The file behind a Unix socket.
enum ServerUnixSocket {
  /// Removes a socket file that a stopped process left behind. Throws if `path` holds anything
  /// else, or a socket on which a process listens.
  static func removeStale(_ path: String) throws(ListenError) {
    var info = stat()
    guard lstat(path, &info) == 0 else { return }
    guard info.st_mode & S_IFMT == S_IFSOCK else {
      throw ListenError("cannot listen on unix:\(path): there is a file that is no socket")
    }
    if isListening(path) {
      throw ListenError(
        "cannot listen on unix:\(path): another process listens there; stop it or use another path"
      )
    }
    unlink(path)
  }

  /// Sets the permission bits of the socket file.
  static func setMode(_ path: String, _ mode: UInt16) throws(ListenError) {
    guard chmod(path, mode_t(mode)) == 0 else {
      throw ListenError("cannot set the permissions of unix:\(path): \(message(errno))")
    }
  }

  /// Removes the socket file of a server that stops.
  static func remove(_ path: String) { unlink(path) }

  private static func message(_ code: Int32) -> String { String(cString: strerror(code)) }

  private static func isListening(_ path: String) -> Bool {
    #if canImport(Glibc)
      let type = Int32(SOCK_STREAM.rawValue)
    #else
      let type = SOCK_STREAM
    #endif
    let descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { target in
      guard path.utf8.count < target.count else { return false }
      target.copyBytes(from: path.utf8)
      return true
    }
    guard fits else { return false }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
  }
}
