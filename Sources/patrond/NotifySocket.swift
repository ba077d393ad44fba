import Foundation

/// The datagram socket by which a service manager learns that the server is ready or stops: the one
/// that `NOTIFY_SOCKET` names, as systemd sets it for `Type=notify`. No descriptor is open between
/// messages. May be used on any thread.
struct NotifySocket: Sendable {
  /// An absolute path, or `@` and the name of an abstract socket.
  let address: String

  /// The longest wait for room in the manager's queue, in seconds.
  private static let patience = 1

  /// The socket of the environment, or nil without one.
  static var ofEnvironment: NotifySocket? {
    Environment.value("NOTIFY_SOCKET").map { NotifySocket(address: $0) }
  }

  /// Sends assignments such as `READY=1` in one message, and waits at most a second. The server
  /// does not depend on its manager: a failure is one line of the log.
  func send(_ assignments: String...) {
    guard let problem = problem(sending: assignments.joined(separator: "\n")) else { return }
    report("warning: the service manager was not told \(assignments[0]): \(problem)")
  }

  /// Returns the reason why the message was not sent, or nil.
  private func problem(sending message: String) -> String? {
    guard let (target, size) = socketAddress else {
      return "NOTIFY_SOCKET is \(address.prefix(64)), expected is a path or @ and a name, up to "
        + "107 bytes"
    }
    let descriptor = socket(AF_UNIX, Self.type, 0)
    guard descriptor >= 0 else { return String(cString: strerror(errno)) }
    defer { close(descriptor) }
    var wait = timeval(tv_sec: Self.patience, tv_usec: 0)
    setsockopt(
      descriptor,
      SOL_SOCKET,
      SO_SNDTIMEO,
      &wait,
      socklen_t(MemoryLayout<timeval>.size)
    )
    let bytes = Array(message.utf8)
    let sent = withUnsafePointer(to: target) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(descriptor, bytes, bytes.count, 0, $0, size)
      }
    }
    return sent == bytes.count ? nil : String(cString: strerror(errno))
  }

  /// The address as the system takes it, with its size in bytes. A path ends with a NUL; the name
  /// of an abstract socket begins with one, and ends with the size.
  private var socketAddress: (sockaddr_un, socklen_t)? {
    var target = sockaddr_un()
    target.sun_family = sa_family_t(AF_UNIX)
    let isAbstract = address.hasPrefix("@")
    let name = isAbstract ? [0] + address.utf8.dropFirst() : address.utf8 + [0]
    guard isAbstract || address.hasPrefix("/"),
      name.count > 1, name.count <= MemoryLayout.size(ofValue: target.sun_path)
    else { return nil }
    withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: name) }
    let size = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: target.sun_path)
    return (target, socklen_t(size + name.count))
  }

  #if canImport(Glibc)
    private static let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
  #else
    private static let type = SOCK_DGRAM
  #endif
}
