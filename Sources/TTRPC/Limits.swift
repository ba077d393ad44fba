/// Every limit that a server applies to its peers. Nothing is cut silently: a peer that meets a
/// limit gets its name and the flag that changes it. ``all`` describes each field.
public struct Limits: Sendable, Hashable {
  /// The largest data of one frame that a client may send, envelope included, in bytes. More fails
  /// that call with RESOURCE_EXHAUSTED. At most ``FrameHeader/protocolMaxLength``.
  public var requestBytes = 1 << 20
  /// The largest data of one frame that the server sends, in bytes. A larger answer becomes
  /// RESOURCE_EXHAUSTED. At most ``FrameHeader/protocolMaxLength``, which stock clients accept.
  public var responseBytes = FrameHeader.protocolMaxLength
  /// Calls and streams of one connection that are in flight at the same time.
  public var callsPerConnection = 1024
  /// Calls and streams of all connections that are in flight at the same time.
  public var callsInFlight = 16384
  /// Streaming calls of one connection that are open at the same time.
  public var streamsPerConnection = 128
  /// Connections that are open at the same time. At the limit, the one that has been idle longest
  /// gives way to a new client that calls.
  public var connections = 1024
  /// Connections of one client address that are open at the same time; of IPv6 addresses the first
  /// 64 bits count. Clients on Unix sockets and loopback addresses are not counted. 0: half of
  /// ``connections``.
  public var connectionsPerPeer = 0
  /// Metadata of one request, keys and values together, in bytes.
  public var metadataBytes = 16 << 10
  /// Metadata pairs of one request.
  public var metadataPairs = 64
  /// The time from the connection's start to its first whole frame, and from the first byte of any
  /// frame to its last, in milliseconds. 0: no limit.
  public var headerTimeoutMillis = 30_000
  /// The time that a connection may be without a call and without a byte, in milliseconds. 0: no
  /// limit.
  public var idleTimeoutMillis = 300_000
  /// The time that a client may leave the server's output unread, in milliseconds. 0: no limit.
  public var writeTimeoutMillis = 30_000
  /// Messages of one stream that were received but not yet consumed by its handler.
  public var streamQueueMessages = 64
  /// Bytes of one stream that were received but not yet consumed by its handler.
  public var streamQueueBytes = 4 << 20
  /// The time that reading may stop because one stream's queue is full, in milliseconds. Then that
  /// stream fails with RESOURCE_EXHAUSTED.
  public var fullStreamGraceMillis = 1000
  /// Bytes of one stream that its handler sent but the connection could not take yet. More fails
  /// that stream with RESOURCE_EXHAUSTED. One message is always accepted.
  public var streamOutboundBytes = 1 << 20
  /// Bytes that wait to be sent on one connection, and that its pending calls are expected to add,
  /// before the server stops reading from it. Queued calls are refused when it is passed.
  public var outboundBytes = 4 << 20
  /// Bytes of answers on all connections together that clients have not taken. More makes the
  /// server refuse calls, and close connections that do not read.
  public var totalOutboundBytes = 256 << 20
  /// Large requests and unconsumed messages of all connections together, in bytes. A connection
  /// whose next one does not fit waits, in the order of arrival; requests of up to 64 KiB do not.
  public var totalInboundBytes = 64 << 20
  /// Frames of one connection that its I/O thread handles in one turn. Then the other connections
  /// of the thread run.
  public var callsPerTurn = 64
  /// The time of one connection's turn on its I/O thread, in microseconds. The call that runs at
  /// its end is completed.
  public var turnMicros = 1000
  /// The time that calls in flight get to finish when the server drains, in milliseconds. At half
  /// of it the server stops reading, so that no client can hold it up with new calls.
  public var drainGraceMillis = 10_000

  /// The limits of connections whose client has not proved who it is, or nil if nobody must.
  public var unauthenticated: UnauthenticatedLimits?

  /// Creates the default limits.
  public init() {}

  /// The largest response message that the server sends, in bytes: six less than ``responseBytes``
  /// for the envelope.
  public var answerBytes: Int { responseBytes - 6 }

  /// The connections that one client address may have open.
  public var peerConnections: Int {
    connectionsPerPeer > 0 ? connectionsPerPeer : max(1, connections / 2)
  }

  /// The connections that may be open at the same time without an accepted key: a tenth of all.
  public var unauthenticatedConnections: Int { max(1, connections / 10) }
}

/// The limits of a connection unless ``ConnectionSession/isAuthenticated``.
public struct UnauthenticatedLimits: Sendable, Hashable {
  /// The largest data of one frame, envelope included, in bytes.
  public var requestBytes = 4096
  /// The time from the connection's start, or from the end of its key, until a key is accepted, in
  /// milliseconds.
  public var timeoutMillis = 5000

  /// Creates the default limits.
  public init() {}
}

/// The description of one limit, for help and documentation.
public struct LimitDescription: Sendable {
  /// The field's name in ``Limits``.
  public let name: String
  /// The unit of the value: `bytes`, `milliseconds`, `calls` and so on.
  public let unit: String
  /// The flag without dashes: `max-request-bytes`.
  public let flag: String
  /// One sentence without a full stop, for a command's help.
  public let help: String
  /// The accepted values.
  public let range: ClosedRange<Int>
  /// The path to the field.
  public let keyPath: any WritableKeyPath<Limits, Int> & Sendable
}

extension Limits {
  /// The descriptions of all fields, in the order in which help and documentation show them.
  public static let all: [LimitDescription] = sizes + counts + times

  /// Returns the flag of a field with its dashes: `--max-request-bytes`.
  public static func flag(for keyPath: WritableKeyPath<Limits, Int>) -> String {
    let described = all.first { ($0.keyPath as WritableKeyPath<Limits, Int>) == keyPath }
    return "--\(described?.flag ?? "unknown")"
  }

  private static let sizes: [LimitDescription] = [
    size(
      "requestBytes",
      "max-request-bytes",
      \.requestBytes,
      "Largest request or streamed message that is accepted, envelope included",
      1024...FrameHeader.protocolMaxLength
    ),
    size(
      "responseBytes",
      "max-response-bytes",
      \.responseBytes,
      "Largest response or streamed message that is sent, envelope included",
      1024...FrameHeader.protocolMaxLength
    ),
    size(
      "metadataBytes",
      "max-metadata-bytes",
      \.metadataBytes,
      "Largest metadata of one request, keys and values together",
      0...(1 << 20)
    ),
    size(
      "streamQueueBytes",
      "max-stream-queue-bytes",
      \.streamQueueBytes,
      "Bytes that one stream may hold unconsumed",
      1...(1 << 30)
    ),
    size(
      "streamOutboundBytes",
      "max-stream-outbound-bytes",
      \.streamOutboundBytes,
      "Bytes that one stream may have waiting to be sent",
      1...(1 << 30)
    ),
    size(
      "outboundBytes",
      "max-outbound-bytes",
      \.outboundBytes,
      "Bytes waiting to be sent on one connection before reading from it stops",
      1...(1 << 30)
    ),
    size(
      "totalOutboundBytes",
      "max-total-outbound-bytes",
      \.totalOutboundBytes,
      "Bytes waiting to be sent on all connections before calls are refused",
      1...(1 << 40)
    ),
    size(
      "totalInboundBytes",
      "max-total-inbound-bytes",
      \.totalInboundBytes,
      "Bytes of large requests and messages on all connections before others of them wait",
      1...(1 << 40)
    ),
  ]

  private static let counts: [LimitDescription] = [
    count(
      "callsPerConnection",
      "calls",
      "max-calls-per-connection",
      \.callsPerConnection,
      "Calls in flight on one connection"
    ),
    count(
      "callsInFlight",
      "calls",
      "max-calls",
      \.callsInFlight,
      "Calls in flight on all connections together"
    ),
    count(
      "streamsPerConnection",
      "streams",
      "max-streams-per-connection",
      \.streamsPerConnection,
      "Open streams of one connection"
    ),
    count("connections", "connections", "max-connections", \.connections, "Open connections"),
    count(
      "connectionsPerPeer",
      "connections",
      "max-connections-per-peer",
      \.connectionsPerPeer,
      "Open connections of one address of another machine; 0 is half of --max-connections",
      0...1_000_000
    ),
    count(
      "metadataPairs",
      "pairs",
      "max-metadata-pairs",
      \.metadataPairs,
      "Metadata pairs of one request"
    ),
    count(
      "streamQueueMessages",
      "messages",
      "max-stream-queue-messages",
      \.streamQueueMessages,
      "Messages that one stream may hold unconsumed"
    ),
    count(
      "callsPerTurn",
      "calls",
      "max-calls-per-turn",
      \.callsPerTurn,
      "Calls and messages of one connection in a row before other connections run"
    ),
  ]

  private static let times: [LimitDescription] = [
    LimitDescription(
      name: "turnMicros",
      unit: "microseconds",
      flag: "max-turn-us",
      help: "Time of one connection in a row before other connections run",
      range: 1...1_000_000,
      keyPath: \Limits.turnMicros
    ),
    time(
      "headerTimeoutMillis",
      "header-timeout-ms",
      \.headerTimeoutMillis,
      "Time for a connection's first frame, and for any frame to arrive whole; 0 is no limit"
    ),
    time(
      "idleTimeoutMillis",
      "idle-timeout-ms",
      \.idleTimeoutMillis,
      "Time after which a connection without calls is closed; 0 is no limit"
    ),
    time(
      "writeTimeoutMillis",
      "write-timeout-ms",
      \.writeTimeoutMillis,
      "Time that a client may leave output untaken before it is disconnected; 0 is no limit"
    ),
    time(
      "fullStreamGraceMillis",
      "full-stream-grace-ms",
      \.fullStreamGraceMillis,
      "Time that a stream's queue may stay full before the stream fails"
    ),
    time(
      "drainGraceMillis",
      "drain-grace-ms",
      \.drainGraceMillis,
      "Time that calls in flight get to finish when the server stops; after half, none begins"
    ),
  ]

  private typealias Field = any WritableKeyPath<Limits, Int> & Sendable

  private static func size(
    _ name: String,
    _ flag: String,
    _ field: Field,
    _ help: String,
    _ range: ClosedRange<Int>
  ) -> LimitDescription {
    LimitDescription(
      name: name,
      unit: "bytes",
      flag: flag,
      help: help,
      range: range,
      keyPath: field
    )
  }

  private static func count(
    _ name: String,
    _ unit: String,
    _ flag: String,
    _ field: Field,
    _ help: String,
    _ range: ClosedRange<Int> = 1...1_000_000
  ) -> LimitDescription {
    LimitDescription(
      name: name,
      unit: unit,
      flag: flag,
      help: help,
      range: range,
      keyPath: field
    )
  }

  private static func time(
    _ name: String,
    _ flag: String,
    _ field: Field,
    _ help: String
  ) -> LimitDescription {
    LimitDescription(
      name: name,
      unit: "milliseconds",
      flag: flag,
      help: help,
      range: 0...86_400_000,
      keyPath: field
    )
  }
}
