import Synchronization
import TTRPC
import TTRPCNIO
import TestKit
import Testing

/// The counts of a server on real sockets.
@Suite(.timeLimit(.minutes(15))) struct ServerCountsTests {
  typealias Service = ServerTestService
  typealias Bytes = ServerTestBytes

  private static func start(
    _ adjust: (inout TTRPCServer.Configuration) -> Void
  ) async throws -> TTRPCServer {
    var configuration = TTRPCServer.Configuration()
    configuration.threads = 2
    adjust(&configuration)
    return try await TTRPCServer.start(
      [.tcp(host: "127.0.0.1", port: 0)],
      configuration: configuration
    ) { ServerTestUnary(loop: $0, journal: Service.Journal()) }
  }

  /// Returns the sum of all loops.
  private static func counts(of server: TTRPCServer) async -> LoopCounts? {
    let loops = await server.counts(within: .seconds(60))
    return loops.reduce(nil as LoopCounts?) { sum, counts in
      guard var sum else { return counts }
      if let counts { sum.add(counts) }
      return sum
    }
  }

  @Test func callsBytesAndConnectionsAreCounted() async throws {
    let server = try await Self.start { $0.counts = true }
    let client = try await ServerTestClient(server.addresses[0])
    let request = Bytes.request(1, Service.echo, [1, 2])
    try await client.send(request)
    _ = try await client.frame()
    try await client.send(Bytes.request(3, Service.later, [3]))
    _ = try await client.frame()
    var counts = await Self.counts(of: server)
    #expect(counts?.calls(0, .ok) == 1)
    #expect(counts?.calls(1, .ok) == 1)
    #expect(counts?.durations(0).reduce(0, +) == 1)
    #expect(counts?.open(.tcp) == 1)
    let (bytesIn, bytesOut) = (counts?.bytesIn ?? 0, counts?.bytesOut ?? 0)
    #expect(bytesIn > UInt64(request.count))
    #expect(bytesOut > 20)
    await client.close()
    for _ in 0..<10_000 where counts?.open(.tcp) == 1 {
      try await Task.sleep(for: .milliseconds(1))
      counts = await Self.counts(of: server)
    }
    #expect(counts?.closed == ["client": 1])
    await server.shutdown()
  }

  @Test func slowCallsAreReportedWithTheirClient() async throws {
    let seen = Mutex<[(Peer, EndedCall)]>([])
    let server = try await Self.start {
      $0.slowCalls = SlowCalls(threshold: .zero) { peer, call in
        seen.withLock { $0.append((peer, call)) }
      }
    }
    let client = try await ServerTestClient(server.addresses[0])
    try await client.send(Bytes.request(1, Service.echo, [1]))
    _ = try await client.frame()
    let (peer, call) = try #require(seen.withLock { $0.first })
    #expect(peer.address.hasPrefix("127.0.0.1:"))
    #expect(call.method == 0)
    #expect(call.target.stream == 1)
    await client.close()
    await server.shutdown()
  }

  @Test func aServerThatCountsNothingHasNoCounts() async throws {
    let server = try await Self.start { _ in }
    #expect(await server.counts(within: .seconds(60)) == [nil, nil])
    #expect(await server.answers(within: .seconds(60)) == [true, true])
    await server.shutdown()
  }
}
