import NIOCore
import NIOSSL
import NIOTLS
import TTRPC

/// The TLS handshake of one connection: the first handler of its channel, until the handshake is
/// done. Used on the channel's loop only.
///
/// It reads the client's first message, waits for its turn in ``ServerHandshakes``, puts the TLS
/// handler behind itself, and removes itself when that is ready. Until then the ``ServerHandler``
/// sends nothing. After a failure it stays: it closes the sending side, so that the client can read
/// the reason, and discards what arrives.
final class ServerHandshake: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// The time at which the handshake got its turn.
  private(set) var begunAt = ContinuousClock.now

  private let owner: ServerConnections
  private let handler: ServerHandler
  private let certificates: ServerCertificates
  private var deadline: ContinuousClock.Instant
  private var state = State.greeting
  private var context: ChannelHandlerContext?
  /// The input that came before the handshake began.
  private var greeting: ByteBuffer?
  private var tls: NIOSSLServerHandler?

  private enum State {
    /// The client's first message has not arrived whole.
    case greeting
    /// The message is there, and all turns are taken.
    case queued
    case running
    case succeeded
    case failed
  }

  init(_ owner: ServerConnections, _ handler: ServerHandler, _ certificates: ServerCertificates) {
    self.owner = owner
    self.handler = handler
    self.certificates = certificates
    deadline = .now + certificates.settings.handshakeTimeout
  }

  /// True while the handshake waits for its turn.
  var isQueued: Bool { state == .queued }

  // MARK: Channel events

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelActive(context: ChannelHandlerContext) {
    handler.handshakeBegan(self, transport: context)
    context.fireChannelActive()
    owner.watch(deadline)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch state {
    case .running, .succeeded: context.fireChannelRead(data)
    case .failed: break
    case .greeting, .queued:
      var bytes = unwrapInboundIn(data)
      if greeting == nil { greeting = bytes } else { greeting!.writeBuffer(&bytes) }
      if state == .greeting { readGreeting(context) }
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case ChannelEvent.inputClosed = event, state != .succeeded else {
      context.fireUserInboundEventTriggered(event)
      return
    }
    // With half-closure allowed, nobody else closes a connection that ends in its handshake.
    if state == .running {
      report(HandshakeRefusal.closed)
    } else if greeting != nil {
      report("the client closed the connection")
    }
    end(.failed)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(.failed)
    context.fireChannelInactive()
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    // Closing both sides with input unread would make the system drop the alert.
    let half = state == .failed && mode == .all
    context.close(mode: half ? .output : mode, promise: promise)
  }

  // MARK: The client's first message

  private func readGreeting(_ context: ChannelHandlerContext) {
    guard let greeting else { return }
    switch ClientHello.read(greeting) {
    case .needsMore:
      if greeting.readableBytes > 2 * ClientHello.maxBytes { refuse(.malformed) }
    case .foreign(let byte):
      byte == 0 ? answerPlaintext(context) : refuse(.foreign)
    case .malformed: refuse(.malformed)
    case .whole(let hello):
      let own = ServerTLS.applicationProtocol
      guard hello.protocols.isEmpty || hello.protocols.contains(own) else {
        return refuse(.otherProtocol)
      }
      state = .queued
      owner.handshakes.add(self)
      if state == .queued { setReading(false) }
    }
  }

  /// Lets a client that speaks ttrpc without TLS know that, in an answer to its first call.
  private func answerPlaintext(_ context: ChannelHandlerContext) {
    report("the client does not speak TLS")
    end(.succeeded)
    handler.refuseWithoutTLS(Self.needsTLS)
    if let greeting { context.fireChannelRead(wrapInboundOut(greeting)) }
    greeting = nil
    leave(context)
  }

  private func refuse(_ refusal: HandshakeRefusal) {
    guard let context else { return }
    report(refusal.reason)
    end(.failed)
    guard let alert = refusal.alert else { return context.close(promise: nil) }
    handler.handshakeFailed()
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: alert)), promise: nil)
    context.close(mode: .output, promise: nil)
  }

  // MARK: The handshake

  /// Begins the handshake. Called by ``ServerHandshakes`` when it is this one's turn.
  func begin() {
    guard state == .queued, let context, let greeting else { return }
    self.greeting = nil
    begunAt = .now
    state = .running
    let tls = NIOSSLServerHandler(context: certificates.context)
    do {
      try context.pipeline.syncOperations.addHandler(tls, position: .after(self))
    } catch {
      return failed(error)
    }
    self.tls = tls
    setReading(true)
    context.fireChannelRead(wrapInboundOut(greeting))
    context.fireChannelReadComplete()
  }

  /// Takes an event of the TLS handler. Returns true if it was one of the handshake.
  func handles(_ event: Any) -> Bool {
    guard let event = event as? TLSUserEvent, case .handshakeCompleted = event else { return false }
    succeeded()
    return true
  }

  private func succeeded() {
    guard state == .running, let context, let tls else { return }
    var names: [String] = []
    if let certificate = tls.peerCertificate {
      // A client that resumes a session is not asked for its certificate again.
      guard certificate.isValid(at: ServerCertificates.now()) else {
        report(HandshakeRefusal.expired)
        end(.failed)
        return context.close(promise: nil)
      }
      names = certificate.names
    }
    guard let transport = try? context.pipeline.syncOperations.context(handler: tls) else { return }
    end(.succeeded)
    handler.handshakeSucceeded(names, transport: transport)
    leave(context)
  }

  /// Takes an error before the end of the handshake. The TLS handler closes the connection after it
  /// has sent its alert.
  func failed(_ error: any Error) {
    guard state != .failed, state != .succeeded else { return }
    report(
      HandshakeRefusal.reason(for: error, tls?.peerCertificate, now: ServerCertificates.now())
    )
    end(.failed)
    handler.handshakeFailed()
    if tls == nil { context?.close(promise: nil) }
  }

  /// Ends the handshake, so that another one has its turn.
  func giveWay() {
    report(
      "it took longer than others, which wait (\(certificates.settings.maxHandshakes) at once)"
    )
    end(.failed)
    context?.close(promise: nil)
  }

  /// Ends the handshake if its time is up. Returns the deadline otherwise.
  func tick(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    guard now >= deadline || owner.drainGraceMillis != nil else { return deadline }
    if owner.drainGraceMillis == nil { report("it took too long") }
    end(.failed)
    context?.close(promise: nil)
    return nil
  }

  /// Leaves the time out in which the loop stood still.
  func forgive(_ stall: Duration) { deadline += stall }

  // MARK: The end

  private func end(_ outcome: State) {
    guard state != .failed, state != .succeeded else { return }
    let hadTurn = state == .running
    state = outcome
    if outcome == .failed { greeting = nil }
    setReading(true)
    if hadTurn { owner.handshakes.ended(self) }
  }

  private func leave(_ context: ChannelHandlerContext) {
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
  }

  private func report(_ reason: String) {
    owner.shared.handshakeFailed(handler.address, reason)
  }

  private func setReading(_ reads: Bool) {
    // Fails only on a channel that is closed.
    try? context?.channel.syncOptions?.setOption(.autoRead, value: reads)
  }

  private static let needsTLS = RPCError(
    code: .failedPrecondition,
    message: """
      this address speaks TLS only: call it as tls://HOST:PORT. The request came unencrypted, so \
      others may have read a key that was in it
      """
  )
}
