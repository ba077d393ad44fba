import Foundation
import NIOCore
import NIOPosix
import ProtoWire
import TTRPC
import TTRPCNIO
import TestKit
import Testing

@Suite struct ClientLoopTests {
  /// A caller that keeps `depth` calls in flight until `total` have been answered.
  private final class Worker {
    private let connection: ClientLoopConnection
    private let total: Int
    private let promise: EventLoopPromise<Int>
    private let request: [UInt8] = Array("request".utf8)
    private var started = 0
    private var wrong = 0
    private var answered = 0

    init(_ connection: ClientLoopConnection, total: Int, promise: EventLoopPromise<Int>) {
      self.connection = connection
      self.total = total
      self.promise = promise
    }

    func call() {
      guard started < total else { return }
      started += 1
      let request = request
      connection.unary(TestMethods.echo, request.span.bytes, timeout: .seconds(10)) {
        self.answer($0)
      }
    }

    private func answer(_ result: ClientAnswer) {
      answered += 1
      switch result {
      case .success(let bytes): if [UInt8](copying: bytes) != request { wrong += 1 }
      case .failure: wrong += 1
      }
      if answered == total { promise.succeed(wrong) } else { call() }
    }
  }

  @Test func manyCallsInFlightOnOneLoop() async throws {
    let service = testService()
    let transport = try await LocalServer.start { AsyncDispatcher(service, loop: $0) }
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let promise = loop.makePromise(of: Int.self)
    let connection = try await ClientLoopConnection.connect(on: loop, target: transport.target)
      .get()
    try await loop.submit {
      let worker = Worker(connection, total: 2000, promise: promise)
      for _ in 0..<50 { worker.call() }
      #expect(connection.callsInFlight == 50)
    }.get()
    #expect(try await promise.futureResult.get() == 0)
    let closed = loop.makePromise(of: RPCError.self)
    try await loop.submit {
      connection.onClosed = { closed.succeed($0) }
      connection.close()
      #expect(!connection.isOpen)
    }.get()
    #expect(try await closed.futureResult.get().code == .cancelled)
    await transport.shutdown()
  }

  @Test func callsAfterTheEndFailSoon() async throws {
    let server = try await RawServer.start { _, _, _ in [.close] }
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let connection = try await ClientLoopConnection.connect(on: loop, target: server.target).get()
    let first = loop.makePromise(of: StatusCode.self)
    try await loop.submit {
      connection.unary(
        TestMethods.echo,
        RawSpan(),
        timeout: nil
      ) { first.succeed(Self.code($0)) }
    }.get()
    #expect(try await first.futureResult.get() == .unavailable)
    let second = loop.makePromise(of: StatusCode.self)
    try await loop.submit {
      var returned = false
      connection.unary(
        TestMethods.echo,
        RawSpan(),
        timeout: nil
      ) {
        #expect(returned, "a completion never runs before the call returned")
        second.succeed(Self.code($0))
      }
      returned = true
    }.get()
    #expect(try await second.futureResult.get() == .unavailable)
    await server.stop()
  }

  @Test func deadlinesHoldOnTheLoop() async throws {
    let server = try await RawServer.start { _, _, _ in [] }
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let connection = try await ClientLoopConnection.connect(on: loop, target: server.target).get()
    let promise = loop.makePromise(of: StatusCode.self)
    try await loop.submit {
      connection.unary(
        TestMethods.echo,
        RawSpan(),
        timeout: .milliseconds(30)
      ) { promise.succeed(Self.code($0)) }
    }.get()
    #expect(try await promise.futureResult.get() == .deadlineExceeded)
    try await loop.submit { connection.close() }.get()
    await server.stop()
  }

  /// A caller that starts a call from the completion of each call of a first round.
  private final class Chain {
    static let count = 64
    private let connection: ClientLoopConnection
    private let promise: EventLoopPromise<Void>
    private var depth = 0
    private var isStarting = false
    /// The outcomes of the first round and of the second, by call.
    var first = [[StatusCode]](repeating: [], count: count)
    var second = [[StatusCode]](repeating: [], count: count)

    init(_ connection: ClientLoopConnection, promise: EventLoopPromise<Void>) {
      self.connection = connection
      self.promise = promise
    }

    func begin() {
      for index in 0..<Self.count {
        start(.milliseconds(20)) { code in
          self.first[index].append(code)
          self.start(.seconds(60)) { self.second[index].append($0) }
          if index == Self.count - 1 { self.closeSoon() }
        }
      }
    }

    private func closeSoon() {
      connection.eventLoop.assumeIsolated().execute { self.close() }
    }

    private func close() {
      #expect(connection.callsInFlight == Self.count)
      #expect(second.allSatisfy { $0.isEmpty }, "a call that runs was given another's failure")
      connection.close()
      promise.succeed()
    }

    private func start(_ timeout: Duration, _ body: @escaping (StatusCode) -> Void) {
      isStarting = true
      defer { isStarting = false }
      let nothing = RawSpan()
      connection.unary(TestMethods.echo, nothing, timeout: timeout) { result in
        #expect(!self.isStarting, "a completion never runs before the call returned")
        #expect(self.depth == 0, "no completion runs inside of another")
        self.depth += 1
        body(ClientLoopTests.code(result))
        self.depth -= 1
      }
    }
  }

  /// Deadlines that pass in one tick end many calls at once. Calls started from their completions
  /// have outcomes of their own, and no other outcome is lost.
  @Test func callsStartedFromCompletionsHaveTheirOwnOutcomes() async throws {
    let server = try await RawServer.start { _, _, _ in [] }
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let connection = try await ClientLoopConnection.connect(on: loop, target: server.target).get()
    let promise = loop.makePromise(of: Void.self)
    let bound = try await loop.submit {
      NIOLoopBound(Chain(connection, promise: promise), eventLoop: loop)
    }.get()
    try await loop.submit {
      bound.value.begin()
      // Nothing runs on the loop meanwhile, so one tick meets all deadlines.
      Thread.sleep(forTimeInterval: 0.05)
    }.get()
    try await promise.futureResult.get()
    let outcomes = try await loop.submit { (bound.value.first, bound.value.second) }.get()
    #expect(outcomes.0 == [[StatusCode]](repeating: [.deadlineExceeded], count: Chain.count))
    #expect(outcomes.1 == [[StatusCode]](repeating: [.cancelled], count: Chain.count))
    await server.stop()
  }

  private static func code(_ result: ClientAnswer) -> StatusCode {
    switch result {
    case .success: .ok
    case .failure(let error): error.code
    }
  }
}
