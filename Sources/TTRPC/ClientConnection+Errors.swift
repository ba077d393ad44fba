// Errors of the client connection itself, and the ends of calls.
extension ClientConnection {
  /// Returns the error of a message that the server would refuse for its size in bytes, or the
  /// client by its own limits; nil for one that may be sent.
  func tooLarge(_ size: Int) -> RPCError? {
    let limit = min(limits.requestBytes, peerMaxBytes)
    if size <= limit { return nil }
    let flag = Limits.flag(for: \.requestBytes)
    let more = peerMaxBytes < limits.requestBytes ? ", or raise \(flag) on the server" : ""
    return RPCError(
      code: .resourceExhausted,
      message: "the request takes \(size) bytes; the limit is \(limit): send less at a time\(more)"
    ).giving(reason: "REQUEST_TOO_LARGE", ["bytes": "\(size)", "limit": "\(limit)"])
  }

  static func deadlinePassed(sent: Bool) -> RPCError {
    RPCError(
      code: .deadlineExceeded,
      message: sent
        ? "no answer before the deadline: it may still take effect; allow more time or send less"
        : "the deadline passed before the call was sent: allow more time"
    )
  }

  /// Ends a call without an event.
  mutating func remove(_ call: ClientCallID) {
    guard let state = calls.remove(call) else { return }
    if state.fullSince != nil { fullStreams -= 1 }
  }

  mutating func fail(_ call: ClientCallID, _ failure: CallFailure) {
    guard calls[call] != nil else { return }
    remove(call)
    pending.append(.failed(call, failure))
  }

  /// Fails one call because the server broke the protocol for it; the other calls go on.
  mutating func failForBreach(_ call: ClientCallID, _ message: String) {
    sendCancel(call, code: .internal)
    fail(call, CallFailure(RPCError(code: .internal, message: message)))
  }

  mutating func sendCancel(_ call: ClientCallID, code: StatusCode) {
    guard peerCapabilities?.contains(.cancel) == true else { return }
    output.beginFrame(.cancel, stream: call.stream)
    CancelBody(code: code).append(to: &output.message)
    output.endFrame()
  }
}

extension RPCError {
  /// The error for a message to a call that the server has ended with success.
  package static let callIsOver = RPCError(
    code: .failedPrecondition,
    message: "the server has already ended this call: read its result"
  )
}

extension MethodKind {
  /// True when the client sends a stream of messages.
  package var clientStreams: Bool { self == .clientStreaming || self == .bidirectionalStreaming }
}
