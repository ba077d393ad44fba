import ProtoWire
import Synchronization
import TTRPC
import TestKit
import Testing

@testable import TTRPCNIO

/// Answers that clients do not read take a bounded amount of memory.
@Suite(.timeLimit(.minutes(15))) struct ServerAnswerTests {
  typealias Service = ServerTestService
  typealias Bytes = ServerTestBytes

  @Test func queuedCallsOfAReaderThatNeverReadsAreRefused() async throws {
    let lane = SlowLane()
    var configuration = TTRPCServer.Configuration()
    configuration.limits.outboundBytes = 200_000
    let server = try await TTRPCServer.start(
      [.tcp(host: "127.0.0.1", port: 0)],
      configuration: configuration
    ) { LaneDispatcher(lane, $0) }
    let client = try await ServerTestClient(server.addresses[0])
    try await client.reading(false)
    let count = 2000
    for index in 0..<count {
      client.sendLater(Bytes.request(UInt32(index * 2 + 1), LaneDispatcher.large, [1]))
    }
    #expect(try await lane.waits { $0.made >= 64 })
    // The lane runs what it has, and what is admitted meanwhile.
    while try await lane.runsMore() {}
    #expect(lane.peak < 200_000 + 80 * LaneDispatcher.answerBytes)
    try await client.reading(true)
    var answers = 0
    var refusals = 0
    while answers + refusals < count {
      _ = try await lane.runsMore()
      while client.unread > 0 {
        let frame = try await client.frame()
        if let error = frame.error {
          refusals += 1
          #expect(error.message.contains("--max-outbound-bytes"))
          #expect(error.retryDelay == .milliseconds(100))
        } else {
          answers += 1
        }
      }
    }
    #expect(answers > 0)
    await client.close()
    await server.shutdown()
  }

  @Test func theWorstReaderGivesWayWhenAnswersTakeTooMuch() async throws {
    let journal = Service.Journal()
    var limits = Limits()
    limits.totalOutboundBytes = 2 << 20
    let server = try await Service.start(limits: limits, journal: journal)
    let silent = try await ServerTestClient(server.addresses[0])
    try await silent.reading(false)
    let payload = [UInt8](repeating: 3, count: 50_000)
    for index in 0..<400 {
      silent.sendLater(Bytes.request(UInt32(index * 2 + 1), Service.echo, payload))
    }
    #expect(try await journal.waits(for: "close \(CloseReason.memoryPressure)"))
    for _ in 0..<10_000 where server.unreadAnswerBytes > 0 {
      try await Task.sleep(for: .milliseconds(1))
    }
    #expect(server.unreadAnswerBytes == 0)
    let honest = try await ServerTestClient(server.addresses[0])
    try await honest.send(Bytes.request(1, Service.echo, [1]))
    #expect(try await honest.frame().payload == [1])
    for client in [silent, honest] { await client.close() }
    await server.shutdown()
  }

  /// Every way in which answers end: read, cancelled, refused, cut off.
  @Test func theTotalComesBackToNothing() async throws {
    let server = try await Service.start(threads: 2)
    let readers = [
      try await ServerTestClient(server.addresses[0]),
      try await ServerTestClient(server.addresses[0]),
    ]
    let payload = [UInt8](repeating: 3, count: 100_000)
    for (number, reader) in readers.enumerated() {
      if number == 1 { try await reader.reading(false) }
      for index in 0..<100 {
        let method = index % 2 == 0 ? Service.later : Service.echo
        reader.sendLater(Bytes.request(UInt32(index * 2 + 1), method, payload))
      }
      reader.sendLater(Bytes.request(1001, Service.flood, flags: .remoteClosed))
    }
    _ = try await readers[0].frames(100)
    for reader in readers { await reader.close() }
    for _ in 0..<10_000 where server.unreadAnswerBytes > 0 || server.connectionCount > 0 {
      try await Task.sleep(for: .milliseconds(1))
    }
    #expect(server.unreadAnswerBytes == 0)
    await server.shutdown()
  }

  @Test func memoryIsReturnedAtMostOnceASecond() {
    let answers = AnswerTotal(Limits())
    let memory = FreedMemory(answers)
    let start = ContinuousClock.now
    answers.add(FreedMemory.minPeak)
    #expect(!memory.returnIfDue(start))
    answers.add(-FreedMemory.minPeak)
    #expect(memory.returnIfDue(start))
    answers.add(FreedMemory.minPeak)
    answers.add(-FreedMemory.minPeak)
    #expect(!memory.returnIfDue(start + .milliseconds(999)))
    #expect(memory.returnIfDue(start + .seconds(1)))
    #expect(!memory.returnIfDue(start + .seconds(9)), "nothing has been freed since")
  }
}

/// A lane that runs its calls when the test says so.
private final class SlowLane: Sendable {
  struct State {
    var queued: [@Sendable () -> Void] = []
    var made = 0
    var peak = 0
  }

  private let state = Mutex(State())

  var peak: Int { state.withLock { $0.peak } }

  func add(_ call: @escaping @Sendable () -> Void) { state.withLock { $0.queued.append(call) } }

  func note(_ untaken: Int) {
    state.withLock { state in
      state.made += 1
      state.peak = max(state.peak, untaken)
    }
  }

  /// Runs what is queued until `isEnough`. Returns false if that takes too long.
  func waits(_ isEnough: (State) -> Bool) async throws -> Bool {
    for _ in 0..<10_000 {
      for call in take() { call() }
      if state.withLock({ isEnough($0) }) { return true }
      try await Task.sleep(for: .milliseconds(1))
    }
    return false
  }

  /// Runs what is queued, and what comes within a few milliseconds. Returns true if there was any.
  func runsMore() async throws -> Bool {
    for _ in 0..<50 {
      let calls = take()
      for call in calls { call() }
      if !calls.isEmpty { return true }
      try await Task.sleep(for: .milliseconds(1))
    }
    return false
  }

  private func take() -> [@Sendable () -> Void] {
    state.withLock { state in
      defer { state.queued = [] }
      return state.queued
    }
  }
}

/// One method whose large answers a lane makes.
private final class LaneDispatcher: CallDispatcher {
  static let large = Method(
    service: "test.v1.Lane",
    name: "Large",
    kind: .unary,
    idempotency: .unknown
  )
  static let answerBytes = 50_000

  let methods = [LaneDispatcher.large]
  private let lane: SlowLane
  private let loop: any ServerLoop

  init(_ lane: SlowLane, _ loop: any ServerLoop) {
    self.lane = lane
    self.loop = loop
  }

  func unary(
    _ method: Int,
    _ payload: RawSpan,
    _ call: borrowing ServerCall,
    _ response: inout ResponseBuffer
  ) -> UnaryOutcome {
    let (lane, loop, target, answers) = (lane, loop, call.target, call.answers)
    lane.add {
      lane.note(answers?.untaken ?? 0)
      var result = Result<[UInt8], RPCError>.success(
        [UInt8](repeating: 7, count: Self.answerBytes)
      )
      if let refusal = answers?.refusal { result = .failure(refusal) }
      loop.complete([Completion(target: target, result: result)])
    }
    return .pending
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
