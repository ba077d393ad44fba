import ProtoWire
import Synchronization
import TTRPC
import TTRPCNIO
import TestKit
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The connections of one I/O thread take turns.
@Suite(.timeLimit(.minutes(15))) struct ServerTurnTests {
  typealias Bytes = ServerTestBytes

  private static func start(_ gate: TurnGate) async throws -> TTRPCServer {
    var configuration = TTRPCServer.Configuration()
    configuration.limits.callsPerTurn = 4
    configuration.limits.turnMicros = 1000
    return try await TTRPCServer.start(
      [.tcp(host: "127.0.0.1", port: 0)],
      configuration: configuration
    ) { _ in TurnDispatcher(gate) }
  }

  private static func calls(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for index in 0..<count {
      bytes += Bytes.request(UInt32(index * 2 + 1), TurnDispatcher.work, [UInt8(index % 251)])
    }
    return bytes
  }

  private static func payloads(_ count: Int) -> [[UInt8]?] {
    (0..<count).map { [UInt8($0 % 251)] }
  }

  /// Opens a connection and lets it make a call, so that it is known to be accepted.
  private static func client(_ server: TTRPCServer) async throws -> ServerTestClient {
    let client = try await ServerTestClient(server.addresses[0])
    try await client.send(Bytes.request(100_001, TurnDispatcher.mark, [0]))
    _ = try await client.frame()
    return client
  }

  @Test func anotherConnectionRunsBetweenTurns() async throws {
    let gate = TurnGate()
    let server = try await Self.start(gate)
    let honest = try await Self.client(server)
    let greedy = try await Self.client(server)
    gate.close()
    try await greedy.send(Self.calls(400))
    #expect(try await gate.isReached(), "the thread is inside the first call")
    // The bytes are in the server's socket when this returns.
    try await honest.send(Bytes.request(1, TurnDispatcher.mark, [255]))
    gate.open()
    #expect(try await honest.frame().payload == [255])
    _ = try await greedy.frames(400)
    let order = gate.journal
    let place = try #require(order.firstIndex(of: 255))
    // The turn that stood at the gate, and a round at most.
    #expect(place < 200, "the call ran after \(place) of 400 calls of another connection")
    #expect(order.count == 403)
    for client in [honest, greedy] { await client.close() }
    await server.shutdown()
  }

  @Test func waitingConnectionsTakeTurnsInOrder() async throws {
    let gate = TurnGate()
    let server = try await Self.start(gate)
    let first = try await Self.client(server)
    let second = try await Self.client(server)
    gate.close()
    try await first.send(Self.calls(40))
    #expect(try await gate.isReached())
    try await second.send(Self.calls(40))
    gate.open()
    let answers = try await [first.frames(40), second.frames(40)]
    for frames in answers {
      #expect(frames.map(\.payload) == Self.payloads(40))
    }
    for client in [first, second] { await client.close() }
    await server.shutdown()
  }

  /// More input than may wait, in frames of a few KiB: reading stops and goes on.
  @Test func aLongPipelineIsAnsweredInOrder() async throws {
    let server = try await Self.start(TurnGate())
    let client = try await Self.client(server)
    let payload = [UInt8](repeating: 5, count: 4000)
    for index in 0..<1000 {
      client.sendLater(Bytes.request(UInt32(index * 2 + 1), TurnDispatcher.work, payload))
    }
    let frames = try await client.frames(1000)
    let streams = (0..<1000).map { UInt32($0 * 2 + 1) }
    #expect(frames.map(\.header.streamID) == streams)
    #expect(frames.allSatisfy { $0.payload == payload })
    await client.close()
    await server.shutdown()
  }

  @Test func aHalfClosedConnectionIsAnsweredToTheEnd() async throws {
    let gate = TurnGate()
    let server = try await Self.start(gate)
    let client = try await Self.client(server)
    gate.close()
    try await client.send(Self.calls(100))
    #expect(try await gate.isReached())
    try await client.closeSending()
    gate.open()
    let frames = try await client.frames(100)
    #expect(frames.map(\.payload) == Self.payloads(100))
    #expect(try await client.isClosedByServer())
    await server.shutdown()
  }

  @Test func aConnectionMayCloseBetweenTurns() async throws {
    let gate = TurnGate()
    let server = try await Self.start(gate)
    let client = try await Self.client(server)
    gate.close()
    try await client.send(Self.calls(1000))
    #expect(try await gate.isReached())
    await client.close()
    gate.open()
    while server.connectionCount > 0 { try await Task.sleep(for: .milliseconds(1)) }
    let other = try await Self.client(server)
    await other.close()
    await server.shutdown()
  }

  @Test func aStockClientIsServedToTheEndWhileDraining() async throws {
    let gate = TurnGate()
    let server = try await Self.start(gate)
    let client = try await Self.client(server)
    gate.close()
    try await client.send(Self.calls(200))
    #expect(try await gate.isReached())
    async let drained = server.drain(grace: .seconds(20))
    gate.open()
    #expect(try await client.frames(200).count == 200)
    #expect(await drained)
    await server.shutdown()
  }

  /// Work that goes on round after round does not keep the loop from its sockets.
  @Test func workInRoundsLeavesTimeForCalls() async throws {
    let server = try await TTRPCServer.start([.tcp(host: "127.0.0.1", port: 0)]) {
      RoundDispatcher($0)
    }
    let honest = try await Self.client(server)
    let greedy = try await Self.client(server)
    try await greedy.send(Bytes.request(1, TurnDispatcher.work, [5]))
    try await honest.send(Bytes.request(1, TurnDispatcher.mark, [255]))
    #expect(try await honest.frame().payload == [255])
    #expect(try await greedy.frame().payload == [1], "it ran until the call was made")
    for client in [honest, greedy] { await client.close() }
    await server.shutdown()
  }

  /// Messages of one stream pass a connection with many, and none is lost or moved.
  @Test func messagesOfStreamsTakeTurns() async throws {
    var limits = Limits()
    limits.callsPerTurn = 2
    // On a busy machine the task of the handler may be slow to consume.
    limits.fullStreamGraceMillis = 600_000
    let server = try await ServerTestService.start(limits: limits)
    let client = try await ServerTestClient(server.addresses[0])
    var bytes = Bytes.request(1, ServerTestService.echoStream, flags: .remoteOpen)
    for index in 0..<300 { bytes += Bytes.data(1, [UInt8(index % 251)]) }
    bytes += Bytes.close(1) + Bytes.request(3, ServerTestService.echo, [3])
    client.sendLater(bytes)
    var messages: [[UInt8]?] = []
    var hasEcho = false
    var isClosed = false
    while !hasEcho || !isClosed {
      let frame = try await client.frame()
      if frame.header.streamID == 3 {
        hasEcho = true
      } else if frame.header.type == .response {
        Issue.record("the stream failed: \(frame.error.map { "\($0)" } ?? "no error")")
        break
      } else if frame.header.flags.contains(.remoteClosed) {
        isClosed = true
      } else {
        messages.append(frame.body)
      }
    }
    #expect(messages == Self.payloads(300))
    await client.close()
    await server.shutdown()
  }
}

/// A gate on the I/O thread, and the order in which calls ran there.
private final class TurnGate: Sendable {
  private struct State {
    var isClosed = false
    var isReached = false
    var journal: [UInt8] = []
  }

  private let state = Mutex(State())

  var journal: [UInt8] { state.withLock { $0.journal } }

  func close() { state.withLock { $0.isClosed = true } }
  func open() { state.withLock { $0.isClosed = false } }

  /// Notes a call and stands still while the gate is closed, for a minute at most.
  func pass(_ number: UInt8) {
    state.withLock { state in
      state.journal.append(number)
      if state.isClosed { state.isReached = true }
    }
    for _ in 0..<60_000 {
      if !state.withLock({ $0.isClosed }) { return }
      usleep(1000)
    }
  }

  /// Waits until a call stands at the gate.
  func isReached() async throws -> Bool {
    for _ in 0..<60_000 {
      if state.withLock({ $0.isReached }) { return true }
      try await Task.sleep(for: .milliseconds(1))
    }
    return false
  }
}

/// Two methods that answer with their request on the I/O thread.
private final class TurnDispatcher: CallDispatcher {
  static let work = Method(
    service: "test.v1.Turns",
    name: "Work",
    kind: .unary,
    idempotency: .unknown
  )
  static let mark = Method(
    service: "test.v1.Turns",
    name: "Mark",
    kind: .unary,
    idempotency: .unknown
  )

  let methods = [TurnDispatcher.work, TurnDispatcher.mark]
  private let gate: TurnGate

  init(_ gate: TurnGate) { self.gate = gate }

  func unary(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ response: inout ResponseBuffer
  ) -> UnaryOutcome {
    gate.pass([UInt8](copying: payload).first ?? 0)
    // Long enough for a round to hold a few calls only.
    if method == 0 { usleep(100) }
    response.append(payload)
    return .replied
  }

  func open(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ stream: any ServerStream
  ) {
    stream.finish(RPCError(code: .unimplemented, message: "no streams here"))
  }
}

/// A method that works in rounds until another call is made, and one that answers at once.
private final class RoundDispatcher: CallDispatcher {
  let methods = [TurnDispatcher.work, TurnDispatcher.mark]
  private let work: RoundWork

  init(_ loop: any ServerLoop) { work = RoundWork(loop) }

  func unary(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ response: inout ResponseBuffer
  ) -> UnaryOutcome {
    if method == 0 {
      work.goOn(call.target, marks: work.marks.load(ordering: .relaxed))
      return .pending
    }
    work.marks.add(1, ordering: .relaxed)
    response.append(payload)
    return .replied
  }

  func open(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ stream: any ServerStream
  ) {
    stream.finish(RPCError(code: .unimplemented, message: "no streams here"))
  }
}

private final class RoundWork: Sendable {
  let marks = Atomic<Int>(0)
  private let loop: any ServerLoop

  init(_ loop: any ServerLoop) { self.loop = loop }

  /// Answers 1 after a further mark, or 0 after many rounds.
  func goOn(_ target: ReplyTarget, marks count: Int, rounds: Int = 10_000_000) {
    let isMarked = marks.load(ordering: .relaxed) > count
    guard !isMarked, rounds > 0 else {
      return loop.complete([Completion(target: target, result: .success([isMarked ? 1 : 0]))])
    }
    loop.executeAfterSockets { self.goOn(target, marks: count, rounds: rounds - 1) }
  }
}
