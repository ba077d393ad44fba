import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TTRPC
import TTRPCNIO
import TestKit

/// A client that knows only frames: the test writes every byte that it sends.
final class ServerTestClient: Sendable {
  private let channel: any Channel
  private let inbox: Inbox

  /// The time for which a test waits for a frame that must come.
  private static let patience = Duration.seconds(60)

  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  /// Connects. With a context the client speaks TLS; the handshake need not be over when the client
  /// is there. Without `reads` it reads nothing until it is told to.
  init(
    _ address: ListenAddress,
    tls: NIOSSLContext? = nil,
    serverName: String = "localhost",
    reads: Bool = true
  ) async throws {
    let inbox = Inbox()
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.autoRead, value: reads)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls {
            let handler = try NIOSSLClientHandler(context: tls, serverHostname: serverName)
            try channel.pipeline.syncOperations.addHandler(handler)
          }
          try channel.pipeline.syncOperations.addHandler(Collector(inbox))
        }
      }
    self.inbox = inbox
    switch address {
    case .tcp(let host, let port), .tls(let host, let port):
      channel = try await bootstrap.connect(host: host, port: port).get()
    case .unix(let path, _):
      channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
    }
  }

  func send(_ bytes: [UInt8]) async throws {
    try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
  }

  /// Sends without waiting for the write.
  func sendLater(_ bytes: [UInt8]) {
    channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
  }

  /// Returns the next frame of any type.
  func frame() async throws -> ServerTestFrame {
    let end = ContinuousClock.now + Self.patience
    while ContinuousClock.now < end {
      if let frame = inbox.take() { return frame }
      if inbox.isClosed, !inbox.hasFrame { throw Missing(description: "the connection was closed") }
      try await Task.sleep(for: .milliseconds(1))
    }
    throw Missing(description: "no frame came, \(inbox.seen) before")
  }

  func frames(_ count: Int) async throws -> [ServerTestFrame] {
    var frames: [ServerTestFrame] = []
    while frames.count < count { frames.append(try await frame()) }
    return frames
  }

  /// Returns true if the server closes the connection in time.
  func isClosedByServer() async throws -> Bool {
    let end = ContinuousClock.now + Self.patience
    while ContinuousClock.now < end {
      if inbox.isClosed { return true }
      try await Task.sleep(for: .milliseconds(1))
    }
    return false
  }

  var isClosed: Bool { inbox.isClosed }

  /// The errors of the connection so far, as text.
  var errors: [String] { inbox.errors }

  /// The number of frames that have arrived and were not read.
  var unread: Int { inbox.count }

  func reading(_ reads: Bool) async throws {
    try await channel.setOption(.autoRead, value: reads).get()
  }

  /// Closes the sending side, after everything sent so far.
  func closeSending() async throws { try await channel.close(mode: .output).get() }

  /// Closes the sending side of the socket, without a farewell of TLS.
  func cutSending() async throws {
    let channel = channel
    try await channel.eventLoop.submit {
      let context = try channel.pipeline.syncOperations.context(
        handlerType: NIOSSLClientHandler.self
      )
      context.close(mode: .output, promise: nil)
    }.get()
  }

  func close() async { try? await channel.close() }

  fileprivate final class Inbox: Sendable {
    private let state = Mutex<(frames: [ServerTestFrame], head: Int, closed: Bool)>(([], 0, false))
    private let failures = Mutex<[String]>([])

    var isClosed: Bool { state.withLock { $0.closed } }
    var count: Int { state.withLock { $0.frames.count - $0.head } }
    var hasFrame: Bool { count > 0 }
    var seen: Int { state.withLock { $0.head } }

    func add(_ frame: ServerTestFrame) { state.withLock { $0.frames.append(frame) } }
    func close() { state.withLock { $0.closed = true } }
    var errors: [String] { failures.withLock { $0 } }
    func add(_ error: any Error) { failures.withLock { $0.append("\(error)") } }

    func take() -> ServerTestFrame? {
      state.withLock { state in
        guard state.head < state.frames.count else { return nil }
        state.head += 1
        return state.frames[state.head - 1]
      }
    }
  }

  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let inbox: Inbox
    private var bytes: [UInt8] = []

    init(_ inbox: Inbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      bytes += Array(buffer: unwrapInboundIn(data))
      var consumed = 0
      bytes.withUnsafeBytes { raw in
        while case .frame(let frame) = Frame.parse(
          UnsafeRawBufferPointer(rebasing: raw[consumed...]),
          maxLength: 1 << 24
        ) {
          inbox.add(ServerTestFrame(header: frame.header, body: [UInt8](frame.body)))
          consumed += frame.byteCount
        }
      }
      bytes.removeFirst(consumed)
    }

    func channelInactive(context: ChannelHandlerContext) { inbox.close() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      inbox.add(error)
      context.close(promise: nil)
    }
  }
}

/// A frame as a value.
struct ServerTestFrame: Sendable {
  let header: FrameHeader
  let body: [UInt8]

  var error: RPCError? { response?.error }
  var payload: [UInt8]? { response?.payload }

  private var response: (payload: [UInt8], error: RPCError?)? {
    guard header.type == .response else { return nil }
    return body.withUnsafeBytes { raw in
      (try? ResponseView(decoding: raw)).map { ([UInt8]($0.payload), $0.error) }
    }
  }
}

/// Frames as a client sends them.
enum ServerTestBytes {
  static func request(
    _ stream: UInt32,
    _ method: Method,
    _ payload: [UInt8] = [],
    flags: FrameFlags = [],
    timeout: Duration = .zero,
    metadata: Metadata = Metadata()
  ) -> [UInt8] {
    var output = OutputBuffer()
    output.appendRequest(
      stream: stream,
      flags: flags,
      method: method,
      payload: payload,
      timeoutNanos: timeout.components.seconds * 1_000_000_000
        + timeout.components.attoseconds / 1_000_000_000,
      metadata: metadata
    )
    return output.takeAll()
  }

  static func data(_ stream: UInt32, _ message: [UInt8]) -> [UInt8] {
    var output = OutputBuffer()
    output.appendData(stream: stream, message)
    return output.takeAll()
  }

  static func close(_ stream: UInt32) -> [UInt8] {
    var output = OutputBuffer()
    output.appendClose(stream: stream)
    return output.takeAll()
  }

  static let extended: Metadata = [Extensions.metadataKey: Extensions.version]
}
