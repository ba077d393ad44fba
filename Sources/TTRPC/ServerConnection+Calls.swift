// The operations of handlers on their calls.
extension ServerConnection {
  /// Starts the answer of a unary call that is being dispatched: the handler appends its message to
  /// `output.message`. Call ``endReply(_:_:)`` before any other method that writes output.
  public mutating func beginReply(_ stream: UInt32) {
    output.beginResponse(stream: stream)
  }

  /// Ends the answer that ``beginReply(_:)`` began. A pending call is kept until
  /// ``complete(_:_:)``, its deadline or a CANCEL. An answer larger than ``Limits/responseBytes``
  /// is replaced by RESOURCE_EXHAUSTED.
  public mutating func endReply(_ call: borrowing CallStart, _ outcome: UnaryOutcome) {
    switch outcome {
    case .replied:
      // Three more bytes: the length may take four bytes instead of one.
      let length = output.frameLength + 3
      guard length <= limits.responseBytes else {
        output.abandonFrame()
        let error = ServerErrors.answerTooLarge(length, limits)
        output.appendError(stream: call.stream, error)
        countDispatched(call.stream, error)
        return session.endCall()
      }
      output.endEnvelope()
      countDispatched(call.stream)
      session.endCall(answer: length)
    case .failed(let error):
      output.abandonFrame()
      output.appendError(stream: call.stream, error)
      countDispatched(call.stream, error)
      session.endCall()
    case .pending:
      output.abandonFrame()
      var state = ServerCallState(kind: .unary, deadline: call.deadline)
      state.ownership = session.takeOwnership()
      if let counters {
        state.origin = counters.current
        state.origin.id = session.callID
      }
      insert(call.stream, state)
    }
  }

  /// Answers a pending call. The answer is dropped if the call has already ended.
  public mutating func complete(_ stream: UInt32, _ result: Result<[UInt8], RPCError>) {
    guard calls[stream]?.kind == .unary, let call = remove(stream) else { return }
    if case .success(let bytes) = result { reserve.learn(bytes.count) } else { reserve.learn(0) }
    count(call, stream, respond(stream, call.shown(result)))
  }

  /// Sends one message of a stream. Returns the error that ended the stream, or nil. A message for
  /// a stream that has already ended is dropped.
  public mutating func send(_ stream: UInt32, _ bytes: [UInt8]) -> RPCError? {
    guard let call = calls[stream], call.kind != .unary else { return nil }
    var failure: RPCError?
    if bytes.count > limits.responseBytes {
      failure = ServerErrors.answerTooLarge(bytes.count, limits)
    } else if call.kind == .clientStreaming {
      if call.reply == nil {
        calls[stream]?.reply = bytes
      } else {
        failure = ServerErrors.secondReply
      }
    } else {
      output.appendData(stream: stream, bytes)
    }
    guard let failure else { return nil }
    finish(stream, failure)
    return failure
  }

  /// Ends a stream; a nil error is success. Does nothing if the stream has already ended.
  public mutating func finish(_ stream: UInt32, _ error: RPCError?) {
    guard let kind = calls[stream]?.kind, kind != .unary, let call = remove(stream) else { return }
    var failure = error
    if let error {
      output.appendError(stream: stream, error)
    } else if kind == .clientStreaming {
      failure = respond(stream, call.reply.map { .success($0) } ?? .failure(ServerErrors.noReply))
    } else {
      output.appendClose(stream: stream)
    }
    count(call, stream, failure)
  }

  /// Records that the handler of a stream has consumed `count` messages. Returns true if that may
  /// end a ``ServerStep/blocked``.
  public mutating func consumed(_ stream: UInt32, _ count: Int) -> Bool {
    guard let bytes = calls[stream]?.queue.remove(count) else { return false }
    inbound.release(bytes)
    return timers.consumed(by: stream)
  }

  /// Drops all calls after the connection has ended. Returns their streams, so that the driver can
  /// notify the handlers.
  public mutating func end() -> [UInt32] {
    let streams = Array(calls.keys)
    gauge.add(-calls.count)
    for (stream, call) in calls {
      call.ownership?.end()
      countAbandoned(call, stream)
    }
    calls.removeAll()
    reserve.giveBack(reserve.bytes)
    inbound.end()
    streamCount = 0
    return streams
  }

  /// Appends an answer. Returns the error that it has become, or nil.
  private mutating func respond(
    _ stream: UInt32,
    _ result: Result<[UInt8], RPCError>
  ) -> RPCError? {
    var failure: RPCError?
    switch result {
    case .success(let bytes) where bytes.count > limits.answerBytes:
      failure = ServerErrors.answerTooLarge(bytes.count, limits)
    case .success(let bytes): output.appendResponse(stream: stream, bytes)
    case .failure(let error): failure = error
    }
    if let failure { output.appendError(stream: stream, failure) }
    return failure
  }

  /// Drops all streams after the client has closed its side of the connection: nothing would read
  /// or write them any more. Returns them, so that the driver can notify the handlers. Pending
  /// unary calls may still be answered.
  public mutating func endStreams() -> [UInt32] {
    let streams = calls.filter { $0.value.kind != .unary }.map(\.key)
    for stream in streams {
      if let call = remove(stream) { countAbandoned(call, stream) }
    }
    return streams
  }

  mutating func insert(_ stream: UInt32, _ call: ServerCallState) {
    var call = call
    if call.kind == .unary { call.reserved = reserve.take() } else { streamCount += 1 }
    calls[stream] = call
    gauge.add(1)
    if let deadline = call.deadline { timers.add(deadline) }
  }

  mutating func remove(_ stream: UInt32) -> ServerCallState? {
    guard let call = calls.removeValue(forKey: stream) else { return nil }
    gauge.add(-1)
    call.ownership?.end()
    if call.kind == .unary {
      reserve.giveBack(call.reserved)
    } else {
      streamCount -= 1
      inbound.release(call.queue.bytes)
    }
    timers.released(by: stream)
    return call
  }
}
