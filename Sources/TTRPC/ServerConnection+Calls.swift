// What handlers do with calls.
extension ServerConnection {
  /// Starts the answer of a unary call that is being dispatched: the handler appends its message to
  /// `output.message`.
  public mutating func beginReply(_ stream: UInt32) {
    output.beginResponse(stream: stream)
  }

  /// Ends what ``beginReply(_:)`` began. A pending call is remembered until
  /// ``complete(_:_:)``, its deadline or a CANCEL.
  public mutating func endReply(_ call: borrowing CallStart, _ outcome: UnaryOutcome) {
    switch outcome {
    case .replied:
      // Three more: the length may take four bytes instead of one.
      let length = output.frameLength + 3
      guard length <= limits.responseBytes else {
        output.abandonFrame()
        output.appendError(stream: call.stream, ServerErrors.answerTooLarge(length, limits))
        return
      }
      output.endEnvelope()
    case .failed(let error):
      output.abandonFrame()
      output.appendError(stream: call.stream, error)
    case .pending:
      output.abandonFrame()
      insert(call.stream, ServerCallState(kind: .unary, deadline: call.deadline))
    }
  }

  /// Answers a pending call; dropped when the call is gone.
  public mutating func complete(_ stream: UInt32, _ result: Result<[UInt8], RPCError>) {
    guard calls[stream]?.kind == .unary, remove(stream) != nil else { return }
    respond(stream, result)
  }

  /// Sends one message of a stream. Returns an error when that ended the stream.
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

  /// Ends a stream; dropped when it is gone.
  public mutating func finish(_ stream: UInt32, _ error: RPCError?) {
    guard let kind = calls[stream]?.kind, kind != .unary, let call = remove(stream) else { return }
    if let error {
      output.appendError(stream: stream, error)
    } else if kind == .clientStreaming {
      respond(stream, call.reply.map { .success($0) } ?? .failure(ServerErrors.noReply))
    } else {
      output.appendClose(stream: stream)
    }
  }

  /// The handler of a stream has finished with `count` messages. Returns true when that may end
  /// a ``ServerStep/blocked``.
  public mutating func consumed(_ stream: UInt32, _ count: Int) -> Bool {
    guard calls[stream] != nil else { return false }
    calls[stream]?.queue.remove(count)
    return timers.isHeld(by: stream)
  }

  /// The connection has ended: forgets all calls and returns those whose handlers must be told.
  public mutating func end() -> [UInt32] {
    let streams = Array(calls.keys)
    gauge.add(-calls.count)
    calls.removeAll()
    streamCount = 0
    return streams
  }

  private mutating func respond(_ stream: UInt32, _ result: Result<[UInt8], RPCError>) {
    switch result {
    case .success(let bytes) where bytes.count > limits.answerBytes:
      output.appendError(stream: stream, ServerErrors.answerTooLarge(bytes.count, limits))
    case .success(let bytes): output.appendResponse(stream: stream, bytes)
    case .failure(let error): output.appendError(stream: stream, error)
    }
  }

  /// The client has closed its side of the connection, so nobody will read or write streams any
  /// more: forgets them and returns those whose handlers must be told. Pending unary calls may
  /// still be answered.
  public mutating func endStreams() -> [UInt32] {
    let streams = calls.filter { $0.value.kind != .unary }.map(\.key)
    for stream in streams { _ = remove(stream) }
    return streams
  }

  mutating func insert(_ stream: UInt32, _ call: ServerCallState) {
    calls[stream] = call
    gauge.add(1)
    if call.kind != .unary { streamCount += 1 }
    if let deadline = call.deadline { timers.add(deadline) }
  }

  mutating func remove(_ stream: UInt32) -> ServerCallState? {
    guard let call = calls.removeValue(forKey: stream) else { return nil }
    gauge.add(-1)
    if call.kind != .unary { streamCount -= 1 }
    timers.released(by: stream)
    return call
  }
}
