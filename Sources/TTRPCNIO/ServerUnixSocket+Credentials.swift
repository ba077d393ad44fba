import NIOCore
import TTRPC

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension ServerUnixSocket {
  /// True if the system names the process at the other end of a Unix socket.
  static var knowsCredentials: Bool {
    #if os(Linux)
      true
    #else
      false
    #endif
  }

  /// Passes the process at the other end of a Unix socket, at once, if the system knows it. For the
  /// channel's loop only.
  static func credentials(of channel: any Channel, _ body: @escaping (UnixCredentials) -> Void) {
    #if os(Linux)
      guard let options = channel as? any SocketOptionProvider else { return }
      let found: EventLoopFuture<SystemCredentials> = options.unsafeGetSocketOption(
        level: .socket,
        name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
      )
      found.assumeIsolated().whenSuccess {
        body(UnixCredentials(pid: $0.pid, uid: $0.uid, gid: $0.gid))
      }
    #endif
  }

  /// The layout of `struct ucred`, which glibc declares for some programs only.
  private struct SystemCredentials: Sendable {
    var pid: Int32
    var uid: UInt32
    var gid: UInt32
  }
}
