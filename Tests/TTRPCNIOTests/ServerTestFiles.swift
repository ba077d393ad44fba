#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Files that stand in for the sockets of servers.
enum ServerTestFiles {
  struct Problem: Error {}

  /// The line in the journal of a server that this process calls over a Unix socket.
  static var ownProcess: String { "peer process \(getpid()) user \(getuid()) group \(getgid())" }

  /// Returns the number of sockets of this machine with a local TCP port in a state, as Linux counts
  /// them: 8 is CLOSE_WAIT.
  static func sockets(port: Int, in states: Set<Int>) throws -> Int {
    guard let file = fopen("/proc/self/net/tcp", "r") else { throw Problem() }
    defer { fclose(file) }
    var text: [UInt8] = []
    while true {
      let byte = getc(file)
      if byte == EOF { break }
      text.append(UInt8(truncatingIfNeeded: byte))
    }
    let lines = text.split(separator: 10).dropFirst()
    let matching = lines.filter { line in
      let fields = line.split(separator: 32).map { String(decoding: $0, as: UTF8.self) }
      guard fields.count > 3, let local = fields[1].split(separator: ":").last else { return false }
      return Int(local, radix: 16) == port && states.contains(Int(fields[3], radix: 16) ?? -1)
    }
    return matching.count
  }

  /// Returns the permission bits of a file, or nil if there is none.
  static func permissions(_ path: String) -> UInt32? {
    var info = stat()
    return lstat(path, &info) == 0 ? UInt32(info.st_mode & 0o777) : nil
  }

  /// Makes the socket file that a killed server leaves behind: nothing listens on it.
  static func makeStaleSocket(_ path: String) throws {
    #if canImport(Glibc)
      let type = Int32(SOCK_STREAM.rawValue)
    #else
      let type = SOCK_STREAM
    #endif
    let descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { throw Problem() }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0 else { throw Problem() }
  }
}
