/// The client's side of one ttrpc connection, without socket, thread or clock: the driver hands in
/// what was read, what callers want and what time it is, sends what ``output`` holds, and handles
/// the events.
///
/// After calling any method that changes something the driver takes events, with ``nextPending()``
/// or ``next(_:now:)``, until there is none, and sends ``output``.
public struct ClientConnection: ~Copyable {
  /// Whether calls can be started.
  public enum Phase: Sendable, Equatable {
    /// Calls can be started.
    case open
    /// Calls in flight go on, new ones need another connection.
    case draining(reason: String)
    /// Over, and why.
    case closed(RPCError)
  }

  /// Bytes for the driver to send.
  public var output = OutputBuffer()
  /// Whether calls can be started.
  public internal(set) var phase = Phase.open
  /// What the server said it can do; nil until it has sent SETTINGS.
  public internal(set) var peerCapabilities: Capabilities?

  let limits: ClientLimits
  /// False: no extension is offered, this is plain ttrpc 1.2.
  let extensions: Bool
  var calls = ClientCallTable()
  var deadlines = ClientDeadlines()
  var keepalive = ClientKeepalive()
  var pending = ClientEventQueue()
  /// Bytes of a frame that was too large and are still to be passed over.
  var skipping = 0
  var peerMaxBytes = FrameHeader.protocolMaxLength
  /// Streams whose queue is full.
  var fullStreams = 0 {
    didSet { if fullStreams == 0 { stalledSince = nil } }
  }
  /// Since when at least one stream has been full, or later: when to look next.
  var stalledSince: ContinuousClock.Instant?
  private var nextStreamID: UInt32 = 1

  private static let offer: Metadata = [Extensions.metadataKey: Extensions.version]

  /// A connection that has just been made. Nothing is sent before the first call.
  public init(limits: ClientLimits = ClientLimits(), extensions: Bool = true) {
    self.limits = limits
    self.extensions = extensions
  }

  /// Calls that have not ended.
  public var callsInFlight: Int { calls.count }
  /// False while a stream's queue is full: leave the socket alone until it is true again.
  public var wantsRead: Bool { fullStreams == 0 }
  /// True when there is room for one more call.
  public var canStart: Bool { phase == .open && calls.count < limits.callsInFlight }
  /// True when a draining connection has nothing left to do.
  public var isIdle: Bool { calls.isEmpty && pending.isEmpty }

  /// Starts a call: writes its Request. `payload` is the request message, nil for methods whose
  /// client streams. Throws when nothing was written.
  public mutating func start(
    _ method: Method,
    payload: UnsafeRawBufferPointer?,
    metadata: Metadata = Metadata(),
    deadline: ContinuousClock.Instant?,
    now: ContinuousClock.Instant
  ) throws(CallFailure) -> ClientCallID {
    try checkStart(method, payload: payload, metadata: metadata)
    let timeout = try nanoseconds(from: now, to: deadline)
    let stream = nextStreamID
    output.beginRequest(
      stream: stream,
      flags: flags(method.kind),
      service: method.service,
      method: method.name
    )
    if let payload { output.message.append(payload) }
    output.endRequest(timeoutNanos: timeout, metadata: offering(metadata))
    nextStreamID += 2
    if calls.isEmpty { keepalive.heard(now) }
    if let deadline {
      deadlines.insert(deadline, stream: stream)
      deadlines.compact(calls)
    }
    let id = calls.insert(
      ClientCallState(
        stream: stream,
        kind: method.kind,
        localClosed: !method.kind.clientStreams
      )
    )
    if nextStreamID > limits.lastStreamID {
      drain(reason: "its stream ids are used up")
    }
    return id
  }

  /// Sends one request message of a streaming call. FAILED_PRECONDITION after the end of the
  /// sending side or of the call, RESOURCE_EXHAUSTED for a message that is too large.
  public mutating func send(
    _ call: ClientCallID,
    _ message: UnsafeRawBufferPointer
  ) throws(RPCError) {
    guard let state = calls[call] else { throw .callIsOver }
    guard !state.localClosed else {
      throw RPCError(
        code: .failedPrecondition,
        message: "the sending side of this call is already closed"
      )
    }
    let limit = min(limits.requestBytes, peerMaxBytes)
    if message.count > limit { throw Self.tooLarge(message.count, limit: limit) }
    output.appendFrame(.data, stream: call.stream, body: message)
  }

  /// Closes the sending side of a streaming call. Harmless when that has happened.
  public mutating func finishSending(_ call: ClientCallID) {
    let closes = calls.update(call) { state in
      defer { state.localClosed = true }
      return !state.localClosed
    }
    if closes == true { output.appendClose(stream: call.stream) }
  }

  /// The reader of a stream has taken this much from its queue.
  public mutating func consumed(_ call: ClientCallID, messages: Int, bytes: Int) {
    let limits = limits
    let opened = calls.update(call) { state in
      state.queuedMessages = max(0, state.queuedMessages - messages)
      state.queuedBytes = max(0, state.queuedBytes - bytes)
      guard state.fullSince != nil, state.queuedMessages < limits.queuedMessages,
        state.queuedBytes < limits.queuedBytes
      else { return false }
      state.fullSince = nil
      return true
    }
    if opened == true { fullStreams -= 1 }
  }

  /// Gives a call up: it fails with `error`, and the server is told where it understands. What the
  /// server still sends for it is dropped. Harmless after the end of the call.
  public mutating func cancel(_ call: ClientCallID, _ error: RPCError) {
    guard calls[call] != nil else { return }
    sendCancel(call, code: error.code == .deadlineExceeded ? .deadlineExceeded : .cancelled)
    fail(call, CallFailure(error))
  }

  /// Starts no more calls; those in flight go on.
  public mutating func drain(reason: String) {
    guard phase == .open else { return }
    phase = .draining(reason: reason)
    pending.append(.draining(reason: reason))
  }

  /// Fails every call with `error`, because the socket has closed or is to be closed.
  public mutating func close(_ error: RPCError) {
    if case .closed = phase { return }
    phase = .closed(error)
    for call in calls.all { fail(call, CallFailure(error)) }
    pending.append(.closed(error))
  }

  private func checkStart(
    _ method: Method,
    payload: UnsafeRawBufferPointer?,
    metadata: Metadata
  ) throws(CallFailure) {
    switch phase {
    case .open: break
    case .draining(let reason):
      let message = "the connection takes no new calls: \(reason)"
      throw CallFailure(RPCError(code: .unavailable, message: message), reach: .neverSeen)
    case .closed(let error): throw CallFailure(error, reach: .neverSeen)
    }
    guard calls.count < limits.callsInFlight else {
      let message =
        "\(calls.count) calls are in flight on this connection, its limit: wait for some to end"
        + " or open more connections"
      throw CallFailure(RPCError(code: .resourceExhausted, message: message), reach: .notSent)
    }
    var size = (payload?.count ?? 0) + method.service.utf8.count + method.name.utf8.count
    for entry in metadata.entries { size += entry.key.utf8.count + entry.value.utf8.count + 16 }
    // 64: tags and lengths of the envelope, the timeout, the offer of the extensions.
    let limit = min(limits.requestBytes, peerMaxBytes)
    if size + 64 > limit { throw CallFailure(Self.tooLarge(size, limit: limit), reach: .notSent) }
  }

  /// Time left for the call, as the wire has it. The smallest is one nanosecond: 0 means forever.
  private func nanoseconds(
    from now: ContinuousClock.Instant,
    to deadline: ContinuousClock.Instant?
  ) throws(CallFailure) -> Int64 {
    guard let deadline else { return 0 }
    let left = deadline - now
    if left <= .zero {
      throw CallFailure(Self.deadlinePassed(sent: false), reach: .notSent)
    }
    // 292 years of nanoseconds fit; longer ones are no deadline.
    let (seconds, attoseconds) = left.components
    if seconds >= Int64.max / 1_000_000_000 { return 0 }
    return max(1, seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }

  private func flags(_ kind: MethodKind) -> FrameFlags {
    switch kind {
    case .unary: []
    case .serverStreaming: .remoteClosed
    // Rust servers take a Request without NO_DATA for the stream's first message.
    case .clientStreaming, .bidirectionalStreaming: [.remoteOpen, .noData]
    }
  }

  private func offering(_ metadata: Metadata) -> Metadata {
    guard extensions, peerCapabilities == nil else { return metadata }
    if metadata.isEmpty { return Self.offer }
    var copy = metadata
    copy[Extensions.metadataKey] = Extensions.version
    return copy
  }
}
