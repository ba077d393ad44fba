/// The client's side of one ttrpc connection, without socket, thread or clock. The driver passes in
/// the bytes read, the calls that callers want and the time, sends the bytes of ``output``, and
/// handles the events.
///
/// After calling any mutating method the driver takes events, with ``nextPending()`` or
/// ``next(_:now:)``, until there is none, and sends ``output``.
public struct ClientConnection: ~Copyable {
  /// The stages of a connection's life, in order.
  public enum Phase: Sendable, Equatable {
    /// The connection accepts calls.
    case open
    /// Calls in flight go on; new ones need another connection.
    case draining(reason: String)
    /// The connection has ended with this error.
    case closed(RPCError)
  }

  /// Bytes for the driver to send.
  public var output = OutputBuffer()
  /// The stage of the connection's life; calls can be started while it is `open`.
  public internal(set) var phase = Phase.open
  /// The extensions that the server announced; nil until it has sent SETTINGS.
  public internal(set) var peerCapabilities: Capabilities?

  let limits: ClientLimits
  /// False for plain ttrpc 1.2: the extensions are not offered.
  let extensions: Bool
  /// The metadata of every call, or nil for none.
  private let standing: StandingMetadata?
  var calls = ClientCallTable()
  var deadlines = ClientDeadlines()
  var keepalive = ClientKeepalive()
  var pending = ClientEventQueue()
  /// The bytes left to skip of a frame that was too large.
  var skipping = 0
  var peerMaxBytes = FrameHeader.protocolMaxLength
  /// The number of streams whose queue is full. The socket is not read while it is above 0.
  var fullStreams = 0 {
    didSet { if fullStreams == 0 { stalledSince = nil } }
  }
  /// The time since which at least one stream has been full, or nil. The next check for stalled
  /// streams is ``ClientLimits/stallTimeout`` after it.
  var stalledSince: ContinuousClock.Instant?
  private var nextStreamID: UInt32 = 1

  private static let offer: Metadata = [Extensions.metadataKey: Extensions.version]

  /// Creates a connection that has just been opened. Nothing is sent before the first call.
  /// `metadata` is sent with every call, except for keys that the call's own metadata has.
  public init(
    limits: ClientLimits = ClientLimits(),
    extensions: Bool = true,
    metadata: Metadata = Metadata()
  ) {
    self.limits = limits
    self.extensions = extensions
    standing = metadata.isEmpty ? nil : StandingMetadata(metadata)
  }

  /// The number of calls that have not ended.
  public var callsInFlight: Int { calls.count }
  /// False while a stream's queue is full: do not read the socket until it is true again.
  public var wantsRead: Bool { fullStreams == 0 }

  /// Starts a call by writing its Request. `payload` is the request message, nil for methods whose
  /// client streams. If it throws, nothing was written.
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
    output.endRequest(
      timeoutNanos: timeout,
      metadata: offering(metadata),
      standing: standing
    )
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

  /// Sends one request message of a streaming call. Throws FAILED_PRECONDITION after the end of the
  /// sending side or of the call, and RESOURCE_EXHAUSTED for a message that is too large.
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
    if let error = tooLarge(message.count) { throw error }
    output.appendFrame(.data, stream: call.stream, body: message)
  }

  /// Closes the sending side of a streaming call. Does nothing if it is already closed.
  public mutating func finishSending(_ call: ClientCallID) {
    let closes = calls.update(call) { state in
      defer { state.localClosed = true }
      return !state.localClosed
    }
    if closes == true { output.appendClose(stream: call.stream) }
  }

  /// Records that the reader of a stream has consumed `messages` with `bytes` in total. May make
  /// ``wantsRead`` true again.
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

  /// Cancels a call: it fails with `error`, and a server that understands CANCEL is notified.
  /// Frames that the server still sends for it are dropped. Does nothing after the end of the call.
  public mutating func cancel(_ call: ClientCallID, _ error: RPCError) {
    guard calls[call] != nil else { return }
    sendCancel(call, code: error.code == .deadlineExceeded ? .deadlineExceeded : .cancelled)
    fail(call, CallFailure(error))
  }

  /// Stops accepting calls; those in flight go on.
  public mutating func drain(reason: String) {
    guard phase == .open else { return }
    phase = .draining(reason: reason)
    pending.append(.draining(reason: reason))
  }

  /// Fails every call with `error`. Call it when the socket has closed, or before closing it.
  /// `reach` is the stage that the calls may have reached.
  public mutating func close(_ error: RPCError, reach: CallFailure.Reach = .maybeSeen) {
    if case .closed = phase { return }
    phase = .closed(error)
    for call in calls.all { fail(call, CallFailure(error, reach: reach)) }
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
    let size = frameBytes(method, payload: payload?.count ?? 0, metadata: metadata)
    if let error = tooLarge(size) { throw CallFailure(error, reach: .notSent) }
  }

  /// Returns the size of a request's frame, in bytes: at least what it will take.
  package func frameBytes(_ method: Method, payload: Int, metadata: Metadata) -> Int {
    // 64 bytes for tags and lengths of the envelope, the timeout and the offer of the extensions.
    var size = 64 + payload + method.service.utf8.count + method.name.utf8.count
    for entry in metadata.entries { size += entry.key.utf8.count + entry.value.utf8.count + 16 }
    return size + (standing?.byteCount ?? 0)
  }

  /// Returns the time left for the call as the wire encodes it, in nanoseconds. At least 1, because
  /// 0 means no deadline.
  private func nanoseconds(
    from now: ContinuousClock.Instant,
    to deadline: ContinuousClock.Instant?
  ) throws(CallFailure) -> Int64 {
    guard let deadline else { return 0 }
    let left = deadline - now
    if left <= .zero {
      throw CallFailure(Self.deadlinePassed(sent: false), reach: .notSent)
    }
    // 292 years of nanoseconds fit; anything longer is sent as no deadline.
    let (seconds, attoseconds) = left.components
    if seconds >= Int64.max / 1_000_000_000 { return 0 }
    return max(1, seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }

  private func flags(_ kind: MethodKind) -> FrameFlags {
    switch kind {
    case .unary: []
    case .serverStreaming: .remoteClosed
    // Rust servers read a Request without NO_DATA as the stream's first message.
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
