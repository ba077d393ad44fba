import TestKit

@testable import TTRPC

/// An event of a client connection, with copied bytes.
enum Heard: Equatable {
  case response(UInt32, [UInt8])
  case message(UInt32, [UInt8])
  case ended(UInt32)
  case failed(UInt32, StatusCode, String)
  case draining
  case closed(StatusCode)

  var code: StatusCode? {
    switch self {
    case .failed(_, let code, _), .closed(let code): code
    default: nil
    }
  }

  var text: String { if case .failed(_, _, let text) = self { text } else { "" } }

  var stream: UInt32? {
    switch self {
    case .response(let stream, _), .message(let stream, _), .ended(let stream),
      .failed(let stream, _, _):
      stream
    case .draining, .closed: nil
    }
  }

  var isEnd: Bool {
    switch self {
    case .response, .ended, .failed: true
    case .message, .draining, .closed: false
    }
  }
}

/// A client connection with the server's bytes and the clock in the hands of a test.
final class ScriptedServer {
  var connection: ClientConnection
  var now = ContinuousClock.now
  private(set) var log: [Heard] = []
  private(set) var reaches: [CallFailure.Reach] = []
  private(set) var lastStream: UInt32 = 1
  private var unread: [UInt8] = []

  init(
    limits: ClientLimits = ClientLimits(),
    extensions: Bool = true,
    metadata: Metadata = Metadata()
  ) {
    connection = ClientConnection(limits: limits, extensions: extensions, metadata: metadata)
  }

  var wantsRead: Bool { connection.wantsRead }

  @discardableResult
  func start(
    _ method: Method,
    _ payload: [UInt8]? = [],
    timeout: Duration? = nil,
    metadata: Metadata = Metadata()
  ) throws(CallFailure) -> ClientCallID {
    let deadline = timeout.map { now.advanced(by: $0) }
    let call: ClientCallID
    if let payload {
      call = try payload.withUnsafeBytes { bytes in
        Result { () throws(CallFailure) in
          try connection.start(
            method,
            payload: bytes,
            metadata: metadata,
            deadline: deadline,
            now: now
          )
        }
      }.get()
    } else {
      call = try connection.start(
        method,
        payload: nil,
        metadata: metadata,
        deadline: deadline,
        now: now
      )
    }
    lastStream = call.stream
    pump()
    return call
  }

  func send(_ call: ClientCallID, _ message: [UInt8]) throws(RPCError) {
    try message.withUnsafeBytes { bytes in
      Result { () throws(RPCError) in try connection.send(call, bytes) }
    }.get()
  }

  /// Receives the server's SETTINGS with every capability.
  func negotiate() { receive(frame(.settings, 0, [0x10, 0x07])) }

  func advance(_ duration: Duration) {
    now = now.advanced(by: duration)
    connection.tick(now)
    pump()
  }

  func receive(_ bytes: [UInt8]) {
    unread += bytes
    let whole = unread
    whole.withUnsafeBytes { buffer in
      var rest = buffer
      while let event = connection.next(&rest, now: now) { note(event) }
      unread.removeFirst(whole.count - rest.count)
    }
  }

  func pump() { while let event = connection.nextPending() { note(event) } }

  func sentBytes() -> [UInt8] { connection.output.takeAll() }

  /// Returns the frames sent since the last call.
  func sent() -> [(header: FrameHeader, body: [UInt8])] {
    var frames: [(FrameHeader, [UInt8])] = []
    sentBytes().withUnsafeBytes { bytes in
      var rest = bytes
      while case .frame(let frame) = Frame.parse(rest, maxLength: FrameHeader.protocolMaxLength) {
        frames.append((frame.header, [UInt8](frame.body)))
        rest = UnsafeRawBufferPointer(rebasing: rest[frame.byteCount...])
      }
    }
    return frames
  }

  private func note(_ event: ClientEvent) {
    switch event {
    case .response(let call, let bytes): log.append(.response(call.stream, [UInt8](bytes)))
    case .message(let call, let bytes): log.append(.message(call.stream, [UInt8](bytes)))
    case .ended(let call): log.append(.ended(call.stream))
    case .failed(let call, let failure):
      log.append(.failed(call.stream, failure.error.code, failure.error.message))
      reaches.append(failure.reach)
    case .draining: log.append(.draining)
    case .closed(let error): log.append(.closed(error.code))
    }
  }
}

extension Method {
  static func test(_ kind: MethodKind) -> Method {
    Method(service: "test.v1.Test", name: "Call", kind: kind, idempotency: .unknown)
  }
}

func frame(
  _ type: FrameType,
  _ stream: UInt32,
  _ body: [UInt8],
  _ flags: FrameFlags = []
) -> [UInt8] {
  FrameHeader(length: UInt32(body.count), streamID: stream, type: type, flags: flags).bytes + body
}
