import PatronClient
import Synchronization

@testable import patron

/// A server in this process: a handler for each method, and a record of the calls.
final class FakeServer: ClientChannel {
  typealias Handler = @Sendable ([UInt8], CallOptions) throws(RPCError) -> [[UInt8]]

  struct Call {
    var method: String
    var request: [UInt8]
    var options: CallOptions
  }

  /// Every command with a time that has no zone fetches the settings, so a store without settings
  /// is the default.
  private let state = Mutex<(handlers: [String: Handler], calls: [Call])>(
    (["GetStoreSettings": { _, _ in [[]] }], [])
  )

  private let connections = Mutex<[(address: String, options: PatronClient.Options)]>([])

  var calls: [Call] { state.withLock { $0.calls } }

  /// The address and options of each client that was made.
  var clients: [(address: String, options: PatronClient.Options)] { connections.withLock { $0 } }

  /// Records a client.
  func connected(_ address: String, _ options: PatronClient.Options) {
    connections.withLock { $0.append((address, options)) }
  }

  /// Sets the handler of a unary method.
  func on<Request: Message, Response: Message>(
    _ method: MethodDescriptor<Request, Response>,
    _ body: @escaping @Sendable (Request) throws(RPCError) -> Response
  ) {
    handle(method.method.name) { bytes, _ throws(RPCError) in
      [try Self.encode(try body(try Self.decode(bytes)))]
    }
  }

  /// Sets the handler of any method, with encoded messages.
  func handle(_ method: String, _ handler: @escaping Handler) {
    state.withLock { $0.handlers[method] = handler }
  }

  /// Returns the decoded requests of the calls of one method.
  func requests<Request: Message>(_ type: Request.Type, _ method: String) throws -> [Request] {
    try calls.filter { $0.method == method }.map { try Request(decoding: $0.request) }
  }

  func unary(_ method: Method, _ request: [UInt8], _ options: CallOptions) async throws(RPCError)
    -> [UInt8]
  {
    try answer(method, request, options).first ?? []
  }

  func stream(_ method: Method, _ request: [UInt8]?, _ options: CallOptions) async throws(RPCError)
    -> any ClientStream
  {
    if let request { return FakeStream(try answer(method, request, options)) }
    return FakeStream(collecting: { requests throws(RPCError) in
      try self.answer(method, requests.flatMap { $0 }, options)
    })
  }

  private func answer(_ method: Method, _ request: [UInt8], _ options: CallOptions)
    throws(RPCError) -> [[UInt8]]
  {
    let handler = state.withLock { state in
      state.calls.append(Call(method: method.name, request: request, options: options))
      return state.handlers[method.name]
    }
    guard let handler else {
      throw RPCError(code: .unimplemented, message: "\(method) is not implemented")
    }
    return try handler(request, options)
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

/// A stream that produces its responses once all requests were received.
private final class FakeStream: ClientStream {
  private struct State {
    var requests: [[UInt8]] = []
    var answers: [[UInt8]]?
  }

  private let state: Mutex<State>
  private let collect: @Sendable ([[UInt8]]) throws(RPCError) -> [[UInt8]]

  init(_ answers: [[UInt8]]) {
    state = Mutex(State(answers: answers))
    collect = { _ in [] }
  }

  init(collecting collect: @escaping @Sendable ([[UInt8]]) throws(RPCError) -> [[UInt8]]) {
    state = Mutex(State())
    self.collect = collect
  }

  func send(_ message: [UInt8]) async throws(RPCError) {
    state.withLock { $0.requests.append(message) }
  }

  func finishSending() async throws(RPCError) {
    let answers = try collect(state.withLock { $0.requests })
    state.withLock { $0.answers = answers }
  }

  func next() async throws(RPCError) -> [UInt8]? {
    while true {
      let found = state.withLock { state -> [UInt8]?? in
        guard let answers = state.answers else { return .none }
        if answers.isEmpty { return .some(nil) }
        return .some(state.answers?.removeFirst())
      }
      if let found { return found }
      await Task.yield()
    }
  }

  func cancel() {}
}
