/// The limits that refuse calls and connections, as metrics tell them apart.
package enum RefusedLimit: Int, Sendable, CaseIterable {
  /// Connections, in all or from one address, each counted when it calls.
  case connections
  case callsPerConnection
  case streamsPerConnection
  case callsInFlight
  /// The size of requests, or of their metadata.
  case requestBytes
  /// The size of an answer.
  case responseBytes
  /// Messages that a stream's handler has not consumed.
  case streamQueue
  /// Answers that a client has not read.
  case answersUnread
  /// Answers that all clients have not read.
  case serverMemory
  /// The queue of a lane.
  case queue
  /// The write-ahead log, which readers keep from being reset.
  case log
  /// The free space on disk.
  case disk
  /// Rates and places of keys and stores.
  case caller
  case other

  /// The value of the label.
  package var label: String {
    switch self {
    case .connections: "connections"
    case .callsPerConnection: "calls_per_connection"
    case .streamsPerConnection: "streams_per_connection"
    case .callsInFlight: "calls_in_flight"
    case .requestBytes: "request_bytes"
    case .responseBytes: "response_bytes"
    case .streamQueue: "stream_queue"
    case .answersUnread: "answers_unread"
    case .serverMemory: "server_memory"
    case .queue: "queue"
    case .log: "log"
    case .disk: "disk"
    case .caller: "caller"
    case .other: "other"
    }
  }

  private static let byReason: [String: RefusedLimit] = [
    "ANSWER_TOO_LARGE": .responseBytes,
    "ANSWERS_UNREAD": .answersUnread,
    "SERVER_MEMORY": .serverMemory,
    "QUEUE_FULL": .queue,
    "LOG_FULL": .log,
    "DISK_FULL": .disk,
    "CALL_RATE": .caller,
    "WRITE_RATE": .caller,
    "BYTE_RATE": .caller,
    "CALLS_AT_ONCE": .caller,
    "SCANS_AT_ONCE": .caller,
  ]

  /// Finds the limit by the reason of an error.
  init(of error: RPCError) {
    self = error.leadingReason.flatMap { Self.byReason[$0] } ?? .other
  }
}
