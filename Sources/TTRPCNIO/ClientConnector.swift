import NIOCore
import NIOPosix
import TTRPC

/// The factory of client connections: opens sockets and puts a ``ClientHandler`` on each, behind
/// TLS where the target or the configuration asks for it.
struct ClientConnector: Sendable {
  let target: ClientTarget
  let tls: ClientTLS?
  let limits: ClientLimits
  let extensions: Bool
  let metadata: Metadata
  let timeout: Duration

  init(_ configuration: ClientConfiguration) {
    target = configuration.target
    tls = configuration.tls
    limits = configuration.limits
    extensions = configuration.extensions
    metadata = configuration.metadata
    timeout = configuration.connectTimeout
  }

  /// Connects on `loop`. The future fails with a ``ClientConnectFailure``: UNAVAILABLE and the
  /// reason. The timeout covers the TLS handshake.
  func connect(on loop: any EventLoop) -> EventLoopFuture<ClientHandler> {
    let deadline = NIODeadline.now() + TimeAmount(timeout)
    switch target {
    case .unix(let path):
      let bootstrap = bootstrap(on: loop, encrypted: nil)
      return handler(of: Self.connect(bootstrap, path, on: loop), handshakeBefore: nil)
    case .host(let host, let port):
      return connect(on: loop, host, port, tls, deadline)
    case .tls(let host, let port):
      switch tls.map({ Result<ClientTLS, RPCError>.success($0) }) ?? ClientTLS.system {
      case .success(let tls): return connect(on: loop, host, port, tls, deadline)
      case .failure(let error):
        return loop.makeFailedFuture(ClientConnectFailure(error: error, isFinal: true))
      }
    }
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

  private func connect(
    on loop: any EventLoop,
    _ host: String,
    _ port: Int,
    _ tls: ClientTLS?,
    _ deadline: NIODeadline
  ) -> EventLoopFuture<ClientHandler> {
    let bootstrap = bootstrap(on: loop, encrypted: tls.map { (tls: $0, host: host) })
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
    let channel: EventLoopFuture<any Channel>
    if let address = try? SocketAddress(ipAddress: host, port: port) {
      channel = bootstrap.connect(to: address)
    } else {
      channel = bootstrap.connect(host: host, port: port)
    }
    return handler(of: channel, handshakeBefore: tls == nil ? nil : deadline)
  }

  private func handler(
    of channel: EventLoopFuture<any Channel>,
    handshakeBefore deadline: NIODeadline?
  ) -> EventLoopFuture<ClientHandler> {
    channel.flatMap { channel in
      do {
        let pipeline = channel.pipeline.syncOperations
        let handler = try pipeline.handler(type: ClientHandler.self)
        guard let deadline else { return channel.eventLoop.makeSucceededFuture(handler) }
        let handshake = try pipeline.handler(type: ClientHandshake.self)
        return handshake.finished(by: deadline).map { handler }
      } catch {
        return channel.eventLoop.makeFailedFuture(error)
      }
    }.flatMapErrorThrowing { error in
      if let failure = error as? ClientConnectFailure { throw failure }
      let refusal = ClientSocketError.refused(target, error, timeout: timeout)
      throw ClientConnectFailure(error: refusal, isFinal: false)
    }
  }

  private func bootstrap(
    on loop: any EventLoop,
    encrypted: (tls: ClientTLS, host: String)?
  ) -> ClientBootstrap {
    ClientBootstrap(group: loop)
      .connectTimeout(TimeAmount(timeout))
      .channelOption(
        .writeBufferWaterMark,
        value: .init(low: 256 << 10, high: 1 << 20)
      )
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let encrypted {
            try pipeline.addHandlers(encrypted.tls.handlers(host: encrypted.host, target: target))
          }
          try pipeline.addHandler(
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
  }
}
