// Frames from the server.
extension ClientConnection {
  /// Returns the next event: a pending one, or one from `input`, which is advanced past the frames
  /// that were handled. Nil means that `input` holds no whole frame: keep the rest of it, and offer
  /// it again with more bytes behind it.
  public mutating func next(
    _ input: inout UnsafeRawBufferPointer,
    now: ContinuousClock.Instant
  ) -> ClientEvent? {
    if input.count > 0 { keepalive.heard(now) }
    while true {
      if let event = nextPending() { return event }
      if case .closed = phase {
        input = UnsafeRawBufferPointer(start: nil, count: 0)
        return nil
      }
      if skipping > 0 {
        guard skip(&input) else { return nil }
        continue
      }
      switch Frame.parse(input, maxLength: limits.responseBytes) {
      case .needMore: return nil
      case .tooLarge(let header):
        input = UnsafeRawBufferPointer(rebasing: input[FrameHeader.byteCount...])
        refuse(header)
      case .notTTRPC(0x15), .notTTRPC(0x16): close(Self.isTLS, reach: .notSent)
      case .notTTRPC(let byte): close(Self.notTTRPC(byte))
      case .frame(let frame):
        input = UnsafeRawBufferPointer(rebasing: input[frame.byteCount...])
        if let event = handle(frame, now: now) { return delivering(event) }
      }
    }
  }

  /// Returns the next pending event, which needs no input, or nil.
  public mutating func nextPending() -> ClientEvent? { pending.popFirst().map { delivering($0) } }

  /// Releases the slot of a call that `event` ends, because the driver takes the event now. Calls
  /// that the driver starts from here on may get that slot.
  private mutating func delivering(_ event: ClientEvent) -> ClientEvent {
    if let call = event.endedCall { calls.release(call) }
    return event
  }

  private mutating func skip(_ input: inout UnsafeRawBufferPointer) -> Bool {
    let count = min(skipping, input.count)
    input = UnsafeRawBufferPointer(rebasing: input[count...])
    skipping -= count
    return skipping == 0
  }

  private mutating func refuse(_ header: FrameHeader) {
    skipping = Int(header.length)
    guard header.type == .response || header.type == .data,
      let call = calls.find(header.streamID)
    else { return }
    sendCancel(call, code: .resourceExhausted)
    let message =
      "the server's answer takes \(header.length) bytes, this client accepts"
      + " \(limits.responseBytes): ask for less or raise responseBytes"
    fail(call, CallFailure(RPCError(code: .resourceExhausted, message: message)))
  }

  /// The error of a server that answers with a record of TLS, which is an alert. It has not read
  /// any call, and another attempt would meet it too.
  private static let isTLS = RPCError(
    code: .unavailable,
    message: "the server speaks TLS, and this connection does not: write tls://HOST:PORT"
  ).giving(reason: "TLS_REQUIRED")

  private static func notTTRPC(_ byte: UInt8) -> RPCError {
    let hint = byte == 0x48 ? "; it looks like an HTTP server" : ""
    return RPCError(
      code: .internal,
      message: "the server does not speak ttrpc: a frame began with byte \(byte) instead of 0"
        + "\(hint): check the address"
    )
  }

  /// Handles one frame. Frames of calls that have ended are dropped, because answers may come late;
  /// so are frames of unknown types.
  private mutating func handle(_ frame: Frame, now: ContinuousClock.Instant) -> ClientEvent? {
    if frame.header.streamID == 0 {
      handleControl(frame)
      return nil
    }
    guard let call = calls.find(frame.header.streamID), let state = calls[call] else { return nil }
    switch frame.header.type {
    case .response: return handleResponse(frame, call, state)
    case .data: return handleData(frame, call, state, now: now)
    case .cancel: handleCancel(frame, call)
    default: break
    }
    return nil
  }

  private mutating func handleResponse(
    _ frame: Frame,
    _ call: ClientCallID,
    _ state: ClientCallState
  ) -> ClientEvent? {
    let response: ResponseView
    do {
      response = try ResponseView(decoding: frame.body)
    } catch {
      failForBreach(call, "the server's response cannot be read: \(error)")
      return nil
    }
    // The status comes first: a failed call's payload means nothing.
    if let error = response.error {
      remove(call)
      return .failed(call, CallFailure(error))
    }
    switch state.kind {
    case .unary:
      remove(call)
      return .response(call, response.payload)
    case .clientStreaming:
      // An empty payload is an empty message here, unless a Data frame brought the message before.
      if !state.received || response.payload.count > 0 { return last(call, response.payload) }
    case .serverStreaming, .bidirectionalStreaming:
      if response.payload.count > 0 { return last(call, response.payload) }
    }
    remove(call)
    return .ended(call)
  }

  private mutating func handleData(
    _ frame: Frame,
    _ call: ClientCallID,
    _ state: ClientCallState,
    now: ContinuousClock.Instant
  ) -> ClientEvent? {
    guard state.kind != .unary else {
      failForBreach(call, "the server sent a stream message to a unary call")
      return nil
    }
    let closes = frame.header.flags.contains(.remoteClosed)
    let hasMessage = !frame.header.flags.contains(.noData)
    if hasMessage, closes { return last(call, frame.body) }
    if hasMessage {
      queued(call, bytes: frame.body.count, now: now)
      return .message(call, frame.body)
    }
    guard closes else { return nil }
    if state.kind == .clientStreaming, !state.received {
      failForBreach(call, "the server ended the call without its response")
      return nil
    }
    remove(call)
    return .ended(call)
  }

  /// Delivers a message that came in the frame that ends the call.
  private mutating func last(
    _ call: ClientCallID,
    _ payload: UnsafeRawBufferPointer
  ) -> ClientEvent {
    remove(call)
    pending.append(.ended(call))
    return .message(call, payload)
  }

  private mutating func queued(_ call: ClientCallID, bytes: Int, now: ContinuousClock.Instant) {
    let limits = limits
    let filled = calls.update(call) { state in
      state.received = true
      state.queuedMessages += 1
      state.queuedBytes += bytes
      guard state.fullSince == nil,
        state.queuedMessages >= limits.queuedMessages || state.queuedBytes >= limits.queuedBytes
      else { return false }
      state.fullSince = now
      return true
    }
    if filled == true {
      fullStreams += 1
      if stalledSince == nil { stalledSince = now }
    }
  }

  private mutating func handleCancel(_ frame: Frame, _ call: ClientCallID) {
    guard peerCapabilities != nil else { return }
    let body = (try? CancelBody(decoding: frame.body)) ?? CancelBody()
    let text = body.text.isEmpty ? "the server gave this call up" : body.text
    fail(call, CallFailure(RPCError(code: body.code, message: text)))
  }

  /// Handles a frame about the connection. All are ignored unless extensions were offered, and all
  /// but SETTINGS are ignored before SETTINGS.
  private mutating func handleControl(_ frame: Frame) {
    guard extensions else { return }
    switch frame.header.type {
    case .settings: handleSettings(frame)
    case .ping where peerCapabilities != nil && frame.body.count <= 64:
      output.appendFrame(.pong, stream: 0, body: frame.body)
    case .goaway where peerCapabilities != nil: handleGoaway(frame)
    default: break
    }
  }

  private mutating func handleSettings(_ frame: Frame) {
    guard let body = try? SettingsBody(decoding: frame.body) else { return }
    peerCapabilities = body.capabilities
    peerMaxBytes =
      body.maxMessageBytes > 0
      ? min(body.maxMessageBytes, FrameHeader.protocolMaxLength) : FrameHeader.protocolMaxLength
  }

  /// Drains the connection and fails the calls above the last accepted id: they had no effect and
  /// can be made again elsewhere.
  private mutating func handleGoaway(_ frame: Frame) {
    guard let body = try? GoawayBody(decoding: frame.body) else { return }
    let reason = body.reason.isEmpty ? "the server is shutting down" : body.reason
    drain(reason: reason)
    for call in calls.all where call.stream > body.lastStreamID {
      let error = RPCError(code: .unavailable, message: "the server took no more calls: \(reason)")
      fail(call, CallFailure(error, reach: .neverSeen))
    }
  }
}
