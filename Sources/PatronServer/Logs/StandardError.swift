#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The descriptor of standard error, as the reader of a log.
package enum StandardError {
  /// True if a person reads it.
  package static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Writes a line, with one system call unless the reader takes only a part. Blocks while the
  /// reader takes nothing. Returns false if it is gone, or if a disk is full.
  @Sendable
  package static func put(_ line: [UInt8]) -> Bool {
    var rest = line[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        var wanted = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wanted, 1, -1)
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }
}
