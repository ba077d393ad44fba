import TTRPC
import TTRPCNIO
import TestKit

/// Methods and a server for the client's tests.
enum TestMethods {
  private static func method(
    _ name: String,
    _ kind: MethodKind,
    _ idempotency: IdempotencyLevel = .unknown
  ) -> TTRPC.Method {
    Method(service: "test.v1.Test", name: name, kind: kind, idempotency: idempotency)
  }

  /// Answers with the request.
  static let echo = method("Echo", .unary, .noSideEffects)
  /// Fails with the code that is the request's first byte.
  static let fail = method("Fail", .unary)
  /// Answers after ten milliseconds for each unit of the request's first byte.
  static let slow = method("Slow", .unary)
  /// Answers with the metadata, `key=value` joined by commas.
  static let metadata = method("Metadata", .unary)
  /// Answers with the sum of all first bytes.
  static let sum = method("Sum", .clientStreaming)
  /// Sends as many messages as the request says, a big-endian number.
  static let count = method("Count", .serverStreaming, .noSideEffects)
  /// Sends messages until it is cancelled.
  static let forever = method("Forever", .serverStreaming)
  /// Sends every message back.
  static let mirror = method("Mirror", .bidirectionalStreaming)
}

/// A record of the calls and cancellations that the server saw.
actor CallRecorder {
  private(set) var cancelled = 0
  private(set) var calls = 0

  func noteCancelled() { cancelled += 1 }
  func noteCall() { calls += 1 }

  /// Waits until `condition` holds, at most about a minute. Returns false if it does not.
  func wait(until condition: (CallRecorder) async -> Bool) async -> Bool {
    for _ in 0..<12_000 {
      if await condition(self) { return true }
      try? await Task.sleep(for: .milliseconds(5))
    }
    return false
  }
}

func testService(_ recorder: CallRecorder = CallRecorder()) -> AsyncService {
  var service = AsyncService()
  service.unary(TestMethods.echo) { request, _ throws(RPCError) in
    await recorder.noteCall()
    return request
  }
  service.unary(TestMethods.fail) { request, _ throws(RPCError) in
    throw RPCError(code: StatusCode(rawValue: Int32(request.first ?? 2)), message: "as asked")
  }
  service.unary(TestMethods.slow) { request, _ throws(RPCError) in
    do {
      try await Task.sleep(for: .milliseconds(10 * Int(request.first ?? 0)))
    } catch {
      await recorder.noteCancelled()
    }
    return request
  }
  service.unary(TestMethods.metadata) { _, call throws(RPCError) in
    Array(call.metadata.entries.map { "\($0.key)=\($0.value)" }.joined(separator: ",").utf8)
  }
  service.clientStreaming(TestMethods.sum) { requests, _ throws(RPCError) in
    var sum = 0
    while let message = try await requests.next() { sum += Int(message.first ?? 0) }
    return Array("\(sum)".utf8)
  }
  service.serverStreaming(TestMethods.count) { request, sink, _ throws(RPCError) in
    let count = request.reduce(0) { $0 << 8 | Int($1) }
    for number in 0..<count { try await sink.send(Array("\(number)".utf8)) }
  }
  service.serverStreaming(TestMethods.forever) { _, sink, _ throws(RPCError) in
    do throws(RPCError) {
      while true { try await sink.send([UInt8](repeating: 7, count: 1000)) }
    } catch {
      await recorder.noteCancelled()
      throw error
    }
  }
  service.bidirectional(TestMethods.mirror) { requests, sink, _ throws(RPCError) in
    while let message = try await requests.next() { try await sink.send(message) }
  }
  return service
}

/// Runs `body` with an in-process server and a client of it.
func withTestServer(
  _ recorder: CallRecorder = CallRecorder(),
  _ adjust: (inout ClientConfiguration) -> Void = { _ in },
  _ body: (TTRPCClient, LocalServer) async throws -> Void
) async throws {
  let service = testService(recorder)
  var configuration = TTRPCServer.Configuration()
  // Handlers may wait long on a busy machine; the server's own tests test this limit.
  configuration.limits.fullStreamGraceMillis = 60_000
  let transport = try await LocalServer.start(configuration: configuration) {
    AsyncDispatcher(service, loop: $0)
  }
  let client = transport.makeClient(adjust)
  do {
    try await body(client, transport)
  } catch {
    await client.close(grace: .zero)
    await transport.shutdown()
    throw error
  }
  await client.close(grace: .zero)
  await transport.shutdown()
}

/// Waits until `condition` holds, at most about a minute. Returns false if it does not.
func eventually(_ condition: () -> Bool) async -> Bool {
  for _ in 0..<12_000 {
    if condition() { return true }
    try? await Task.sleep(for: .milliseconds(5))
  }
  return false
}

/// Runs a call and returns its error, or nil if it succeeds.
func errorOf<R>(_ body: () async throws(RPCError) -> R) async -> RPCError? {
  do throws(RPCError) {
    _ = try await body()
    return nil
  } catch {
    return error
  }
}
