import NIOCore
import NIOPosix
import TTRPC
import TTRPCNIO
import Testing

@Suite struct ClientLoopTests {
  /// Keeps `depth` calls in flight until `total` have been answered.
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
      request.withUnsafeBytes { bytes in
        connection.unary(TestMethods.echo, bytes, timeout: .seconds(10)) { self.answer($0) }
      }
    }

    private func answer(_ result: Result<UnsafeRawBufferPointer, RPCError>) {
      answered += 1
      switch result {
      case .success(let bytes): if !bytes.elementsEqual(request) { wrong += 1 }
      case .failure: wrong += 1
      }
      if answered == total { promise.succeed(wrong) } else { call() }
    }
  }

  @Test func manyCallsInFlightOnOneLoop() async throws {
    let service = testService()
    let transport = try await InProcessTransport.start { AsyncDispatcher(service, loop: $0) }
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
        UnsafeRawBufferPointer(start: nil, count: 0),
        timeout: nil
      ) { first.succeed(Self.code($0)) }
    }.get()
    #expect(try await first.futureResult.get() == .unavailable)
    let second = loop.makePromise(of: StatusCode.self)
    try await loop.submit {
      var returned = false
      connection.unary(
        TestMethods.echo,
        UnsafeRawBufferPointer(start: nil, count: 0),
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
        UnsafeRawBufferPointer(start: nil, count: 0),
        timeout: .milliseconds(30)
      ) { promise.succeed(Self.code($0)) }
    }.get()
    #expect(try await promise.futureResult.get() == .deadlineExceeded)
    try await loop.submit { connection.close() }.get()
    await server.stop()
  }

  private static func code(_ result: Result<UnsafeRawBufferPointer, RPCError>) -> StatusCode {
    switch result {
    case .success: .ok
    case .failure(let error): error.code
    }
  }
}
