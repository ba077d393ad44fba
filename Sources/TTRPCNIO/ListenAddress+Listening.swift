package import NIOCore
package import NIOPosix

extension ListenAddress {
  /// Listens at the address. Replaces a stale socket file. Returns the channel, and the address
  /// with the port that the system chose.
  package func listen(
    with bootstrap: ServerBootstrap
  ) async throws(ListenError) -> (any Channel, ListenAddress) {
    do {
      switch self {
      case .tcp(let host, let port):
        let channel = try await Self.bind(bootstrap, host, port)
        return (channel, .tcp(host: host, port: channel.localAddress?.port ?? port))
      case .tls(let host, let port):
        let channel = try await Self.bind(bootstrap, host, port)
        return (channel, .tls(host: host, port: channel.localAddress?.port ?? port))
      case .unix(let path, let mode):
        try ServerUnixSocket.removeStale(path)
        let channel = try await bootstrap.bind(unixDomainSocketPath: path).get()
        try ServerUnixSocket.setMode(path, mode)
        return (channel, self)
      }
    } catch let error as ListenError {
      throw error
    } catch {
      throw ListenError("cannot listen on \(self): \(TTRPCServer.reason(error))")
    }
  }

  /// Removes the socket file of a listener that is closed; does nothing for TCP.
  package func removeSocket() {
    if case .unix(let path, _) = self { ServerUnixSocket.remove(path) }
  }

  private static func bind(
    _ bootstrap: ServerBootstrap,
    _ host: String,
    _ port: Int
  ) async throws -> any Channel {
    try await bootstrap
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .bind(host: host, port: port)
      .get()
  }
}
