import NIOCore
import NIOPosix
import TTRPC

/// The factory of client connections: opens sockets and puts a ``ClientHandler`` on each.
struct ClientConnector: Sendable {
  let target: ClientTarget
  let limits: ClientLimits
  let extensions: Bool
  let metadata: Metadata
  let timeout: Duration

  init(_ configuration: ClientConfiguration) {
    target = configuration.target
    limits = configuration.limits
    extensions = configuration.extensions
    metadata = configuration.metadata
    timeout = configuration.connectTimeout
  }

  /// Connects on `loop`. The future fails with UNAVAILABLE and the reason.
  func connect(on loop: any EventLoop) -> EventLoopFuture<ClientHandler> {
    let bootstrap = bootstrap(on: loop)
    let channel: EventLoopFuture<any Channel>
    switch target {
    case .unix(let path):
      channel = Self.connect(bootstrap, path, on: loop)
    case .host(let host, let port):
      if let address = try? SocketAddress(ipAddress: host, port: port) {
        channel = bootstrap.connect(to: address)
      } else {
        channel = bootstrap.connect(host: host, port: port)
      }
    }
    return handler(of: channel)
  }

  private static func connect(
    _ bootstrap: ClientBootstrap,
    _ path: String,
    on loop: any EventLoop
  ) -> EventLoopFuture<any Channel> {
    do {
      let path = try UnixSocketPath(path)
      let channel = bootstrap.connect(unixDomainSocketPath: path.text)
      // The path leads to the socket until the system has looked it up.
      channel.whenComplete { _ in withExtendedLifetime(path) {} }
      return channel
    } catch {
      return loop.makeFailedFuture(error)
    }
  }

  private func handler(of channel: EventLoopFuture<any Channel>) -> EventLoopFuture<ClientHandler> {
    channel.flatMapThrowing { channel in
      try channel.pipeline.syncOperations.handler(type: ClientHandler.self)
    }.flatMapErrorThrowing { error in
      throw ClientSocketError.refused(target, error, timeout: timeout)
    }
  }

  private func bootstrap(on loop: any EventLoop) -> ClientBootstrap {
    let bootstrap = ClientBootstrap(group: loop)
      .connectTimeout(TimeAmount(timeout))
      .channelOption(
        .writeBufferWaterMark,
        value: .init(low: 256 << 10, high: 1 << 20)
      )
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            ClientHandler(
              peer: target,
              eventLoop: channel.eventLoop,
              limits: limits,
              extensions: extensions,
              metadata: metadata
            )
          )
        }
      }
    guard case .host = target else { return bootstrap }
    return bootstrap.channelOption(.socketOption(.so_keepalive), value: 1)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
  }
}
