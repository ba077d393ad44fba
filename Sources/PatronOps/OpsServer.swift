import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
package import TTRPCNIO

/// The listener of the operator: metrics, health and status over HTTP/1.1, on a thread of its own.
/// It answers GET and HEAD, changes nothing and shows no data of customers.
package final class OpsServer: Sendable {
  /// The address, with the port that the system chose.
  package let address: ListenAddress
  private let channel: any Channel
  private let group: MultiThreadedEventLoopGroup

  /// The connections that are served at once. One more is closed.
  package static let maxConnections = 32
  /// The files that the listener opens: connections, its loop, itself, and those of `/proc`.
  package static let maxFiles = maxConnections + 8
  /// The size of a request's head, in bytes.
  static let maxHeadBytes = 8 << 10

  private init(
    _ address: ListenAddress,
    _ channel: any Channel,
    _ group: MultiThreadedEventLoopGroup
  ) {
    self.address = address
    self.channel = channel
    self.group = group
  }

  /// Starts to listen. Connections have `patience` for a request, from their start or from the last
  /// answer.
  package static func start(
    _ address: ListenAddress,
    of state: OpsState,
    patience: Duration = .seconds(10)
  ) async throws(ListenError) -> OpsServer {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let guarding = HostGuard(address)
    let places = Places()
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 64)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AcceptPause())
        }
      }
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard places.take() else { throw ChannelError.ioOnClosedChannel }
          channel.closeFuture.whenComplete { _ in places.giveBack() }
          var limits = NIOHTTPDecoderLimitConfiguration()
          limits.maxHeaderFieldSize = maxHeadBytes
          limits.maxHeaderListSize = maxHeadBytes
          limits.maxHeaderFieldCount = 64
          let pipeline = channel.pipeline.syncOperations
          try pipeline.configureHTTPServerPipeline(decoderLimits: limits)
          try pipeline.addHandler(OpsHandler(state, guarding, patience: TimeAmount(patience)))
        }
      }
    do throws(ListenError) {
      let (channel, bound) = try await address.listen(with: bootstrap)
      return OpsServer(bound, channel, group)
    } catch {
      try? await group.shutdownGracefully()
      throw error
    }
  }

  /// Stops at once. Call it once.
  package func shutdown() async {
    try? await channel.close()
    address.removeSocket()
    try? await group.shutdownGracefully()
  }

  /// The pause of a listener that finds no file descriptor for another connection. The system would
  /// report the waiting connection again and again.
  private final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      guard error is IOError else { return context.fireErrorCaught(error) }
      let channel = context.channel
      try? channel.syncOptions?.setOption(.autoRead, value: false)
      context.eventLoop.scheduleTask(in: .seconds(1)) {
        channel.setOption(.autoRead, value: true).whenFailure { _ in }
      }
    }
  }

  /// The places of connections.
  private final class Places: Sendable {
    private let taken = Atomic<Int>(0)

    func take() -> Bool {
      if taken.add(1, ordering: .relaxed).newValue <= OpsServer.maxConnections { return true }
      giveBack()
      return false
    }

    func giveBack() { taken.subtract(1, ordering: .relaxed) }
  }
}

extension ChannelPipeline.SynchronousOperations {
  /// Adds the handlers of an HTTP/1.1 server whose decoder has limits.
  fileprivate func configureHTTPServerPipeline(
    decoderLimits: NIOHTTPDecoderLimitConfiguration
  ) throws {
    try configureHTTPServerPipeline(
      position: .last,
      withPipeliningAssistance: true,
      withServerUpgrade: nil,
      withErrorHandling: true,
      withOutboundHeaderValidation: true,
      withEncoderConfiguration: .init(),
      withDecoderLimitConfiguration: decoderLimits
    )
  }
}
