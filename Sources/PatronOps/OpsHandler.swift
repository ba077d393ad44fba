import NIOCore
import NIOHTTP1

/// The requests of one connection, one after the other. Used on the channel's loop only.
final class OpsHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let state: OpsState
  private let guarding: HostGuard
  private let patience: TimeAmount
  private var head: HTTPRequestHead?
  /// The end of a connection that sends no whole request.
  private var timeout: Scheduled<Void>?

  init(_ state: OpsState, _ guarding: HostGuard, patience: TimeAmount) {
    self.state = state
    self.guarding = guarding
    self.patience = patience
  }

  func channelActive(context: ChannelHandlerContext) {
    waitForRequest(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    timeout?.cancel()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      if let refusal = OpsAnswer.refusal(of: head, guarding) {
        // The rest of such a request is not read.
        self.head = nil
        timeout?.cancel()
        return send(refusal, to: head, context, closes: true)
      }
      self.head = head
    case .body: break
    case .end:
      guard let head else { return }
      self.head = nil
      timeout?.cancel()
      answer(head, context)
    }
  }

  private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    let path = String(head.uri.prefix { $0 != "?" })
    let state = state
    context.eventLoop.makeFutureWithTask { await OpsAnswer.page(path[...], of: state) }
      .assumeIsolated()
      .whenSuccess { answer in self.send(answer, to: head, context, closes: !head.isKeepAlive) }
  }

  private func send(
    _ answer: OpsAnswer,
    to request: HTTPRequestHead,
    _ context: ChannelHandlerContext,
    closes: Bool
  ) {
    guard context.channel.isActive else { return }
    var headers = HTTPHeaders([
      ("content-type", answer.type), ("content-length", "\(answer.body.utf8.count)"),
      ("cache-control", "no-store"), ("x-content-type-options", "nosniff"),
    ])
    if answer.saysMethods { headers.add(name: "allow", value: "GET, HEAD") }
    if closes { headers.add(name: "connection", value: "close") }
    let head = HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if request.method != .HEAD {
      let body = context.channel.allocator.buffer(string: answer.body)
      context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    }
    let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
    waitForRequest(context)
    guard closes else { return }
    written.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
  }

  private func waitForRequest(_ context: ChannelHandlerContext) {
    timeout?.cancel()
    let channel = context.channel
    timeout = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
  }
}
