/// The next step that a ``ServerConnection`` asks of its driver. Pointers are valid until the
/// driver gets a step that ends the pass (``needMore``, ``yield``, ``blocked``, ``close(_:)``).
public enum ServerStep {
  /// Ends the pass: the rest of the input is not a whole frame. Keep it and read on.
  case needMore
  /// Ends the pass: the turn is over. Keep the rest of the input, let other connections run, and
  /// go on after ``ServerConnection/beginTurn(now:waiting:)``.
  case yield
  /// Ends the pass: keep the rest of the input and stop reading until something changes (messages
  /// consumed, output sent, a timer ran), then try again.
  case blocked
  /// Ends the connection: close the socket.
  case close(CloseReason)
  /// Dispatch a unary call, between `beginReply` and `endReply`.
  case unary(CallStart)
  /// Open a streaming call.
  case open(CallStart)
  /// A request message of an open stream.
  case message(stream: UInt32, UnsafeRawBufferPointer)
  /// The client has closed its side of an open stream.
  case remoteClosed(stream: UInt32)
  /// An open stream or a pending unary call ended before its handler finished it. The connection
  /// has already dropped it.
  case cancelled(stream: UInt32, RPCError)
}

/// The start of a call.
public struct CallStart {
  /// The method's index in the table.
  public let method: Int
  /// The stream id.
  public let stream: UInt32
  /// The request message; empty for methods whose client streams.
  public let payload: UnsafeRawBufferPointer
  /// The metadata, undecoded; valid as long as the payload.
  public let metadata: MetadataView
  /// The time at which the caller stops waiting, or nil if it set no deadline.
  public let deadline: ContinuousClock.Instant?
}

/// The reason why a server ends a connection.
public enum CloseReason: Sendable, Hashable {
  /// The bytes are not ttrpc frames, so such a peer cannot be answered.
  case notTTRPC(firstByte: UInt8)
  /// No whole frame arrived in time.
  case headerTimeout
  /// No calls and no bytes for too long.
  case idle
  /// The client did not read the output in time.
  case writeTimeout
  /// A large request took too long to arrive while others waited for the memory that it holds.
  case slowRequest
  /// Answers took too much of the server's memory, and this client left the most unread.
  case memoryPressure
  /// The server has too many connections, in all or from the client's address.
  case refused
  /// The client has not proved who it is in time.
  case unauthenticated
  /// A new client needed the place, and this connection was idle longest.
  case evicted
  /// The server is draining and this connection has nothing left to do.
  case drained
}

extension CloseReason {
  /// The label of a connection that the client has ended.
  package static let clientLabel = "client"

  /// A word for metrics.
  package var label: String {
    switch self {
    case .notTTRPC: "not_ttrpc"
    case .headerTimeout: "header_timeout"
    case .idle: "idle"
    case .writeTimeout: "write_timeout"
    case .slowRequest: "slow_request"
    case .memoryPressure: "memory_pressure"
    case .refused: "refused"
    case .unauthenticated: "unauthenticated"
    case .evicted: "evicted"
    case .drained: "drained"
    }
  }
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
    case .slowRequest:
      "the client sent a large request too slowly while others waited for its memory "
        + "(\(Limits.flag(for: \.totalInboundBytes)))"
    case .memoryPressure:
      "the client left the most of too many unread answers "
        + "(\(Limits.flag(for: \.totalOutboundBytes)))"
    case .refused:
      "too many connections (\(Limits.flag(for: \.connections)), "
        + "\(Limits.flag(for: \.connectionsPerPeer)))"
    case .unauthenticated:
      "no call had an accepted key in time, or too many connections are without one"
    case .evicted:
      "idle longest of all connections (\(Limits.flag(for: \.connections)))"
    case .drained: "the server is shutting down"
    }
  }
}
