import NIOCore
import NIOPosix
import Synchronization
import TTRPC
import TTRPCNIO
import Testing

/// The call that a client with a key makes before a first request that is too large for strangers.
@Suite struct ClientGreetingTests {
  private static let greeting = Method(
    service: "grpc.health.v1.Health",
    name: "Check",
    kind: .unary,
    idempotency: .noSideEffects
  )
  private static let small = [UInt8](repeating: 1, count: 3000)
  private static let large = [UInt8](repeating: 1, count: 4096)

  private func configuration(_ server: RawServer) -> ClientConfiguration {
    var configuration = ClientConfiguration(target: server.target)
    configuration.defaultTimeout = .seconds(600)
    configuration.connectTimeout = .seconds(600)
    configuration.retry.backoff.initial = .milliseconds(5)
    configuration.reconnect.initial = .milliseconds(5)
    configuration.seed = 7
    configuration.metadata = ["authorization": "Bearer patron_test"]
    configuration.greeting = Self.greeting
    return configuration
  }

  private func isLarge(_ header: FrameHeader) -> Bool { header.length > 4096 }

  /// Answers everything, except that frames which are too large end the connection until a small
  /// one was answered.
  private func strictServer() async throws -> RawServer {
    let known = Mutex<Set<Int>>([])
    return try await RawServer.start { number, header, body in
      guard header.type == .request else { return [] }
      let isKnown = known.withLock { $0.contains(number) }
      if header.length > 4096, !isKnown { return [.close] }
      known.withLock { _ = $0.insert(number) }
      return [.send(rawAnswer(header.streamID, 1))]
    }
  }

  @Test func smallRequestsNeedNone() async throws {
    let server = try await strictServer()
    let client = TTRPCClient(configuration(server))
    _ = try await client.unary(TestMethods.echo, Self.small, CallOptions())
    // The answer has shown that the server knows the caller.
    _ = try await client.unary(TestMethods.echo, Self.large, CallOptions())
    #expect(server.frames.map(isLarge) == [false, true])
    await client.close()
    await server.stop()
  }

  @Test func aLargeFirstRequestWaitsForIt() async throws {
    let server = try await strictServer()
    let client = TTRPCClient(configuration(server))
    for _ in 0..<2 { _ = try await client.unary(TestMethods.slow, Self.large, CallOptions()) }
    #expect(server.frames.map(isLarge) == [false, true, true])
    // Streams have a connection of their own.
    let stream = try await client.stream(TestMethods.count, Self.large, CallOptions())
    #expect(try await stream.next() == [1])
    #expect(server.frames.map(isLarge) == [false, true, true, false, true])
    await client.close()
    await server.stop()
  }

  @Test func allFirstRequestsShareOne() async throws {
    let server = try await strictServer()
    let client = TTRPCClient(configuration(server))
    try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<20 {
        group.addTask { try await client.unary(TestMethods.slow, Self.large, CallOptions()) }
      }
      for try await answer in group { #expect(answer == [1]) }
    }
    #expect(server.connectionCount == 1)
    #expect(server.frames.filter { !isLarge($0) }.count == 1)
    await client.close()
    await server.stop()
  }

  @Test func aRefusedKeyFailsTheCallsThatWait() async throws {
    let server = try await RawServer.start { _, header, _ in
      [.send(rawStatus(header.streamID, .unauthenticated))]
    }
    let client = TTRPCClient(configuration(server))
    let error = await errorOf { () throws(RPCError) in
      try await client.unary(TestMethods.echo, Self.large, CallOptions())
    }
    #expect(error?.code == .unauthenticated)
    #expect(server.frames.map(isLarge) == [false])
    await client.close()
    await server.stop()
  }

  /// A server takes a connection back when its key ends. If the caller gets another key meanwhile, by
  /// a name, its large requests need another greeting.
  @Test func aRefusedCallIsFollowedByAnotherOne() async throws {
    let calls = Mutex(0)
    let server = try await RawServer.start { _, header, _ in
      let call = calls.withLock { count in
        count += 1
        return count
      }
      return call == 2
        ? [.send(rawStatus(header.streamID, .unauthenticated))]
        : [.send(rawAnswer(header.streamID, 1))]
    }
    let client = TTRPCClient(configuration(server))
    _ = try await client.unary(TestMethods.echo, Self.small, CallOptions())
    let error = await errorOf { () throws(RPCError) in
      try await client.unary(TestMethods.echo, Self.large, CallOptions())
    }
    #expect(error?.code == .unauthenticated)
    _ = try await client.unary(TestMethods.echo, Self.large, CallOptions())
    #expect(server.frames.map(isLarge) == [false, true, false, true])
    await client.close()
    await server.stop()
  }

  @Test func otherRefusalsOfItMeanNothing() async throws {
    let server = try await RawServer.start { _, header, _ in
      header.length > 4096
        ? [.send(rawAnswer(header.streamID, 3))]
        : [.send(rawStatus(header.streamID, .unimplemented))]
    }
    let client = TTRPCClient(configuration(server))
    #expect(try await client.unary(TestMethods.slow, Self.large, CallOptions()) == [3])
    #expect(try await client.unary(TestMethods.slow, Self.large, CallOptions()) == [3])
    #expect(server.frames.map(isLarge) == [false, true, true])
    await client.close()
    await server.stop()
  }

  /// The server never saw the call, so it is made again whatever the method.
  @Test func aLostConnectionIsReplaced() async throws {
    let server = try await RawServer.start { number, header, _ in
      number == 0 ? [.close] : [.send(rawAnswer(header.streamID, 2))]
    }
    let client = TTRPCClient(configuration(server))
    #expect(try await client.unary(TestMethods.slow, Self.large, CallOptions()) == [2])
    #expect(server.frames.map(isLarge) == [false, false, true])
    await client.close()
    await server.stop()
  }

  @Test func withoutAGreetingLargeRequestsAreSentAtOnce() async throws {
    let server = try await RawServer.start { _, header, _ in
      [.send(rawAnswer(header.streamID, 2))]
    }
    var configuration = configuration(server)
    configuration.greeting = nil
    let client = TTRPCClient(configuration)
    #expect(try await client.unary(TestMethods.slow, Self.large, CallOptions()) == [2])
    #expect(server.frames.count == 1)
    await client.close()
    await server.stop()
  }

  @Test func loopConnectionsGreetAtOnce() async throws {
    let answers = Mutex<[StatusCode]>([.unauthenticated, .ok])
    let server = try await RawServer.start { _, header, _ in
      let code: StatusCode = answers.withLock { $0.isEmpty ? .ok : $0.removeFirst() }
      return code == .ok
        ? [.send(rawAnswer(header.streamID, 1))] : [.send(rawStatus(header.streamID, code))]
    }
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let configuration = configuration(server)
    let error = await #expect(throws: RPCError.self) {
      _ = try await ClientLoopConnection.connect(on: loop, configuration).get()
    }
    #expect(error?.code == .unauthenticated)
    let connection = try await ClientLoopConnection.connect(on: loop, configuration).get()
    try await loop.submit {
      #expect(connection.callsInFlight == 0)
      connection.close()
    }.get()
    #expect(server.frames.count == 2)
    await server.stop()
  }
}
