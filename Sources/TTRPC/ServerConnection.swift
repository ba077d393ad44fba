/// The server's side of one connection, without sockets, threads or a clock: it takes bytes and
/// events and returns the next step. Responses are appended to ``output``.
///
/// A driver calls ``next(_:consumed:now:)`` over the bytes it has until a step ends the pass. It
/// begins a turn with ``beginTurn(now:waiting:)`` each time that the connection may run.
///
/// Input that does not fit the protocol is of one of three kinds:
/// - **own bug**: the driver broke the order of calls that is documented here (`endReply` without
///   `beginReply`). A precondition stops the process, because its state can no longer be trusted. A
///   handler that breaks its contract only fails its own call, with INTERNAL.
/// - **peer error**: the client broke the protocol. An error of one stream (even or re-used stream
///   id, unreadable envelope, oversize frame, message after the close) is answered with an error
///   Response on that stream, and the connection lives. Only bytes that cannot be frames end the
///   connection.
/// - **silent drop**: input that an honest peer may send because the two sides cannot know each
///   other's state at once, or because it is newer than this program: Data and CANCEL for calls
///   that have ended, unknown frame types, unknown flags, extension frames before they were
///   negotiated. Answers of handlers for calls that have ended are dropped likewise.
public struct ServerConnection: ~Copyable {
  /// The driver's number of this connection, unique within a server.
  public let id: UInt64
  /// The bytes for the driver to send.
  public var output = OutputBuffer()
  /// The bytes of output that the socket's layer holds. The driver sets it.
  public var socketBytes = 0
  /// True once the client has shown that it knows the extensions.
  public private(set) var isExtended = false
  /// The state that the dispatcher keeps between the calls of this connection.
  public let session: ConnectionSession

  let table: MethodTable
  let limits: Limits
  let gauge: CallGauge
  let account: AnswerAccount?
  let counters: LoopCounters?
  var reserve: AnswerReserve
  var inbound = InputReserve()
  var calls: [UInt32: ServerCallState] = [:]
  var streamCount = 0
  /// The highest stream id used so far. Data for a stream up to it that is not active comes late.
  var highestStream: UInt32 = 0
  var phase = Phase.serving
  /// True if the end of a drain waits for nothing of the input.
  var isExhausted = false
  /// The bytes left to skip of an oversize frame.
  private var skipping = 0
  private var followUp: FollowUp?
  // Last, because instants have a layout that is known at run time only.
  var timers: ServerTimers
  var turn: ServerTurn

  enum Phase {
    case serving
    /// `lastStream` is the id that GOAWAY named; extended clients know that later calls are void.
    case draining(lastStream: UInt32, graceMillis: Int)
    /// The end of a drain: calls in flight are answered, others refused, and nothing is read.
    case closing(lastStream: UInt32)
    /// The first frame waits until the driver has decided on a place for the connection.
    case waiting
    /// Every call fails with this error, and the connection ends after the first.
    case refusing(RPCError)
  }

  /// The rest of a frame that makes more than one step.
  private struct FollowUp {
    let stream: UInt32
    var message: UnsafeRawBufferPointer?
    let closes: Bool
  }

  /// Creates a connection that starts `now`. If `refusal` is set, every call fails with it. Without
  /// an account the answers of other connections do not matter.
  public init(
    id: UInt64,
    table: MethodTable,
    limits: Limits,
    gauge: CallGauge,
    account: AnswerAccount? = nil,
    now: ContinuousClock.Instant,
    refusal: RPCError? = nil
  ) {
    self.init(
      id: id,
      table: table,
      limits: limits,
      gauge: gauge,
      account: account,
      counters: nil,
      now: now,
      refusal: refusal
    )
  }

  /// Creates a connection that is counted, if there are counters.
  package init(
    id: UInt64,
    table: MethodTable,
    limits: Limits,
    gauge: CallGauge,
    account: AnswerAccount?,
    counters: LoopCounters?,
    now: ContinuousClock.Instant,
    refusal: RPCError? = nil
  ) {
    self.id = id
    self.table = table
    self.limits = limits
    self.gauge = gauge
    self.account = account
    self.counters = counters
    reserve = AnswerReserve(limits)
    session = ConnectionSession(isAuthenticated: limits.unauthenticated == nil)
    timers = ServerTimers(startedAt: now)
    turn = ServerTurn(limits, now)
    if let refusal { phase = .refusing(refusal) }
  }

  /// The number of calls and streams that wait for an answer.
  public var callsInFlight: Int { calls.count }

  /// Handles the input from `consumed` on, advances `consumed` past the handled bytes, and returns
  /// the next step. `input` must be the same buffer during one pass.
  public mutating func next(
    _ input: UnsafeRawBufferPointer,
    consumed: inout Int,
    now: ContinuousClock.Instant
  ) -> ServerStep {
    while true {
      if let step = takeFollowUp() { return step }
      inbound.endHandling()
      if isFull { return waits(.blocked) }
      if case .refusing = phase, !output.isEmpty { return .close(.refused) }
      if skipping > 0 {
        let step = min(skipping, input.count - consumed)
        skipping -= step
        consumed += step
        if skipping > 0 { return needMore(partial: true, now) }
      }
      let rest = UnsafeRawBufferPointer(rebasing: input[consumed...])
      switch Frame.parse(rest, maxLength: maxRequestBytes) {
      case .needMore:
        return mayReadOn(rest) ? needMore(partial: !rest.isEmpty, now) : waits(.blocked)
      case .notTTRPC(let byte): return .close(.notTTRPC(firstByte: byte))
      case .tooLarge(let header):
        if turn.isOver(now) { return waits(.yield) }
        turn.count()
        consumed += FrameHeader.byteCount
        skipping = Int(header.length)
        if let step = oversize(header) { return step }
      case .frame(let frame):
        if isHeldUp(by: frame, now) || isReserved(against: frame) { return waits(.blocked) }
        guard hasRoom(for: frame) else { return waits(.blocked) }
        if turn.isOver(now) { return waits(.yield) }
        turn.count()
        consumed += frame.byteCount
        inbound.beginHandling()
        timers.frameArrived(now)
        if let step = handle(frame, now) { return step }
      }
    }
  }

  private mutating func needMore(partial: Bool, _ now: ContinuousClock.Instant) -> ServerStep {
    if case .closing = phase {
      isExhausted = true
      return waits(.blocked)
    }
    timers.waiting(partialFrame: partial, now)
    inbound.expectMore(now)
    return .needMore
  }

  /// Ends a pass that leaves input for which the client must not be blamed.
  private mutating func waits(_ step: ServerStep) -> ServerStep {
    timers.inputWaits()
    // A client that does not read its answers has itself to blame.
    if !isFull { inbound.expectNothing() }
    return step
  }

  private mutating func takeFollowUp() -> ServerStep? {
    guard var pending = followUp else { return nil }
    guard calls[pending.stream] != nil else {
      followUp = nil
      return nil
    }
    if let message = pending.message {
      pending.message = nil
      followUp = pending.closes ? pending : nil
      calls[pending.stream]?.queue.add(message.count)
      inbound.deliver(message.count)
      return .message(stream: pending.stream, message)
    }
    followUp = nil
    calls[pending.stream]?.remoteClosed = true
    return .remoteClosed(stream: pending.stream)
  }

  /// Returns true if `frame` is a message for a stream whose handler has not consumed enough, or
  /// the first of a connection that waits for its place.
  private mutating func isHeldUp(by frame: Frame, _ now: ContinuousClock.Instant) -> Bool {
    if case .waiting = phase { return true }
    guard frame.header.type == .data, !frame.header.flags.contains(.noData),
      let call = calls[frame.header.streamID], call.takesMessages, !call.remoteClosed,
      call.queue.isFull(adding: frame.body.count, limits)
    else { return false }
    timers.held(by: frame.header.streamID, now)
    return true
  }

  /// Returns true if `frame` is a request, and the answers of pending calls may need all room.
  private func isReserved(against frame: Frame) -> Bool {
    frame.header.type == .request && hasReservedAll
  }

  private mutating func handle(_ frame: Frame, _ now: ContinuousClock.Instant) -> ServerStep? {
    switch frame.header.type {
    case .request: return request(frame, now)
    case .data: return data(frame)
    case .ping where isExtended && frame.header.streamID == 0:
      if frame.body.count == Extensions.pingBytes {
        output.appendFrame(.pong, stream: 0, body: frame.body)
      }
      return nil
    case .cancel where isExtended: return cancel(frame)
    default: return nil
    }
  }

  // MARK: Requests

  private mutating func request(_ frame: Frame, _ now: ContinuousClock.Instant) -> ServerStep? {
    let stream = frame.header.streamID
    guard stream & 1 == 1 else { return reject(stream, ServerErrors.evenStream(stream)) }
    if calls[stream] != nil { return reject(stream, ServerErrors.streamInUse(stream)) }
    switch phase {
    case .serving, .waiting: break
    case .draining(let last, _): if isExtended, stream > last { return nil }
    case .closing(let last):
      return isExtended && stream > last ? nil : reject(stream, ServerErrors.draining)
    case .refusing(let error): return reject(stream, error, .connections)
    }
    highestStream = max(highestStream, stream)
    let view: RequestView
    do throws(EnvelopeError) {
      view = try RequestView(
        decoding: frame.body,
        maxMetadataBytes: limits.metadataBytes,
        maxMetadataPairs: limits.metadataPairs
      )
    } catch {
      return reject(stream, ServerErrors.badEnvelope(error), .requestBytes)
    }
    if !isExtended, view.metadata.count > 0, view.metadata[Extensions.metadataKey] != nil {
      negotiate(stream)
    }
    guard let method = table.index(service: view.service, method: view.method) else {
      return reject(stream, ServerErrors.noSuchMethod(view))
    }
    return admit(frame, view, method, now)
  }

  private mutating func admit(
    _ frame: Frame,
    _ view: RequestView,
    _ method: Int,
    _ now: ContinuousClock.Instant
  ) -> ServerStep? {
    let stream = frame.header.streamID
    if view.timeoutNanos < 0 {
      return reject(stream, ServerErrors.deadlineExceeded, method: method)
    }
    let deadline = view.timeoutNanos == 0 ? nil : now + .nanoseconds(view.timeoutNanos)
    if calls.count >= limits.callsPerConnection {
      let error = ServerErrors.tooManyCalls(limits, \.callsPerConnection)
      return reject(stream, error, .callsPerConnection, method: method)
    }
    if gauge.count >= limits.callsInFlight {
      let error = ServerErrors.tooManyCalls(limits, \.callsInFlight)
      return reject(stream, error, .callsInFlight, method: method)
    }
    if let account, account.total.isFull {
      return reject(stream, ServerErrors.serverMemory(limits), .serverMemory, method: method)
    }
    session.beginCall()
    counters?.begin(method)
    let kind = table.methods[method].kind
    let clientStreams = kind == .clientStreaming || kind == .bidirectionalStreaming
    let start = CallStart(
      method: method,
      stream: stream,
      payload: clientStreams ? UnsafeRawBufferPointer(start: nil, count: 0) : view.payload,
      metadata: view.metadata,
      deadline: deadline
    )
    if kind == .unary { return .unary(start) }
    if streamCount >= limits.streamsPerConnection {
      let error = ServerErrors.tooManyCalls(limits, \.streamsPerConnection)
      return reject(stream, error, .streamsPerConnection, method: method)
    }
    var state = ServerCallState(kind: kind, deadline: deadline)
    if let counters { state.origin = counters.current }
    insert(stream, state)
    if clientStreams {
      // Rust sends RO|ND, Go sends RO without a message: an empty payload is no message.
      let message = view.payload.isEmpty ? nil : view.payload
      let closes = frame.header.flags.contains(.remoteClosed)
      if message != nil || closes {
        followUp = FollowUp(stream: stream, message: message, closes: closes)
      }
    } else {
      calls[stream]?.remoteClosed = true
    }
    return .open(start)
  }

  /// Turns the extensions on and sends SETTINGS, because the client has announced that it knows
  /// them.
  private mutating func negotiate(_ stream: UInt32) {
    isExtended = true
    output.beginFrame(.settings, stream: 0)
    SettingsBody(
      maxMessageBytes: limits.requestBytes,
      capabilities: [.ping, .cancel, .goaway]
    ).append(to: &output.message)
    output.endFrame()
    if case .draining(_, let grace) = phase { sayGoaway(graceMillis: grace) }
  }

  // MARK: Other frames

  private mutating func data(_ frame: Frame) -> ServerStep? {
    let stream = frame.header.streamID
    guard let call = calls[stream] else {
      if stream & 1 == 0 { return reject(stream, ServerErrors.evenStream(stream)) }
      if stream > highestStream { return reject(stream, ServerErrors.noSuchStream(stream)) }
      return nil
    }
    if call.kind == .unary { return nil }
    let hasMessage = !frame.header.flags.contains(.noData)
    if call.remoteClosed {
      return hasMessage ? fail(stream, ServerErrors.messageAfterClose(stream)) : nil
    }
    followUp = FollowUp(
      stream: stream,
      message: hasMessage ? frame.body : nil,
      closes: frame.header.flags.contains(.remoteClosed)
    )
    if followUp?.message == nil, followUp?.closes == false { followUp = nil }
    return nil
  }

  private mutating func cancel(_ frame: Frame) -> ServerStep? {
    let stream = frame.header.streamID
    guard let call = remove(stream) else { return nil }
    countAbandoned(call, stream)
    let body = (try? CancelBody(decoding: frame.body)) ?? CancelBody()
    let text = body.text.isEmpty ? "the client cancelled the call" : body.text
    return .cancelled(stream: stream, RPCError(code: body.code, message: text))
  }

  private mutating func oversize(_ header: FrameHeader) -> ServerStep? {
    let stream = header.streamID
    let error =
      session.isAuthenticated
      ? ServerErrors.tooLarge(Int(header.length), limits)
      : ServerErrors.tooLargeWithoutKey(Int(header.length), limit: maxRequestBytes)
    switch header.type {
    case .request:
      if stream & 1 == 0 { return reject(stream, ServerErrors.evenStream(stream)) }
      highestStream = max(highestStream, stream)
      return reject(stream, error, .requestBytes)
    case .data where calls[stream] != nil: return fail(stream, error)
    default: return nil
    }
  }

  /// Answers a call that is not dispatched. `limit` is what an error of RESOURCE_EXHAUSTED counts
  /// for; a nil method is one that does not exist, or is not known yet.
  private mutating func reject(
    _ stream: UInt32,
    _ error: RPCError,
    _ limit: RefusedLimit? = nil,
    method: Int? = nil
  ) -> ServerStep? {
    output.appendError(stream: stream, error)
    countRejected(method, error, limit)
    return nil
  }

  /// Ends a stream with a protocol error. Returns the step that notifies its handler.
  private mutating func fail(_ stream: UInt32, _ error: RPCError) -> ServerStep? {
    guard let call = remove(stream) else { return nil }
    output.appendError(stream: stream, error)
    count(call, stream, error)
    return .cancelled(stream: stream, error)
  }
}
