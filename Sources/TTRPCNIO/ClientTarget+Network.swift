package import TTRPC

extension ClientTarget {
  /// True when nothing between client and server leaves this machine.
  package var isLocal: Bool {
    switch self {
    case .unix: true
    case .host(let host, let port), .tls(let host, let port):
      ListenAddress.tcp(host: host, port: port).isLocal
    }
  }

  /// Returns the address with TLS. Throws INVALID_ARGUMENT for a Unix socket.
  package func encrypted() throws(RPCError) -> ClientTarget {
    switch self {
    case .host(let host, let port): return .tls(host, port: port)
    case .tls: return self
    case .unix:
      throw RPCError(
        code: .invalidArgument,
        message: "\(self) is a Unix socket, which needs no TLS; leave TLS out"
      )
    }
  }
}
