import PatronClient
import Synchronization

/// A server inside the test: a closure for each unary method, a script for each stream.
final class FakeChannel: ClientChannel {
  /// The answers of one streaming call and its end.
  struct Script: Sendable {
    enum End: Sendable {
      /// The server ends the call well.
      case ended
      case failed(RPCError)
      /// The call stays open until the client cancels it.
      case open
    }

    var answers: [WatchTimelineResponse] = []
    var end = End.open
  }

  struct Call {
    var method: String
    var request: [UInt8]
    var options: CallOptions
  }

  private typealias Handler = @Sendable ([UInt8]) async throws(RPCError) -> [UInt8]

  private struct State {
    var handlers: [String: Handler] = [:]
    var scripts: [Script] = []
    var streams: [FakeStream] = []
    var calls: [Call] = []
  }

  private let state = Mutex(State())

  /// A channel whose streaming calls follow the scripts, in this order.
  init(_ scripts: [Script] = []) { state.withLock { $0.scripts = scripts } }

  var calls: [Call] { state.withLock { $0.calls } }

  /// One element for each streaming call: true when the client cancelled it.
  var cancellations: [Bool] { state.withLock { $0.streams.map(\.isCancelled) } }

  /// The requests of all calls, which are of one type.
  func requests<Request: Message>(_ type: Request.Type) throws -> [Request] {
    try calls.map { try Request(decoding: $0.request) }
  }

  /// Answers a unary method.
  func on<Request: Message, Response: Message>(
    _ method: MethodDescriptor<Request, Response>,
    _ body: @escaping @Sendable (Request) async throws(RPCError) -> Response
  ) {
    let handler: Handler = { bytes async throws(RPCError) in
      try Self.encode(try await body(try Self.decode(bytes)))
    }
    state.withLock { $0.handlers[method.method.name] = handler }
  }

  func unary(_ method: Method, _ request: [UInt8], _ options: CallOptions) async throws(RPCError)
    -> [UInt8]
  {
    let handler = state.withLock { state in
      state.calls.append(Call(method: method.name, request: request, options: options))
      return state.handlers[method.name]
    }
    guard let handler else {
      throw RPCError(code: .unimplemented, message: "\(method) is not implemented")
    }
    return try await handler(request)
  }

  func stream(_ method: Method, _ request: [UInt8]?, _ options: CallOptions) async throws(RPCError)
    -> any ClientStream
  {
    let script = state.withLock { state in
      state.calls.append(Call(method: method.name, request: request ?? [], options: options))
      return state.scripts.isEmpty ? nil : state.scripts.removeFirst()
    }
    guard let script else { throw RPCError(code: .dataLoss, message: "one call too many") }
    let stream = FakeStream(script)
    state.withLock { $0.streams.append(stream) }
    return stream
  }

  static func decode<Value: Message>(_ bytes: [UInt8]) throws(RPCError) -> Value {
    do {
      return try Value(decoding: bytes)
    } catch {
      throw RPCError(code: .internal, message: "\(error)")
    }
  }

  static func encode(_ message: some Message) throws(RPCError) -> [UInt8] {
    do {
      return try message.encoded()
    } catch {
      throw RPCError(code: .internal, message: "\(error)")
    }
  }
}

/// A streaming call that follows a script.
private final class FakeStream: ClientStream {
  private let state: Mutex<(script: FakeChannel.Script, isCancelled: Bool)>

  init(_ script: FakeChannel.Script) { state = Mutex((script, false)) }

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  func send(_ message: [UInt8]) async throws(RPCError) {}

  func finishSending() async throws(RPCError) {}

  func next() async throws(RPCError) -> [UInt8]? {
    let (answer, end) = state.withLock { state in
      let answers = state.script.answers
      if !answers.isEmpty { state.script.answers.removeFirst() }
      return (answers.first, state.script.end)
    }
    if let answer { return try FakeChannel.encode(answer) }
    switch end {
    case .ended: return nil
    case .failed(let error): throw error
    case .open:
      while !isCancelled, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(1)) }
      throw RPCError(code: .cancelled, message: "the call was cancelled")
    }
  }

  func cancel() { state.withLock { $0.isCancelled = true } }
}
