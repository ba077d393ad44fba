import NIOCore
import NIOPosix

/// A server that knows no protocol: it does one thing with the first bytes of each connection.
final class RawListener: Sendable {
  enum Reaction: Sendable {
    case nothing
    case close
    case answer([UInt8])
  }

  let port: Int
  private let channel: any Channel

  private init(_ channel: any Channel) {
    self.channel = channel
    port = channel.localAddress?.port ?? 0
  }

  /// Listens on a free loopback port.
  static func start(_ reaction: Reaction) async throws -> RawListener {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Handler(reaction))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return RawListener(channel)
  }

  func stop() async { try? await channel.close() }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let reaction: Reaction

    init(_ reaction: Reaction) { self.reaction = reaction }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch reaction {
      case .nothing: break
      case .close: context.close(promise: nil)
      case .answer(let bytes):
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
      }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }
}
