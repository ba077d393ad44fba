import NIOCore
import TTRPC

/// The receiver of a stream's events. Called on the connection's loop.
protocol ClientStreamSink: AnyObject {
  /// `bytes` are valid during this function only.
  func received(_ bytes: UnsafeRawBufferPointer)
  func ended(_ failure: CallFailure?)
  /// Reports that the connection accepts messages again.
  func writable()
}

/// The receiver of a call's outcome.
enum ClientSink {
  case unary((ClientAnswer) -> Void)
  case attempt((Result<UnsafeRawBufferPointer, CallFailure>) -> Void)
  case stream(any ClientStreamSink)

  func fail(_ failure: CallFailure) {
    switch self {
    case .unary(let completion): completion(.failure(failure.error))
    case .attempt(let completion): completion(.failure(failure))
    case .stream(let sink): sink.ended(failure)
    }
  }
}

/// The driver of one ``ClientConnection`` on a channel. It flushes once for all events of a tick of
/// the loop, and keeps one timer for everything that depends on time.
///
/// `@unchecked Sendable`: every member is used on the channel's event loop only; those reachable
/// from elsewhere check it.
final class ClientHandler: ChannelDuplexHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = Never
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Called once when the connection accepts no new calls.
  var onDraining: ((String) -> Void)?
  /// Called once when the connection has ended.
  var onClosed: ((RPCError) -> Void)?
  /// Called whenever the number of calls in flight reaches zero.
  var onIdle: (() -> Void)?

  let eventLoop: any EventLoop
  /// True once the server has answered a call, so that it knows the caller, until it refuses one.
  private(set) var isKnown = false
  private let peer: ClientTarget
  private var connection: ClientConnection
  private var sinks: [ClientSink?] = []
  private var context: ChannelHandlerContext?
  private var leftover = ByteBuffer()
  private var outgoing = ByteBuffer()
  private var socketError: (any Error)?
  /// True while events are delivered: events that their receivers cause wait until then.
  private var isDelivering = false
  /// The time of the current batch of input, or nil outside one.
  private var batchTime: ContinuousClock.Instant?
  private var flushScheduled = false
  private var readHeldBack = false
  private var waitingStreams: [any ClientStreamSink] = []
  private var timer: (at: ContinuousClock.Instant, task: Scheduled<Void>)?

  /// The output, in bytes, from which on streams wait for the socket before they add to it.
  private static let outputMark = 1 << 20
  /// The output not yet taken by the socket, in bytes, beyond which no call is started.
  private static let maxBufferedBytes = 16 << 20

  init(
    peer: ClientTarget,
    eventLoop: any EventLoop,
    limits: ClientLimits,
    extensions: Bool,
    metadata: Metadata
  ) {
    self.peer = peer
    self.eventLoop = eventLoop
    connection = ClientConnection(limits: limits, extensions: extensions, metadata: metadata)
  }

  var callsInFlight: Int { connection.callsInFlight }
  var isOpen: Bool { connection.phase == .open }

  /// Returns true if a request is too large for a server that does not know the caller.
  func mustGreet(before request: ClientRequestSize) -> Bool {
    let bytes = connection.frameBytes(
      request.method,
      payload: request.payload,
      metadata: request.metadata
    )
    return bytes > ClientGreeting.maxUnknownBytes
  }

  /// Records that the server knows the caller.
  func becomeKnown() { isKnown = true }

  /// Returns true if a stream may send now. Otherwise ``ClientStreamSink/writable()`` is called
  /// later.
  func canSend(_ stream: any ClientStreamSink) -> Bool {
    guard let context, context.channel.isWritable, connection.output.count < Self.outputMark else {
      waitingStreams.append(stream)
      return false
    }
    return true
  }

  /// Starts a call; its outcome goes to `sink`. If it throws, nothing was sent and `sink` is not
  /// called.
  func start(
    _ method: Method,
    payload: UnsafeRawBufferPointer?,
    metadata: Metadata,
    deadline: ContinuousClock.Instant?,
    sink: ClientSink
  ) throws(CallFailure) -> ClientCallID {
    eventLoop.preconditionInEventLoop()
    try checkOutput()
    let call = try connection.start(
      method,
      payload: payload,
      metadata: metadata,
      deadline: deadline,
      now: batchTime ?? ContinuousClock.now
    )
    while sinks.count <= call.slot { sinks.append(nil) }
    sinks[call.slot] = sink
    settle()
    return call
  }

  /// Starts a call with an optional array as its request.
  func start(
    _ method: Method,
    request: [UInt8]?,
    metadata: Metadata,
    deadline: ContinuousClock.Instant?,
    sink: ClientSink
  ) throws(CallFailure) -> ClientCallID {
    guard let request else {
      return try start(
        method,
        payload: nil,
        metadata: metadata,
        deadline: deadline,
        sink: sink
      )
    }
    return try request.withUnsafeBytes { bytes in
      Result { () throws(CallFailure) in
        try start(method, payload: bytes, metadata: metadata, deadline: deadline, sink: sink)
      }
    }.get()
  }

  func send(_ call: ClientCallID, _ message: [UInt8]) throws(RPCError) {
    eventLoop.preconditionInEventLoop()
    try message.withUnsafeBytes { bytes in
      Result { () throws(RPCError) in try connection.send(call, bytes) }
    }.get()
    scheduleFlush()
  }

  func finishSending(_ call: ClientCallID) {
    eventLoop.preconditionInEventLoop()
    connection.finishSending(call)
    scheduleFlush()
  }

  func consumed(_ call: ClientCallID, messages: Int, bytes: Int) {
    eventLoop.preconditionInEventLoop()
    connection.consumed(call, messages: messages, bytes: bytes)
    resumeReading()
  }

  func cancel(_ call: ClientCallID, _ error: RPCError) {
    eventLoop.preconditionInEventLoop()
    connection.cancel(call, error)
    settle()
  }

  /// Stops accepting calls; those in flight go on.
  func drain(reason: String) {
    eventLoop.preconditionInEventLoop()
    connection.drain(reason: reason)
    settle()
  }

  /// Fails every call in flight and closes the socket.
  func close(_ error: RPCError) {
    eventLoop.preconditionInEventLoop()
    connection.close(error)
    settle()
  }

  private func checkOutput() throws(CallFailure) {
    guard let channel = context?.channel, !channel.isWritable else { return }
    let waiting = try? channel.syncOptions?.getOption(.bufferedWritableBytes)
    guard let waiting, waiting > Self.maxBufferedBytes else { return }
    throw CallFailure(
      RPCError(
        code: .resourceExhausted,
        message: "\(waiting) bytes wait to be sent to \(peer), allowed are "
          + "\(Self.maxBufferedBytes): the server reads too slowly, call less at a time"
      ),
      reach: .notSent
    )
  }
}

// Events of the connection.
extension ClientHandler {
  /// Delivers events, resumes reading and schedules flush and timer. Call it after anything that
  /// may have made events or output.
  private func settle() {
    deliver { $0.nextPending() }
    // The stream whose queue was full may be the one that ended.
    resumeReading()
    scheduleFlush()
    scheduleTimer()
  }

  /// Delivers events until `next` has none. Completions that start or end calls return here: their
  /// events follow those before them, so that no completion runs inside another, or before the
  /// start of its own call has returned.
  private func deliver(_ next: (inout ClientConnection) -> ClientEvent?) {
    guard !isDelivering else { return }
    isDelivering = true
    defer { isDelivering = false }
    while let event = next(&connection) { handle(event) }
  }

  private func handle(_ event: ClientEvent) {
    switch event {
    case .response(let call, let payload):
      isKnown = true
      switch takeSink(call) {
      case .unary(let completion): completion(.success(payload.bytes))
      case .attempt(let completion): completion(.success(payload))
      case .stream, nil: break
      }
    case .message(let call, let bytes):
      isKnown = true
      if case .stream(let sink) = sinks[call.slot] { sink.received(bytes) }
    case .ended(let call):
      if case .stream(let sink) = takeSink(call) { sink.ended(nil) }
    case .failed(let call, let failure):
      // A server whose key has ended takes large requests only after another greeting.
      if failure.error.code == .unauthenticated { isKnown = false }
      takeSink(call)?.fail(failure)
    case .draining(let reason):
      onDraining?(reason)
      onDraining = nil
    case .closed(let error): closed(error)
    }
  }

  private func takeSink(_ call: ClientCallID) -> ClientSink? {
    let sink = sinks[call.slot]
    sinks[call.slot] = nil
    if connection.callsInFlight == 0, let onIdle {
      // Later, because this call's outcome has not been delivered yet.
      eventLoop.assumeIsolated().execute(onIdle)
    }
    return sink
  }

  private func closed(_ error: RPCError) {
    timer?.task.cancel()
    timer = nil
    context?.close(promise: nil)
    onClosed?(error)
    onClosed = nil
    onDraining = nil
    onIdle = nil
    waitingStreams = []
  }

  private func scheduleTimer() {
    guard let next = connection.nextTick() else { return }
    if let timer {
      if timer.at <= next { return }
      timer.task.cancel()
    }
    let wait = max(next - ContinuousClock.now, .zero)
    let task = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(wait)) { self.tick() }
    timer = (next, task)
  }

  private func tick() {
    timer = nil
    connection.tick(ContinuousClock.now)
    settle()
  }
}

// The channel.
extension ClientHandler {
  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func read(context: ChannelHandlerContext) {
    if connection.wantsRead {
      context.read()
    } else {
      readHeldBack = true
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var input = unwrapInboundIn(data)
    let now = ContinuousClock.now
    batchTime = now
    if leftover.readableBytes > 0 {
      leftover.writeBuffer(&input)
      swap(&leftover, &input)
    }
    let used = input.withUnsafeReadableBytes { bytes in
      var rest = bytes
      deliver { $0.next(&rest, now: now) }
      return bytes.count - rest.count
    }
    input.moveReaderIndex(forwardBy: used)
    if input.readableBytes > 0 {
      input.discardReadBytes()
      leftover = input
    } else if leftover.readableBytes > 0 {
      leftover = ByteBuffer()
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    batchTime = nil
    flush()
    scheduleTimer()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { wakeStreams() }
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // The first error is the cause of the others.
    socketError = socketError ?? error
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    let failure = ClientSocketError.lost(peer, socketError)
    connection.close(failure.error, reach: failure.reach)
    settle()
    context.fireChannelInactive()
  }

  private func resumeReading() {
    guard readHeldBack, connection.wantsRead else { return }
    readHeldBack = false
    context?.read()
  }

  /// Schedules a flush for the end of the tick. In a batch of input, the end of the batch flushes.
  private func scheduleFlush() {
    guard !flushScheduled, batchTime == nil, !connection.output.isEmpty else { return }
    flushScheduled = true
    eventLoop.assumeIsolated().execute {
      self.flushScheduled = false
      self.flush()
    }
  }

  private func flush() {
    guard let context, !connection.output.isEmpty else { return }
    connection.output.withUnsafeBytes { bytes in
      outgoing.clear(minimumCapacity: bytes.count)
      outgoing.writeBytes(bytes)
    }
    connection.output.removeAll()
    context.writeAndFlush(wrapOutboundOut(outgoing), promise: nil)
    if context.channel.isWritable { wakeStreams() }
  }

  private func wakeStreams() {
    guard !waitingStreams.isEmpty else { return }
    let waiting = waitingStreams
    waitingStreams = []
    for stream in waiting { stream.writable() }
  }
}
