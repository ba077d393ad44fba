import TTRPC
import TTRPCNIO
import Testing

/// New clients on a server whose places are all taken.
@Suite(.timeLimit(.minutes(15))) struct ServerPlaceTests {
  typealias Service = ServerTestService
  typealias Bytes = ServerTestBytes

  private static func limits(connections: Int) -> Limits {
    var limits = Limits()
    limits.connections = connections
    return limits
  }

  /// Returns a client with a call in flight and one that was answered, or nil. Connects again after
  /// refusals, because connections give way only after some time.
  private static func servedClient(
    _ server: TTRPCServer,
    attempts: Int = 10_000
  ) async throws -> ServerTestClient? {
    for _ in 0..<attempts {
      let client = try await ServerTestClient(server.addresses[0])
      client.sendLater(
        Bytes.request(1, Service.ignore, flags: .remoteOpen) + Bytes.request(3, Service.echo, [1])
      )
      if let frame = try? await client.frame(), frame.payload == [1] { return client }
      await client.close()
      try await Task.sleep(for: .milliseconds(5))
    }
    return nil
  }

  @Test(arguments: [1, 3]) func silentClientsGiveWay(_ threads: Int) async throws {
    let limits = Self.limits(connections: 2)
    let server = try await Service.start(threads: threads, limits: limits)
    let silent = [
      try await ServerTestClient(server.addresses[0]),
      try await ServerTestClient(server.addresses[0]),
    ]
    while server.connectionCount < 2 { try await Task.sleep(for: .milliseconds(1)) }
    let first = try #require(try await Self.servedClient(server))
    let second = try #require(try await Self.servedClient(server))
    for client in silent { #expect(try await client.isClosedByServer()) }
    for client in [first, second] {
      try await client.send(Bytes.request(5, Service.echo, [5]))
      #expect(try await client.frame().payload == [5])
      await client.close()
    }
    await server.shutdown()
  }

  @Test func aCallThatComesAfterTheFirstTurnGetsItsPlace() async throws {
    var limits = Self.limits(connections: 1)
    limits.callsPerTurn = 1
    limits.requestBytes = 1024
    // The call would wait for ever.
    limits.headerTimeoutMillis = 0
    let server = try await Service.start(limits: limits)
    let busy = try #require(try await Self.servedClient(server))
    let late = try await ServerTestClient(server.addresses[0])
    // Frames that are too large are answered without a place, one in each turn.
    let tooLarge = [UInt8](repeating: 0, count: 2048)
    try await late.send(
      Bytes.request(1, Service.echo, tooLarge) + Bytes.request(3, Service.echo, tooLarge)
        + Bytes.request(5, Service.echo, [5])
    )
    #expect(try await late.frames(3).map(\.header.streamID) == [1, 3, 5])
    #expect(try await late.isClosedByServer(), "the only client has a call")
    await busy.close()
    await server.shutdown()
  }

  @Test func theClientThatIsIdleLongestGivesWayAndIsTold() async throws {
    let journal = Service.Journal()
    let limits = Self.limits(connections: 2)
    let server = try await Service.start(limits: limits, journal: journal)
    let oldest = try await ServerTestClient(server.addresses[0])
    try await oldest.send(Bytes.request(1, Service.echo, [1], metadata: Bytes.extended))
    #expect(try await oldest.frames(2).map(\.header.type) == [.settings, .response])
    let busy = try await ServerTestClient(server.addresses[0])
    try await busy.send(
      Bytes.request(1, Service.ignore, flags: .remoteOpen) + Bytes.request(3, Service.echo, [1])
    )
    #expect(try await busy.frame().payload == [1])
    let new = try #require(try await Self.servedClient(server))
    let goaway = try await oldest.frame()
    #expect(goaway.header.type == .goaway)
    let body = try goaway.body.withUnsafeBytes { try GoawayBody(decoding: $0) }
    #expect(body.lastStreamID == 1)
    #expect(try await oldest.isClosedByServer())
    #expect(journal.all.contains("close \(CloseReason.evicted)"))
    for client in [busy, new] {
      try await client.send(Bytes.request(5, Service.echo, [5]))
      #expect(try await client.frame().payload == [5])
      await client.close()
    }
    await server.shutdown()
  }

  @Test func aFloodOfSilentClientsShutsNobodyOut() async throws {
    let server = try await Service.start(threads: 2, limits: Self.limits(connections: 4))
    var flood: [ServerTestClient] = []
    for _ in 0..<300 { flood.append(try await ServerTestClient(server.addresses[0])) }
    let client = try #require(try await Self.servedClient(server))
    let bound = 4 + TTRPCServer.maxRefusedConnections
    for _ in 0..<10_000 where server.connectionCount > bound {
      try await Task.sleep(for: .milliseconds(1))
    }
    #expect(server.connectionCount <= bound)
    try await client.send(Bytes.request(5, Service.echo, [5]))
    #expect(try await client.frame().payload == [5])
    for client in flood + [client] { await client.close() }
    while server.connectionCount > 0 { try await Task.sleep(for: .milliseconds(1)) }
    // All places are free again.
    var clients: [ServerTestClient] = []
    for _ in 0..<4 {
      clients.append(try #require(try await Self.servedClient(server, attempts: 1)))
    }
    for client in clients { await client.close() }
    await server.shutdown()
  }
}
