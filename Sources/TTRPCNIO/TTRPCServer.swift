import NIOCore
import NIOPosix
import Synchronization
package import TTRPC

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A ttrpc server on TCP and Unix sockets.
///
///     let server = try await TTRPCServer.start(
///       [.tcp(host: "127.0.0.1", port: 0)]
///     ) { loop in MyDispatcher(loop) }
///     print(server.addresses[0])
///     await server.drain()
///     await server.shutdown()
package final class TTRPCServer: Sendable {
  /// The settings of a server.
  package struct Configuration: Sendable {
    /// The limits for clients.
    package var limits = Limits()
    /// The number of I/O threads, at least 1.
    package var threads = 1
    /// The connections that the kernel queues until they are accepted.
    package var backlog = 1024
    /// The path of the operator's Unix socket (mode 0600), or nil for none. It may be longer than a
    /// socket address. Only processes of the server's user and of root get in; their peers have
    /// ``Peer/isOperator``. A socket file that is there is replaced.
    package var operatorSocket: String?
    /// The certificates for addresses of TLS, which cannot be listened on without.
    package var tls: ServerTLS?
    /// A callback for logs: the reason why the server closed a connection. Runs on the
    /// connection's loop.
    package var onClose: (@Sendable (Peer, CloseReason) -> Void)?
    /// A callback for logs: a connection that has ended, in any way. Runs on its loop.
    package var onEnd: (@Sendable (EndedConnection) -> Void)?

    /// True to count what connections do; see ``TTRPCServer/counts(within:)``.
    package var counts = false
    /// A callback for logs: unary calls that took long. Nil for none.
    package var slowCalls: SlowCalls?

    /// A callback for logs: one line for the operator about an episode such as a lack of file
    /// descriptors. Runs on a loop, or on the thread that looks at the files of certificates.
    package var onNotice: (@Sendable (String) -> Void)?

    /// The same for certificates and handshakes. Nil sends them to ``onNotice``.
    package var onTLSNotice: (@Sendable (String) -> Void)?

    /// Creates settings with one thread and the default limits.
    package init() {}
  }

  /// The connections above the limit that are kept for a moment: until they call and get a place
  /// or a refusal, or until an idle client that gave way has closed its side.
  package static let maxRefusedConnections = 64
  /// The connections of the operator's socket, beside the places of clients.
  package static let maxOperatorConnections = 8

  /// The addresses on which the server listens, with the ports that the system chose.
  package let addresses: [ListenAddress]
  /// The reason why the operator's socket is not listened on, or nil. The rest of the server works
  /// without it: some file systems have no sockets.
  package let operatorSocketError: ListenError?

  private let operatorSocket: String?
  private let group: MultiThreadedEventLoopGroup
  private let listeners: [any Channel]
  let loops: [ServerEventLoop]
  private let shared: ServerShared
  private let certificateWatch: ServerCertificateWatch?
  private let isListening = Mutex(true)
  private let isStopped = Mutex(false)

  private init(
    addresses: [ListenAddress],
    operatorSocket: OperatorSocket,
    group: MultiThreadedEventLoopGroup,
    listeners: [any Channel],
    loops: [ServerEventLoop],
    shared: ServerShared,
    certificateWatch: ServerCertificateWatch?
  ) {
    self.addresses = addresses
    self.operatorSocket = operatorSocket.path
    operatorSocketError = operatorSocket.error
    self.group = group
    self.listeners = listeners
    self.loops = loops
    self.shared = shared
    self.certificateWatch = certificateWatch
  }

  /// The number of calls and streams that wait for an answer.
  package var callsInFlight: Int { shared.gauge.count }
  /// The bytes of answers that clients have not taken.
  package var unreadAnswerBytes: Int { shared.answers.untaken }
  /// The bytes of large requests and messages that are reserved.
  package var inboundBytes: Int { shared.input.reserved }
  /// The number of open connections.
  package var connectionCount: Int { shared.connectionCount }

  /// Starts a server. `makeDispatcher` is called once for each loop, on that loop; every dispatcher
  /// serves the same methods. Throws if the certificates cannot be used, or if one address cannot
  /// be listened on or is the operator's socket; then the server is stopped and its socket files
  /// are removed.
  package static func start(
    _ addresses: [ListenAddress],
    configuration: Configuration = Configuration(),
    makeDispatcher: @escaping @Sendable (any ServerLoop) -> any CallDispatcher
  ) async throws(ListenError) -> TTRPCServer {
    try ServerOperatorSocket.check(configuration.operatorSocket, isApartFrom: addresses)
    let certificates = try certificates(configuration.tls, for: addresses)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, configuration.threads))
    let shared = ServerShared(configuration, certificates)
    let loops = group.makeIterator().map { ServerEventLoop($0, shared.answers) }
    for loop in loops {
      loop.eventLoop.execute {
        loop.connections = ServerConnections(
          loop: loop,
          others: loops.filter { $0 !== loop },
          shared: shared,
          dispatcher: makeDispatcher(loop)
        )
      }
    }
    var listeners: [any Channel] = []
    var actual: [ListenAddress] = []
    do throws(ListenError) {
      for address in addresses {
        let (channel, bound) = try await listen(
          address,
          group: group,
          loops: loops,
          shared: shared,
          backlog: configuration.backlog
        )
        listeners.append(channel)
        actual.append(bound)
      }
    } catch {
      await close(listeners, actual)
      await stop(loops, group)
      throw error
    }
    let operatorSocket = await openOperatorSocket(configuration, group, loops, shared)
    if let channel = operatorSocket.channel { listeners.append(channel) }
    let certificateWatch = certificates.map {
      ServerCertificateWatch(
        $0,
        timedBy: loops[0].eventLoop,
        configuration.onTLSNotice ?? configuration.onNotice
      )
    }
    return TTRPCServer(
      addresses: actual,
      operatorSocket: operatorSocket,
      group: group,
      listeners: listeners,
      loops: loops,
      shared: shared,
      certificateWatch: certificateWatch
    )
  }

  /// Stops listening and lets the calls in flight finish. Clients that know GOAWAY get it;
  /// connections of stock clients are closed when they are quiet. At half of the grace the server
  /// stops reading, answers the calls in flight and closes every connection. Returns true if all
  /// connections ended within `grace` (default: the limit `drainGraceMillis`), false if the rest
  /// was cut off. Call ``shutdown()`` afterwards.
  @discardableResult
  package func drain(grace: Duration? = nil) async -> Bool {
    let grace = grace ?? .milliseconds(shared.limits.drainGraceMillis)
    let end = ContinuousClock.now + grace
    await closeListeners()
    let millis =
      Int(grace.components.seconds * 1000)
      + Int(grace.components.attoseconds / 1_000_000_000_000_000)
    for loop in loops {
      loop.eventLoop.execute { loop.connections?.drain(graceMillis: millis) }
    }
    await waitForEnds(until: end - grace / 2)
    if shared.connectionCount > 0 {
      for loop in loops { loop.eventLoop.execute { loop.connections?.stopReading() } }
      await waitForEnds(until: end)
    }
    let clean = shared.connectionCount == 0
    for loop in loops { loop.eventLoop.execute { loop.connections?.closeAll() } }
    return clean
  }

  /// Waits until no connection is open, at most until `end`.
  private func waitForEnds(until end: ContinuousClock.Instant) async {
    while shared.connectionCount > 0, ContinuousClock.now < end, !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Stops at once: closes every connection and ends the threads. Does nothing if called again.
  package func shutdown() async {
    let first = isStopped.withLock { stopped in
      defer { stopped = true }
      return !stopped
    }
    if first {
      await closeListeners()
      await certificateWatch?.end()
      await Self.stop(loops, group)
    }
  }

  /// Closes the listeners once. A second time could remove the socket file of a server that has
  /// started at the same path since.
  private func closeListeners() async {
    let first = isListening.withLock { listening in
      defer { listening = false }
      return listening
    }
    guard first else { return }
    await Self.close(listeners, addresses)
    if let operatorSocket { ServerOperatorSocket.remove(operatorSocket) }
  }

  private static func close(_ listeners: [any Channel], _ addresses: [ListenAddress]) async {
    for listener in listeners { try? await listener.close() }
    for address in addresses { address.removeSocket() }
  }

  private static func stop(
    _ loops: [ServerEventLoop],
    _ group: MultiThreadedEventLoopGroup
  ) async {
    for loop in loops {
      // The dispatcher is released on the thread on which it was made.
      try? await loop.eventLoop.submit {
        loop.connections?.closeAll()
        loop.connections = nil
      }.get()
    }
    try? await group.shutdownGracefully()
  }

  /// The operator's socket: its path and listener if it is open, or the reason why it is not.
  private struct OperatorSocket {
    var path: String?
    var channel: (any Channel)?
    var error: ListenError?
  }

  private static func openOperatorSocket(
    _ configuration: Configuration,
    _ group: MultiThreadedEventLoopGroup,
    _ loops: [ServerEventLoop],
    _ shared: ServerShared
  ) async -> OperatorSocket {
    guard let path = configuration.operatorSocket else { return OperatorSocket() }
    do throws(ListenError) {
      let (channel, _) = try await listen(
        .unix(path: path),
        group: group,
        loops: loops,
        shared: shared,
        backlog: configuration.backlog,
        isOperators: true
      )
      return OperatorSocket(path: path, channel: channel)
    } catch {
      return OperatorSocket(error: error)
    }
  }

  private static func listen(
    _ address: ListenAddress,
    group: MultiThreadedEventLoopGroup,
    loops: [ServerEventLoop],
    shared: ServerShared,
    backlog: Int,
    isOperators: Bool = false
  ) async throws(ListenError) -> (any Channel, ListenAddress) {
    let byLoop = Dictionary(
      uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0) }
    )
    let certificates: ServerCertificates? =
      if case .tls = address { shared.certificates } else { nil }
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: Int32(clamping: backlog))
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(ServerAcceptHandler(shared))
        }
      }
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      // NIO keeps as many receive buffers of up to 64 KiB for each connection, and reads as many
      // before it notices that reading has stopped.
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let loop = byLoop[ObjectIdentifier(channel.eventLoop)]
          try accept(channel, loop, certificates, isOperators: isOperators)
        }
      }
    if isOperators, case .unix(let path, _) = address {
      return (try await ServerOperatorSocket.listen(path, with: bootstrap), address)
    }
    return try await address.listen(with: bootstrap)
  }

  private static func accept(
    _ channel: any Channel,
    _ loop: ServerEventLoop?,
    _ certificates: ServerCertificates?,
    isOperators: Bool
  ) throws {
    guard let connections = loop?.connections else { throw ChannelError.ioOnClosedChannel }
    let handler =
      isOperators
      ? connections.makeOperatorHandler(for: channel)
      : connections.makeHandler(for: channel.remoteAddress)
    do {
      if let certificates {
        let handshake = ServerHandshake(connections, handler, certificates)
        try channel.pipeline.syncOperations.addHandler(handshake)
      }
      try channel.pipeline.syncOperations.addHandler(handler)
    } catch {
      connections.left(handler)
      throw error
    }
  }

  private static func certificates(
    _ tls: ServerTLS?,
    for addresses: [ListenAddress]
  ) throws(ListenError) -> ServerCertificates? {
    for case .tls(let host, let port) in addresses where tls == nil {
      let address = ListenAddress.tls(host: host, port: port)
      throw ListenError("cannot listen on \(address): TLS needs a certificate and its key")
    }
    guard let tls else { return nil }
    return try ServerCertificates(tls)
  }

  static func reason(_ error: any Error) -> String {
    guard let error = error as? IOError else { return "\(error)" }
    switch error.errnoCode {
    case EADDRINUSE: return "the address is in use; stop the other program or use another address"
    case EACCES: return "permission denied; ports below 1024 need privileges"
    case EADDRNOTAVAIL: return "this machine does not have that address"
    case ENAMETOOLONG: return "its path is longer than the system's limit; use a shorter one"
    default: return error.description
    }
  }
}
