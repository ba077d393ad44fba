import NIOCore
import NIOPosix
import Synchronization
import TTRPC

/// A server that follows a test's script: for every frame that arrives, the script returns actions.
final class RawServer: Sendable {
  /// An action of the script.
  enum Action {
    case send([UInt8])
    case close
  }

  /// Called on the server's loop with the number of the connection (from 0) and a frame.
  typealias Script = @Sendable (Int, FrameHeader, [UInt8]) -> [Action]

  let port: Int
  private let listener: any Channel
  private let state: State

  final class State: Sendable {
    let connections = Mutex<[any Channel]>([])
    let frames = Mutex<[FrameHeader]>([])
  }

  private init(listener: any Channel, state: State) {
    self.listener = listener
    self.state = state
    port = listener.localAddress?.port ?? 0
  }

  /// Listens on a free loopback port, or on `port`.
  static func start(port: Int = 0, _ script: @escaping Script) async throws -> RawServer {
    let state = State()
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let number = state.connections.withLock { connections in
            connections.append(channel)
            return connections.count - 1
          }
          try channel.pipeline.syncOperations.addHandler(
            RawHandler(number: number, state: state, script: script)
          )
        }
      }
      .bind(host: "127.0.0.1", port: port).get()
    return RawServer(listener: listener, state: state)
  }

  var target: ClientTarget { .host("127.0.0.1", port: port) }
  var connectionCount: Int { state.connections.withLock { $0.count } }
  /// The headers of all frames received so far.
  var frames: [FrameHeader] { state.frames.withLock { $0 } }

  func closeConnections() async {
    for channel in state.connections.withLock({ $0 }) { try? await channel.close() }
  }

  /// Stops listening and closes every connection.
  func stop() async {
    try? await listener.close()
    await closeConnections()
  }
}

private final class RawHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let number: Int
  private let state: RawServer.State
  private let script: RawServer.Script
  private var input = ByteBuffer()

  init(number: Int, state: RawServer.State, script: @escaping RawServer.Script) {
    self.number = number
    self.state = state
    self.script = script
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    input.writeBuffer(&bytes)
    while let (header, body) = nextFrame() {
      state.frames.withLock { $0.append(header) }
      for action in script(number, header, body) {
        switch action {
        case .send(let bytes):
          context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        case .close: context.close(promise: nil)
        }
      }
    }
  }

  private func nextFrame() -> (FrameHeader, [UInt8])? {
    let parsed = input.withUnsafeReadableBytes { bytes in
      switch Frame.parse(bytes, maxLength: FrameHeader.protocolMaxLength) {
      case .frame(let frame): (frame.header, [UInt8](frame.body))
      default: nil as (FrameHeader, [UInt8])?
      }
    }
    if let parsed { input.moveReaderIndex(forwardBy: FrameHeader.byteCount + parsed.1.count) }
    return parsed
  }
}

/// Returns the bytes of one frame.
func rawFrame(_ type: FrameType, _ stream: UInt32, _ body: [UInt8]) -> [UInt8] {
  FrameHeader(length: UInt32(body.count), streamID: stream, type: type).bytes + body
}

/// Returns a Response with one byte of payload.
func rawAnswer(_ stream: UInt32, _ byte: UInt8) -> [UInt8] {
  rawFrame(.response, stream, [0x12, 0x01, byte])
}

/// Returns a Response with a status code.
func rawStatus(_ stream: UInt32, _ code: StatusCode) -> [UInt8] {
  rawFrame(.response, stream, [0x0A, 0x02, 0x08, UInt8(code.rawValue)])
}
