/// What a ``ServerConnection`` asks its driver to do next. Pointers are valid until the driver
/// has got a step that ends the pass (``needMore``, ``blocked``, ``close(_:)``).
public enum ServerStep {
  /// Ends the pass: the rest of the input is no whole frame. Keep it and read on.
  case needMore
  /// Ends the pass: keep the rest of the input and stop reading until something changed
  /// (messages consumed, output sent, a timer ran), then try again.
  case blocked
  /// Ends the connection.
  case close(CloseReason)
  /// Dispatch a unary call, between `beginReply` and `endReply`.
  case unary(CallStart)
  /// Open a streaming call.
  case open(CallStart)
  /// A request message of an open stream.
  case message(stream: UInt32, UnsafeRawBufferPointer)
  /// The client has closed its side of an open stream.
  case remoteClosed(stream: UInt32)
  /// An open stream or a pending unary call ended before its handler finished it; it is forgotten
  /// already.
  case cancelled(stream: UInt32, RPCError)
}

/// A call that starts.
public struct CallStart {
  /// The method's index in the table.
  public let method: Int
  /// The stream id.
  public let stream: UInt32
  /// The request message; empty for methods whose client streams.
  public let payload: UnsafeRawBufferPointer
  /// The metadata, undecoded.
  public let metadata: MetadataView
  /// When the caller stops waiting.
  public let deadline: ContinuousClock.Instant?
}

/// Why a server ends a connection.
public enum CloseReason: Sendable, Hashable {
  /// The bytes are no ttrpc frames; nothing can be said to such a peer.
  case notTTRPC(firstByte: UInt8)
  /// No whole frame arrived in time.
  case headerTimeout
  /// No calls and no bytes for too long.
  case idle
  /// The client did not take the output.
  case writeTimeout
  /// The server has too many connections.
  case refused
  /// The server is draining and this connection has nothing left to do.
  case drained
}

extension CloseReason: CustomStringConvertible {
  /// One line for a log.
  public var description: String {
    switch self {
    case .notTTRPC(let byte):
      "the client does not speak ttrpc: a frame starts with byte \(byte) instead of 0"
    case .headerTimeout:
      "the client sent no whole frame in time (\(Limits.flag(for: \.headerTimeoutMillis)))"
    case .idle: "no calls for too long (\(Limits.flag(for: \.idleTimeoutMillis)))"
    case .writeTimeout:
      "the client did not read its answers (\(Limits.flag(for: \.writeTimeoutMillis)))"
    case .refused: "too many connections (\(Limits.flag(for: \.connections)))"
    case .drained: "the server is shutting down"
    }
  }
}
