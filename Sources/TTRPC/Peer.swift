/// The client at the other end of a connection.
public struct Peer: Sendable, Hashable {
  /// The address and port, as in `127.0.0.1:53211`, or `unix` for a Unix socket.
  public let address: String
  /// The names of the client's certificate, which its TLS handshake has proved: `URI:` or `DNS:`
  /// and a subject alternative name. Empty without such a certificate. At most 32, of at most 255
  /// bytes of printable ASCII each.
  public let certificateNames: [String]
  /// The process that connected, as the system knows it; for Unix sockets only.
  public let credentials: UnixCredentials?
  /// True for a process of the server's user, or of root, on the operator's socket.
  public let isOperator: Bool

  /// Creates a peer. For drivers only.
  public init(
    address: String,
    certificateNames: [String] = [],
    credentials: UnixCredentials? = nil,
    isOperator: Bool = false
  ) {
    self.address = address
    self.certificateNames = certificateNames
    self.credentials = credentials
    self.isOperator = isOperator
  }
}

/// The process at the other end of a Unix socket, at the time when it connected.
public struct UnixCredentials: Sendable, Hashable {
  /// The process id. Another process may have it by now.
  public let pid: Int32
  /// The effective user id.
  public let uid: UInt32
  /// The effective group id.
  public let gid: UInt32

  /// Creates credentials. For drivers only.
  public init(pid: Int32, uid: UInt32, gid: UInt32) {
    self.pid = pid
    self.uid = uid
    self.gid = gid
  }
}
