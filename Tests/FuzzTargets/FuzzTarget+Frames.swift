import TTRPC

extension FuzzTarget {
  /// The bytes of a client, in two pieces: frames, limits and the state of calls. The first byte
  /// says where the pieces meet.
  static let frames = FuzzTarget(name: "frames") { bytes in
    let (cut, input) = bytes.choice
    let connection = FuzzedConnection()
    let middle = input.count * cut / 256
    connection.feed(input.prefix(middle))
    connection.feed(input.dropFirst(middle))
    connection.end()
  }
}

/// A server's side of a connection whose handlers answer at once, later or never, by the method.
private final class FuzzedConnection {
  private static let service = "test.v1.Service"
  private static let methods = [
    method("Echo", .unary), method("Later", .unary), method("Refuse", .unary),
    method("Sum", .clientStreaming), method("List", .serverStreaming),
    method("Chat", .bidirectionalStreaming),
  ]
  private static let table = MethodTable(methods)
  private static let later = 1
  private static let refuse = 2

  private let gauge = CallGauge()
  private let limits: Limits
  private let now = ContinuousClock.now
  private var connection: ServerConnection
  private var pending: [UInt8] = []
  private var isClosed = false

  private static func method(_ name: String, _ kind: MethodKind) -> Method {
    Method(service: service, name: name, kind: kind, idempotency: .unknown)
  }

  init() {
    var limits = Limits()
    limits.requestBytes = 4096
    limits.responseBytes = 4096
    limits.callsPerConnection = 12
    limits.streamsPerConnection = 6
    limits.streamQueueMessages = 4
    self.limits = limits
    connection = ServerConnection(
      id: 1,
      table: Self.table,
      limits: limits,
      gauge: gauge,
      now: now
    )
  }

  /// Handles bytes as they come from a socket, and checks the answers.
  func feed(_ bytes: Slice<UnsafeRawBufferPointer>) {
    pending += bytes
    var consumed = 0
    pending.withUnsafeBytes { run($0, &consumed) }
    require(consumed <= pending.count, "a connection consumes no more than it was given")
    pending.removeFirst(consumed)
    require(connection.callsInFlight <= limits.callsPerConnection, "calls are limited")
    require(connection.callsInFlight == gauge.count, "the gauge counts the calls")
    connection.output.withUnsafeBytes { Self.check($0) }
    connection.output.removeAll()
  }

  /// Ends the connection, and with it its calls.
  func end() {
    _ = connection.end()
    require(gauge.count == 0, "no call outlives its connection")
  }

  private func run(_ input: UnsafeRawBufferPointer, _ consumed: inout Int) {
    connection.beginTurn(now: now)
    while !isClosed {
      switch connection.next(input, consumed: &consumed, now: now) {
      case .needMore, .blocked: return
      case .yield: connection.beginTurn(now: now)
      case .close: isClosed = true
      case .unary(let start): answer(start)
      case .open(let start): connection.opened(start.stream)
      case .message(let stream, _): _ = connection.consumed(stream, 1)
      case .remoteClosed(let stream): connection.finish(stream, nil)
      case .cancelled: break
      }
    }
  }

  private func answer(_ start: CallStart) {
    _ = start.metadata.all
    connection.beginReply(start.stream)
    switch start.method {
    case Self.later: connection.endReply(start, .pending)
    case Self.refuse:
      connection.endReply(start, .failed(RPCError(code: .notFound, message: "nothing here")))
    default:
      connection.output.message.append(start.payload)
      connection.endReply(start, .replied)
    }
  }

  /// Checks that the output is whole frames, and its responses can be read.
  private static func check(_ output: UnsafeRawBufferPointer) {
    var rest = output[...]
    while !rest.isEmpty {
      let parsed = Frame.parse(UnsafeRawBufferPointer(rebasing: rest), maxLength: 1 << 24)
      guard case .frame(let frame) = parsed else { fatalError("broken promise: whole frames") }
      if frame.header.type == .response {
        require((try? ResponseView(decoding: frame.body)) != nil, "answers can be read")
      }
      rest = rest.dropFirst(frame.byteCount)
    }
  }
}
