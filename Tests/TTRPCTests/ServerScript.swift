import TTRPC
import TestKit

/// A server connection under a script: it feeds the connection bytes, plays the handlers, and
/// records what they see. Time stands still unless a test moves it.
final class ServerScript {
  static let service = "test.v1.Service"
  static let methods: [Method] = [
    method("Echo", .unary), method("Later", .unary), method("Refuse", .unary),
    method("Sum", .clientStreaming), method("List", .serverStreaming),
    method("Chat", .bidirectionalStreaming),
  ]

  var connection: ServerConnection
  var now: ContinuousClock.Instant
  let gauge: CallGauge
  private let counters: LoopCounters?
  /// The steps that handlers saw, one line each.
  var log: [String] = []
  /// The input that the connection has not consumed.
  private(set) var pending: [UInt8] = []
  private(set) var isBlocked = false
  /// True if input waits for the next turn.
  private(set) var isYielding = false
  /// False to leave input to ``takeTurn()`` when a turn is over.
  var takesTurns = true
  /// The other connections that wait for a turn when one begins.
  var waiting = 0
  /// The dispatcher's part of each call, with the connection's session and the method's name.
  var onCall: (ConnectionSession, String) -> Void = { _, _ in }
  /// The time that each call takes.
  var callTime = Duration.zero
  private(set) var closed: CloseReason?

  init(
    _ limits: Limits = Limits(),
    gauge: CallGauge = CallGauge(),
    account: AnswerAccount? = nil,
    counters: LoopCounters? = nil,
    refusal: RPCError? = nil
  ) {
    now = .now
    self.gauge = gauge
    self.counters = counters
    connection = ServerConnection(
      id: 7,
      table: MethodTable(Self.methods),
      limits: limits,
      gauge: gauge,
      account: account,
      counters: counters,
      now: now,
      refusal: refusal
    )
  }

  static func method(_ name: String, _ kind: MethodKind) -> Method {
    Method(service: service, name: name, kind: kind, idempotency: .unknown)
  }

  /// Feeds bytes to the connection and plays the handlers until it needs more.
  func feed(_ bytes: [UInt8]) {
    pending += bytes
    var consumed = 0
    pending.withUnsafeBytes { run($0, &consumed) }
    pending.removeFirst(consumed)
  }

  /// Tries again with the input that is left.
  func retry() { feed([]) }

  /// Begins a turn and goes on with the input that is left.
  func takeTurn() {
    connection.beginTurn(now: now, waiting: waiting)
    feed([])
  }

  private func run(_ input: UnsafeRawBufferPointer, _ consumed: inout Int) {
    isYielding = false
    counters?.setTime(now)
    if takesTurns { connection.beginTurn(now: now, waiting: waiting) }
    while closed == nil {
      switch connection.next(input, consumed: &consumed, now: now) {
      case .needMore:
        isBlocked = false
        return
      case .blocked:
        isBlocked = true
        return
      case .yield where takesTurns: connection.beginTurn(now: now, waiting: waiting)
      case .yield:
        isBlocked = false
        isYielding = true
        return
      case .close(let reason): closed = reason
      case .unary(let start): unary(start)
      case .open(let start):
        log.append("open \(start.stream) \(name(start.method)) \(hex([UInt8](start.payload)))")
        onCall(connection.session, name(start.method))
        connection.opened(start.stream)
      case .message(let stream, let bytes):
        log.append("message \(stream) \(hex([UInt8](bytes)))")
      case .remoteClosed(let stream): log.append("closed \(stream)")
      case .cancelled(let stream, let error): log.append("cancelled \(stream) \(error.code)")
      }
    }
  }

  private func unary(_ start: CallStart) {
    log.append("unary \(start.stream) \(name(start.method)) \(hex([UInt8](start.payload)))")
    connection.beginReply(start.stream)
    onCall(connection.session, name(start.method))
    var outcome = UnaryOutcome.replied
    switch name(start.method) {
    case "Later": outcome = .pending
    case "Refuse":
      connection.output.message.append([1, 2, 3])
      outcome = .failed(RPCError(code: .notFound, message: "no such thing"))
    default: connection.output.message.append(start.payload)
    }
    now += callTime
    counters?.setTime(now)
    connection.endReply(start, outcome)
  }

  private func name(_ method: Int) -> String { Self.methods[method].name }

  /// Returns the frames that the connection has written since the last call.
  func output() -> [TestFrame] { TestFrame.all(connection.output.takeAll()) }

  // `#expect` cannot capture a noncopyable value.
  func consumed(_ stream: UInt32, _ count: Int) -> Bool { connection.consumed(stream, count) }
  func send(_ stream: UInt32, _ bytes: [UInt8]) -> RPCError? { connection.send(stream, bytes) }
  func endStreams() -> [UInt32] { connection.endStreams() }
  func end() -> [UInt32] { connection.end() }
  var closeReason: CloseReason? { connection.closeReason(now: now) }
  var idleSince: ContinuousClock.Instant? { connection.idleSince }
  var isSilent: Bool { connection.isSilent }
  var callsInFlight: Int { connection.callsInFlight }
  var nextDeadline: ContinuousClock.Instant? { connection.nextDeadline }
  var mayGoOn: Bool { connection.mayGoOn }
  var outputBytes: Int { connection.output.count }
  func takeBytes() -> [UInt8] { connection.output.takeAll() }

  func advance(_ duration: Duration) {
    now += duration
    counters?.setTime(now)
  }

  func dismissCaller() -> Bool { connection.dismissCaller(now: now) }

  func endRefusedCalls() {
    for (stream, error) in connection.endRefusedCalls() {
      log.append("refused \(stream) \(error.code)")
    }
  }

  func close(_ reason: CloseReason) -> [UInt32] {
    connection.announceEnd(reason)
    return connection.end()
  }

  func stopReading() {
    for (stream, error) in connection.stopReading() {
      log.append("cancelled \(stream) \(error.code)")
    }
  }

  func expire() {
    for (stream, error) in connection.expire(now: now) {
      log.append("cancelled \(stream) \(error.code)")
    }
  }
}

/// A frame as a value.
struct TestFrame: Equatable, CustomStringConvertible {
  var header: FrameHeader
  var body: [UInt8]

  static func all(_ bytes: [UInt8]) -> [TestFrame] {
    var frames: [TestFrame] = []
    var offset = 0
    bytes.withUnsafeBytes { raw in
      while offset < raw.count {
        let rest = UnsafeRawBufferPointer(rebasing: raw[offset...])
        guard case .frame(let frame) = Frame.parse(rest, maxLength: 1 << 24) else { return }
        frames.append(TestFrame(header: frame.header, body: [UInt8](frame.body)))
        offset += frame.byteCount
      }
    }
    return offset == bytes.count ? frames : []
  }

  /// The status of a Response, or nil for a success or another frame.
  var error: RPCError? { response?.error }
  /// The payload of a Response, or nil for another frame.
  var payload: [UInt8]? { response?.payload }

  private var response: (payload: [UInt8], error: RPCError?)? {
    guard header.type == .response else { return nil }
    return body.withUnsafeBytes { raw in
      (try? ResponseView(decoding: raw)).map { ([UInt8]($0.payload), $0.error) }
    }
  }

  var description: String {
    switch header.type {
    case .response:
      error.map { "response \(header.streamID) \($0.code)" }
        ?? "response \(header.streamID) \(hex(payload ?? []))"
    default:
      "type \(header.type.rawValue) \(header.streamID) flags \(header.flags.rawValue) \(hex(body))"
    }
  }
}

/// Frames as a client sends them.
enum ClientBytes {
  static func request(
    _ stream: UInt32,
    _ method: String,
    _ payload: [UInt8] = [],
    flags: FrameFlags = [],
    service: String = ServerScript.service,
    timeoutNanos: Int64 = 0,
    metadata: Metadata = Metadata()
  ) -> [UInt8] {
    var output = OutputBuffer()
    output.appendRequest(
      stream: stream,
      flags: flags,
      method: Method(service: service, name: method, kind: .unary, idempotency: .unknown),
      payload: payload,
      timeoutNanos: timeoutNanos,
      metadata: metadata
    )
    return output.takeAll()
  }

  static func data(_ stream: UInt32, _ message: [UInt8], flags: FrameFlags = []) -> [UInt8] {
    frame(.data, stream, message, flags: flags)
  }

  static func close(_ stream: UInt32) -> [UInt8] {
    frame(.data, stream, [], flags: [.remoteClosed, .noData])
  }

  static func frame(
    _ type: FrameType,
    _ stream: UInt32,
    _ body: [UInt8],
    flags: FrameFlags = []
  ) -> [UInt8] {
    FrameHeader(length: UInt32(body.count), streamID: stream, type: type, flags: flags).bytes + body
  }

  static let extended: Metadata = [Extensions.metadataKey: Extensions.version]
}
