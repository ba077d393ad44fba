/// The errors that a server connection answers by itself. No text holds data of a caller except the
/// names of the requested method, cut short.
enum ServerErrors {
  static let deadlineExceeded = RPCError(
    code: .deadlineExceeded,
    message: "the deadline passed before the call ended"
  )

  static let draining = RPCError(
    code: .unavailable,
    message: "the server is shutting down and has not begun this call: repeat it"
  ).retrying(after: .seconds(1))

  static let secondReply = RPCError(
    code: .internal,
    message: "the handler of a client-streaming method sent a second response"
  )

  static let noReply = RPCError(
    code: .internal,
    message: "the handler of a client-streaming method sent no response"
  )

  static func evenStream(_ stream: UInt32) -> RPCError {
    RPCError(
      code: .invalidArgument,
      message: "stream id \(stream) is even: a client's stream ids are odd"
    )
  }

  static func streamInUse(_ stream: UInt32) -> RPCError {
    RPCError(
      code: .invalidArgument,
      message: "stream id \(stream) is in use by a call that has not ended: use a new id"
    )
  }

  static func noSuchStream(_ stream: UInt32) -> RPCError {
    RPCError(
      code: .invalidArgument,
      message: "no call is open on stream \(stream): open it with a Request frame first"
    )
  }

  static func messageAfterClose(_ stream: UInt32) -> RPCError {
    RPCError(
      code: .invalidArgument,
      message: "a message came on stream \(stream) after the client had closed its side"
    )
  }

  static func badEnvelope(_ error: EnvelopeError) -> RPCError {
    switch error {
    case .metadataTooLarge, .tooManyMetadata:
      RPCError(code: .resourceExhausted, message: "the request is refused: \(error)")
    default:
      RPCError(
        code: .invalidArgument,
        message: "the request is no ttrpc.Request message: \(error)"
      )
    }
  }

  static func noSuchMethod(_ view: RequestView) -> RPCError {
    guard isUTF8(view.service), isUTF8(view.method) else {
      return RPCError(
        code: .invalidArgument,
        message: "the service or method name is not valid UTF-8"
      )
    }
    return RPCError(
      code: .unimplemented,
      message: "there is no method \(shown(view.service))/\(shown(view.method)) here"
    )
  }

  static func tooManyCalls(_ limits: Limits, _ field: WritableKeyPath<Limits, Int>) -> RPCError {
    // Calls end within milliseconds, and all clients share the limit of the server; streams stay.
    let (what, delay): (String, Duration) =
      switch field {
      case \.callsInFlight: ("calls are in flight on this server", .milliseconds(100))
      case \.streamsPerConnection: ("streams are open on this connection", .seconds(1))
      default: ("calls are in flight on this connection", .milliseconds(50))
      }
    return RPCError(
      code: .resourceExhausted,
      message: """
        \(limits[keyPath: field]) \(what), which is the limit: wait for answers before sending \
        more, or raise \(Limits.flag(for: field)) on the server
        """
    ).retrying(after: delay)
  }

  static func tooLarge(_ length: Int, _ limits: Limits) -> RPCError {
    RPCError(
      code: .resourceExhausted,
      message: """
        the request takes \(length) bytes; the limit is \(limits.requestBytes): send less, or \
        raise \(Limits.flag(for: \.requestBytes)) on the server
        """
    ).giving(
      reason: "REQUEST_TOO_LARGE",
      ["bytes": "\(length)", "limit": "\(limits.requestBytes)"]
    )
  }

  static func tooLargeWithoutKey(_ length: Int, limit: Int) -> RPCError {
    RPCError(
      code: .unauthenticated,
      message: """
        the request takes \(length) bytes; on a connection without an accepted key the limit is \
        \(limit): call grpc.health.v1.Health/Check with the key first
        """
    ).giving(reason: "KEY_MISSING")
  }

  static func keyTooLate(_ limits: UnauthenticatedLimits) -> RPCError {
    RPCError(
      code: .unauthenticated,
      message: """
        no call of this connection had an accepted key for \(limits.timeoutMillis) ms, so it is \
        closed: send the metadata \"authorization: Bearer KEY\" with the first call
        """
    ).giving(reason: "KEY_MISSING")
  }

  static func answerTooLarge(_ length: Int, _ limits: Limits) -> RPCError {
    RPCError(
      code: .resourceExhausted,
      message: """
        the answer takes \(length) bytes, the limit is \(limits.responseBytes): ask for less, or \
        raise \(Limits.flag(for: \.responseBytes)) on the server
        """
    )
  }

  static func answersUnread(_ limits: Limits) -> RPCError {
    RPCError(
      code: .resourceExhausted,
      message: """
        more than \(limits.outboundBytes) bytes of answers wait on this connection, and the call \
        was not run: read them before sending more, or raise \
        \(Limits.flag(for: \.outboundBytes)) on the server
        """
    ).giving(reason: "ANSWERS_UNREAD").retrying(after: .milliseconds(100))
  }

  static func serverMemory(_ limits: Limits) -> RPCError {
    RPCError(
      code: .resourceExhausted,
      message: """
        more than \(limits.totalOutboundBytes) bytes of answers wait for clients to read them, and \
        the call was not run: try again, or raise \
        \(Limits.flag(for: \.totalOutboundBytes)) on the server
        """
    ).giving(reason: "SERVER_MEMORY").retrying(after: .milliseconds(100))
  }

  static func streamFull(_ limits: Limits) -> RPCError {
    RPCError(
      code: .resourceExhausted,
      message: """
        the stream's queue (\(limits.streamQueueMessages) messages, \(limits.streamQueueBytes) \
        bytes) stayed full for \(limits.fullStreamGraceMillis) ms: send more slowly, or raise \
        \(Limits.flag(for: \.streamQueueMessages)) on the server
        """
    )
  }

  /// Returns a name from the wire for use in a message: at most 64 characters, without control
  /// characters.
  private static func shown(_ bytes: UnsafeRawBufferPointer) -> String {
    let text = String(decoding: bytes.prefix(512), as: UTF8.self)
    let cut = text.prefix(64)
    var shown = ""
    for scalar in cut.unicodeScalars {
      shown.unicodeScalars.append(
        scalar.properties.isPatternWhitespace || scalar.value < 0x20
          || (0x7f...0x9f).contains(scalar.value) ? "?" : scalar
      )
    }
    return cut.endIndex == text.endIndex ? shown : shown + "…"
  }
}
