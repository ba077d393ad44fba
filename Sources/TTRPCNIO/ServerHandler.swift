import NIOCore
import NIOSSL
import TTRPC

/// The driver of a ``ServerConnection`` on a NIO channel: bytes in, steps to the dispatcher, bytes
/// out. Used on its channel's loop only.
final class ServerHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let id: UInt64
  /// The host by which the connection is counted, or nil.
  let host: PeerHost?
  /// The connection's claim to one of the server's places, `Limits.connections`.
  var place: Place
  /// True while the connection counts as one without an accepted key.
  var isStranger = false
  /// True while the handler is due to flush at the end of a batch.
  var needsFlush = false

  let owner: ServerConnections
  private let dispatcher: any CallDispatcher
  private let limits: Limits
  var peer = Peer(address: "unknown")
  private let account: AnswerAccount
  private let counters: LoopCounters?
  /// The connection's transport, known once it is active.
  private(set) var kind = Transport.tcp
  /// The reason why the server ends the connection; nil while it does not.
  private(set) var closeReason: CloseReason?
  /// The bytes of output that `account` holds.
  private var counted = 0
  var connection: ServerConnection
  private var streams: [UInt32: ServerStreamQueue] = [:]
  /// The streams that have messages to send and wait for room.
  private var waiting: [ServerStreamQueue] = []
  private var context: ChannelHandlerContext?
  /// The TLS handshake that the connection is in. Until its end nothing is sent.
  var handshake: ServerHandshake?
  /// The place in the pipeline from which a close skips TLS, or nil without TLS.
  var transport: ChannelHandlerContext?
  /// The input not yet handled: part of a frame, or bytes that came while reading is stopped.
  private var input: ByteBuffer?
  private var isBlocked = false
  /// True while the connection waits for its turn in ``ServerTurns``.
  private var isQueued = false
  /// True from the first bytes of one read of the socket to its end.
  private var isInRead = false
  private var isReading = true
  private var inputEnded = false
  private var isFlushing = false
  /// The buffer of every write. It is copied only if NIO still holds the last one.
  var outgoing = ByteBuffer()
  var ending = Ending.open
  /// True once the sending side was told to close.
  private var isOutputClosed = false

  static let linger = Duration.seconds(1)
  /// The output, in bytes, up to which a stream's messages move into the connection.
  private static let outputTarget = 64 << 10
  private static let maxKeptBytes = 64 << 10
  /// The input that waits for its turn, in bytes, at which reading stops. It goes on at a quarter,
  /// so that a client that pipelines does not cost two system calls for each read.
  private static let maxWaitingInput = 64 << 10
  /// The capacity, in bytes, from which on a buffer with little left in it is replaced.
  private static let maxKeptInput = 128 << 10

  init(_ owner: ServerConnections, host: PeerHost?, place: Place, refusal: RPCError? = nil) {
    self.owner = owner
    self.host = host
    self.place = place
    dispatcher = owner.dispatcher
    limits = owner.shared.limits
    id = owner.shared.nextConnectionID()
    account = owner.shared.answers.makeAccount(limits)
    counters = owner.counters
    connection = ServerConnection(
      id: id,
      table: owner.table,
      limits: limits,
      gauge: owner.shared.gauge,
      account: account,
      counters: counters,
      now: .now,
      refusal: refusal
    )
    connection.shareInput(owner.shared.input) { [id, loop = owner.loop] in
      loop.execute { loop.connections?.inputGranted(id) }
    }
    if place == .uncounted { connection.session.isAuthenticated = true }
    isStranger = place == .held && !connection.session.isAuthenticated
    if place == .wanted { connection.waitForPlace() }
  }

  // MARK: Channel events

  func channelActive(context: ChannelHandlerContext) {
    self.context = context
    peer = Peer(
      address: Self.describe(context.remoteAddress),
      isOperator: place == .uncounted
    )
    if transport != nil { kind = .tls }
    if case .unixDomainSocket = context.channel.localAddress {
      kind = place == .uncounted ? .operator : .unix
      ServerUnixSocket.credentials(of: context.channel) { [self] in
        peer = Peer(address: peer.address, credentials: $0, isOperator: peer.isOperator)
      }
    }
    owner.add(self)
    if let grace = owner.drainGraceMillis { connection.drain(graceMillis: grace) }
    if owner.hasStoppedReading { stopReading() }
    if place != .held, place != .uncounted { owner.addSpare(self) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .open = ending else { return }
    var bytes = unwrapInboundIn(data)
    counters?.received(bytes.readableBytes)
    if input == nil { input = bytes } else { input!.writeBuffer(&bytes) }
    if isBlocked { connection.inputArrived() }
    if isBlocked || isQueued { return updateReading() }
    process(beginsTurn: !isInRead)
    isInRead = true
    claimPlace()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isInRead = false
    if isBlocked { finishTurn() } else { flush() }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    guard context.channel.isWritable else { return }
    connection.outputStalled(false, now: .now)
    finishTurn()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case ChannelEvent.inputClosed: inputEnded = true
    case ChannelEvent.outputClosed:
      if case .lingering = ending { ending = .lingering(until: .now + Self.linger) }
      return
    default:
      if handshake?.handles(event) != true { context.fireUserInboundEventTriggered(event) }
      return
    }
    guard case .open = ending else { return }
    for stream in connection.endStreams() { tell(stream, Self.connectionClosed) }
    finishTurn()
  }

  func channelInactive(context: ChannelHandlerContext) {
    if connection.callsInFlight > 0 { counters?.setTime(.now) }
    for stream in connection.end() { tell(stream, Self.connectionClosed) }
    ending = .closed
    self.context = nil
    handshake = nil
    transport = nil
    input = nil
    waiting = []
    dropOutput()
    owner.remove(self)
  }

  func handlerRemoved(context: ChannelHandlerContext) { owner.left(self) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let handshake {
      handshake.failed(error)
    } else if error as? NIOSSLError != .uncleanShutdown {
      closeNow()
    }
    // A client that ends its side without TLS's farewell ends its input: frames have lengths, so
    // that nobody can cut one short unnoticed.
  }

  // MARK: Input

  /// Runs the connection's next turn. Call ``finishTurn()`` afterwards.
  func takeTurn() {
    isQueued = false
    guard case .open = ending else { return }
    process(beginsTurn: true)
    claimPlace()
  }

  /// Asks for a place if the first frame has come and waits for one.
  private func claimPlace() {
    guard place == .wanted, isBlocked, !owner.hasStoppedReading, case .open = ending else { return }
    guard connection.session.isAuthenticated || provesItself() else { return }
    place = .asked
    // A connection that is refused ends with its first output.
    flush()
    owner.claimPlace(for: self)
  }

  /// Gives a connection without a place one turn to prove who it is. Returns true if it has: then
  /// its next frame waits for a place. Otherwise it takes one of those for strangers, or ends.
  private func provesItself() -> Bool {
    place = .asked
    decide(refusal: nil)
    guard case .open = ending else { return false }
    if connection.session.isAuthenticated {
      connection.waitForPlace()
      return true
    }
    if owner.takeStrangersPlace() {
      place = .held
      isStranger = true
      owner.removeSpare(self)
    } else {
      place = .none
      close(.unauthenticated)
    }
    return false
  }

  /// Handles the input until it or the turn ends.
  func process(beginsTurn: Bool) {
    // Also without input: the reason for the block may be gone.
    var bytes = input ?? ByteBuffer()
    input = nil
    var consumed = 0
    bytes.withUnsafeReadableBytes { run($0, &consumed, beginsTurn: beginsTurn) }
    bytes.moveReaderIndex(forwardBy: consumed)
    if isStranger, connection.session.isAuthenticated {
      isStranger = false
      owner.shared.releaseStrangerPlace()
    }
    guard case .open = ending else { return }
    if bytes.readableBytes > 0 {
      // Each byte is moved a few times at most, however many turns the input takes.
      if bytes.readerIndex >= bytes.readableBytes { bytes.discardReadBytes() }
      // The room of a large frame that was handled is not reserved any more.
      if bytes.capacity > max(Self.maxKeptInput, 2 * bytes.readableBytes), consumed > 0 {
        bytes = ByteBuffer(bytes: bytes.readableBytesView)
      }
      input = bytes
    }
    updateReading()
  }

  private func run(
    _ bytes: UnsafeRawBufferPointer,
    _ consumed: inout Int,
    beginsTurn: Bool
  ) {
    var now = ContinuousClock.now
    counters?.setTime(now)
    if beginsTurn { connection.beginTurn(now: now, waiting: owner.turns.waitingCount) }
    isBlocked = false
    while true {
      switch connection.next(bytes, consumed: &consumed, now: now) {
      case .needMore: return
      case .yield: return queue()
      case .blocked:
        isBlocked = true
        owner.watch(connection.nextDeadline)
        return
      case .close(let reason):
        close(reason)
        return
      case .unary(let start):
        unary(start, &now)
        if counters != nil { continue }
      case .open(let start): open(start)
      case .message(let stream, let message): streams[stream]?.deliver([UInt8](message))
      case .remoteClosed(let stream): streams[stream]?.deliver(nil)
      case .cancelled(let stream, let error): tell(stream, error)
      }
      // A lone call does not look at the clock again.
      guard consumed < bytes.count else { continue }
      now = .now
      counters?.setTime(now)
    }
  }

  /// Waits for another turn, behind the other connections that wait.
  private func queue() {
    if isQueued { return }
    isQueued = true
    owner.turns.add(self)
  }

  /// Gives input that was blocked a turn.
  private func resume() {
    guard isBlocked, case .open = ending else { return }
    isBlocked = false
    queue()
  }

  /// Goes on with a large frame for which there is room now.
  func inputGranted() {
    if isBlocked, connection.mayGoOn { resume() }
  }

  private func call(_ start: CallStart) -> ServerCall {
    ServerCall(
      target: ReplyTarget(connection: id, stream: start.stream),
      deadline: start.deadline,
      metadata: start.metadata,
      peer: peer,
      answers: account,
      session: connection.session
    )
  }

  /// Runs a unary call. With counters, sets `now` to the time of its end.
  private func unary(_ start: CallStart, _ now: inout ContinuousClock.Instant) {
    let call = call(start)
    connection.beginReply(start.stream)
    let outcome = dispatcher.unary(
      start.method,
      start.payload.bytes,
      call,
      &connection.output.message
    )
    if let counters {
      now = .now
      counters.setTime(now)
    }
    connection.endReply(start, outcome)
    if start.deadline != nil, case .pending = outcome { owner.watch(connection.nextDeadline) }
  }

  private func open(_ start: CallStart) {
    let call = call(start)
    let stream = ServerStreamQueue(
      target: call.target,
      loop: owner.loop,
      maxBytes: limits.streamOutboundBytes,
      owner.shared.answers
    )
    streams[start.stream] = stream
    if start.deadline != nil { owner.watch(connection.nextDeadline) }
    dispatcher.open(start.method, start.payload.bytes, call, stream)
    connection.opened(start.stream)
  }

  /// Ends the calls whose owners have lost their right. If the caller of the connection has, the
  /// connection is a stranger's again.
  func endRefusedCalls() {
    let ended = connection.endRefusedCalls()
    for (stream, error) in ended { tell(stream, error) }
    // The operator needs no key.
    let isDismissed = place != .uncounted && connection.dismissCaller(now: .now)
    if !ended.isEmpty { finishTurn() }
    if isDismissed { becomeStranger() }
  }

  private func tell(_ stream: UInt32, _ error: RPCError) {
    if let open = streams.removeValue(forKey: stream) {
      open.cancel(error)
    } else {
      dispatcher.abandoned(ReplyTarget(connection: id, stream: stream), error)
    }
  }

  /// Stops reading while nothing may be handled or much waits for its turn.
  private func updateReading() {
    let bound = isReading ? Self.maxWaitingInput : Self.maxWaitingInput / 4
    let waits = isQueued && (input?.readableBytes ?? 0) >= bound
    let reads = !isBlocked && !waits
    guard reads != isReading else { return }
    isReading = reads
    // Fails only on a channel that is closed, where nothing is read anyway.
    try? context?.channel.syncOptions?.setOption(.autoRead, value: reads)
  }

  // MARK: Answers

  func complete(_ completion: Completion) {
    connection.complete(completion.target.stream, completion.result)
  }

  /// Moves the work of a stream's handler into the connection: consumed messages, messages to send,
  /// the end. Call ``finishTurn()`` afterwards.
  func serve(_ stream: ServerStreamQueue) {
    let id = stream.target.stream
    guard streams[id] === stream else { return }
    let consumed = stream.takeConsumed()
    if consumed > 0 { _ = connection.consumed(id, consumed) }
    stream.deliverHeldBack()
    while hasRoom, let message = stream.takeMessage() {
      if let error = connection.send(id, message) { return tell(id, error) }
    }
    switch stream.takeState() {
    case .hasMessages: if !waiting.contains(where: { $0 === stream }) { waiting.append(stream) }
    case .empty: break
    case .finished(let error):
      streams[id] = nil
      connection.finish(id, error)
      stream.release()
    case .overflowed(let error):
      connection.finish(id, error)
      tell(id, error)
    }
  }

  private var hasRoom: Bool {
    connection.output.count < Self.outputTarget && context?.channel.isWritable == true
  }

  /// Flushes the output, then lets waiting streams continue and unread input wait for its turn.
  func finishTurn() {
    needsFlush = false
    // A write may make the channel writable at once, which calls this from inside `flush`.
    if isFlushing { return }
    isFlushing = true
    defer { isFlushing = false }
    flush()
    if !waiting.isEmpty, hasRoom {
      for stream in takeWaiting() { serve(stream) }
      flush()
      // Yields to other connections before a fast reader goes on.
      if !waiting.isEmpty, hasRoom { queue() }
    }
    if isBlocked, connection.mayGoOn { resume() }
    if inputEnded, !isQueued, !isBlocked { endInput() }
  }

  /// Ends the streams of a client that has closed its side, and the output after the last answer.
  private func endInput() {
    guard case .open = ending else { return }
    for stream in connection.endStreams() { tell(stream, Self.connectionClosed) }
    if connection.callsInFlight == 0, connection.output.isEmpty { shutOutput() }
  }

  private func takeWaiting() -> [ServerStreamQueue] {
    defer { waiting = [] }
    return waiting
  }

  private func flush() {
    guard let context, handshake == nil else { return }
    defer { countOutput() }
    // From inside a write: what that has begun goes first.
    if transport != nil { sendPieces(context) }
    guard !connection.output.isEmpty else { return }
    guard context.channel.isWritable else {
      connection.outputStalled(true, now: .now)
      return
    }
    outgoing.clear()
    counters?.sent(connection.output.count)
    _ = connection.output.withUnsafeBytes { outgoing.writeBytes($0) }
    connection.output.removeAll()
    if transport == nil {
      context.writeAndFlush(wrapOutboundOut(outgoing), promise: nil)
    } else {
      sendPieces(context)
    }
    if outgoing.capacity > Self.maxKeptBytes { outgoing = ByteBuffer() }
    connection.outputStalled(!context.channel.isWritable, now: .now)
  }

  /// Counts the bytes that the client has not taken. What NIO holds counts while NIO accepts no
  /// more; at other times it is at most its high-water mark, 64 KiB.
  private func countOutput() {
    connection.socketBytes = connection.stalledSince == nil ? 0 : unsentBytes
    let bytes = connection.output.count + connection.socketBytes
    if bytes == counted { return }
    account.add(bytes - counted)
    let grew = bytes > counted
    counted = bytes
    if grew { owner.answersGrew() }
  }

  private func dropOutput() {
    connection.output.removeAll()
    account.add(-counted)
    counted = 0
  }

  /// Returns the bytes that the client has not taken and the time since which it takes nothing, or
  /// nil if it took something in the last `patience`.
  func unread(
    stalledFor patience: Duration,
    _ now: ContinuousClock.Instant
  ) -> (bytes: Int, since: ContinuousClock.Instant)? {
    guard context != nil, let since = connection.stalledSince, now - since >= patience else {
      return nil
    }
    countOutput()
    return (counted + streams.values.reduce(0) { $0 + $1.queuedBytes }, since)
  }

  /// Closes the connection, because its answers take the memory of others.
  func giveWay() {
    close(.memoryPressure)
    dropOutput()
  }

  // MARK: Time and the end

  /// Handles deadlines and timeouts that have passed. Returns the next deadline, or nil.
  func tick(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    guard case .open = ending else {
      guard case .lingering(let until) = ending else { return nil }
      if until <= now { closeNow() } else if inputEnded, !hasUnsentOutput { closeOutput() }
      return nil
    }
    if let handshake { return handshake.tick(now) }
    if isQueued { connection.inputWaits(until: now) }
    let ended = connection.expire(now: now)
    for (stream, error) in ended { tell(stream, error) }
    if !ended.isEmpty { finishTurn() }
    let reason = connection.closeReason(now: now)
    // Calls that wait for their turn are answered or refused first.
    if let reason, reason != .drained || !isQueued {
      close(reason)
      return nil
    }
    return connection.nextDeadline
  }

  /// See ``ServerConnection/forgive(_:)``.
  func forgive(_ stall: Duration) {
    handshake?.forgive(stall)
    connection.forgive(stall)
  }

  func drain(graceMillis: Int) {
    connection.drain(graceMillis: graceMillis)
    flush()
  }

  /// Answers the calls in flight, then closes; see ``ServerConnection/stopReading()``.
  func stopReading() {
    guard case .open = ending else { return }
    for (stream, error) in connection.stopReading() { tell(stream, error) }
    isBlocked = false
    queue()
    finishTurn()
  }

  /// Ends the connection after its output, and says why.
  func close(_ reason: CloseReason) {
    connection.announceEnd(reason)
    ends(reason)
    if reason == .writeTimeout || reason == .memoryPressure { closeNow() } else { shutOutput() }
  }

  /// Notes and reports why the server ends the connection.
  func ends(_ reason: CloseReason) {
    if closeReason == nil { closeReason = reason }
    owner.shared.onClose?(peer, reason)
  }

  /// Flushes the output, closes the sending side and waits up to a second for the client to do the
  /// same. A client that does not read the output has the time of a write.
  private func shutOutput() {
    guard case .open = ending, context != nil else { return }
    if handshake != nil { return closeNow() }
    for stream in connection.end() { tell(stream, Self.connectionClosed) }
    flush()
    let patience = max(Self.linger, .milliseconds(limits.writeTimeoutMillis))
    ending = .lingering(until: .now + patience)
    input = nil
    isBlocked = false
    updateReading()
    // After the client has closed its side, NIO would close at once and drop what is not sent.
    if inputEnded, hasUnsentOutput { return }
    closeOutput()
  }

  /// Closes the sending side, with TLS's farewell, or the connection if that was done before.
  private func closeOutput() {
    if isOutputClosed { return closeNow() }
    isOutputClosed = true
    context?.close(mode: .output, promise: nil)
  }

  /// True while the socket has not taken all output.
  var hasUnsentOutput: Bool { unsentBytes > 0 }

  private var unsentBytes: Int {
    (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
  }

  func closeNow() {
    if case .closed = ending { return }
    ending = .closed
    // The TLS handler would wait for the client's farewell.
    (transport ?? context)?.close(promise: nil)
  }

  private static let connectionClosed = RPCError(
    code: .cancelled,
    message: "the client's connection closed before the call ended"
  )

  private static func describe(_ address: SocketAddress?) -> String {
    guard let address, let host = address.ipAddress, let port = address.port else { return "unix" }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
