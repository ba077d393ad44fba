import Glibc

/// A bound datagram socket, as a service manager has it. It polls, so that it blocks no thread.
final class DatagramSocket {
  private let descriptor: Int32

  /// Binds a path, or the abstract name behind `@`.
  init(_ address: String) throws {
    descriptor = socket(AF_UNIX, Self.type, 0)
    let result = try Self.withAddress(address) { bind(descriptor, $0, $1) }
    guard result == 0 else {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw HarnessError("cannot bind \(address): \(reason)")
    }
  }

  deinit { close(descriptor) }

  /// Returns the next message.
  func receive() async throws -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    for _ in 0..<30_000 {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count >= 0 { return String(decoding: buffer[..<count], as: UTF8.self) }
      guard errno == EAGAIN else { throw HarnessError(String(cString: strerror(errno))) }
      try await Task.sleep(for: .milliseconds(2))
    }
    throw HarnessError("no message came within a minute")
  }

  /// Sends messages to `address` until its queue takes no more.
  static func fill(_ address: String) throws {
    let descriptor = socket(AF_UNIX, type, 0)
    defer { close(descriptor) }
    for _ in 0..<100_000 {
      let sent = try withAddress(address) { sendto(descriptor, "x", 1, 0, $0, $1) }
      if sent < 0 { return }
    }
    throw HarnessError("the queue of \(address) has no end")
  }

  private static let type = Int32(
    SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
  )

  private static func withAddress<Result>(
    _ text: String,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) throws -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = text.hasPrefix("@") ? [0] + text.utf8.dropFirst() : text.utf8 + [0]
    guard name.count <= 108 else { throw HarnessError("\(text) is too long for a socket") }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let size = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
    }
  }
}
