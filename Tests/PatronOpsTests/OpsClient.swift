import NIOCore
import NIOPosix
import TTRPCNIO

/// A client that sends the bytes of one HTTP request and reads until the server closes.
enum OpsClient {
  struct Answer: Sendable {
    let status: Int
    let head: String
    let body: String
  }

  struct NoAnswer: Error {}

  /// Sends a GET, or another method, whose connection closes after the answer.
  static func get(
    _ path: String,
    at address: ListenAddress,
    method: String = "GET",
    headers: [String] = ["Host: localhost"]
  ) async throws -> Answer {
    let lines = ["\(method) \(path) HTTP/1.1"] + headers + ["Connection: close", "", ""]
    return try answer(await exchange(lines.joined(separator: "\r\n"), at: address))
  }

  /// Returns all that the server sends before it closes.
  static func exchange(_ request: String, at address: ListenAddress) async throws -> String {
    let group = MultiThreadedEventLoopGroup.singleton
    let loop = group.next()
    let promise = loop.makePromise(of: String.self)
    let bootstrap = ClientBootstrap(group: loop).channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(Collector(promise))
      }
    }
    let channel: any Channel
    do {
      switch address {
      case .tcp(let host, let port), .tls(let host, let port):
        channel = try await bootstrap.connect(host: host, port: port).get()
      case .unix(let path, _):
        channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
      }
    } catch {
      promise.fail(error)
      throw error
    }
    if !request.isEmpty {
      channel.writeAndFlush(ByteBuffer(string: request), promise: nil)
    }
    return try await promise.futureResult.get()
  }

  static func answer(_ text: String) throws -> Answer {
    guard let end = text.firstRange(of: "\r\n\r\n") else { throw NoAnswer() }
    let head = String(text[..<end.lowerBound])
    let words = head.split(separator: " ", maxSplits: 2)
    guard words.count > 1, let status = Int(words[1]) else { throw NoAnswer() }
    return Answer(status: status, head: head.lowercased(), body: String(text[end.upperBound...]))
  }

  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let promise: EventLoopPromise<String>
    private var text = ""

    init(_ promise: EventLoopPromise<String>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      text += String(buffer: unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) { promise.succeed(text) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.close(promise: nil)
    }
  }
}
