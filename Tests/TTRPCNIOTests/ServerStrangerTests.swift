import TTRPC
import TTRPCNIO
import Testing

/// The places of connections whose client has not proved who it is.
@Suite(.timeLimit(.minutes(15))) struct ServerStrangerTests {
  typealias Service = ServerTestService
  typealias Bytes = ServerTestBytes

  /// Answers Echo. A call with any `authorization` proves who its client is.
  private final class Door: CallDispatcher {
    let methods = [Service.echo, Service.flood]

    func unary(
      _ method: Int,
      _ payload: RawSpan,
      _ call: borrowing ServerCall,
      _ response: inout ResponseBuffer
    ) -> UnaryOutcome {
      if call.metadata["authorization"] != nil { call.session.isAuthenticated = true }
      response.append(payload)
      return .replied
    }

    func open(
      _ method: Int,
      _ payload: RawSpan,
      _ call: borrowing ServerCall,
      _ stream: any ServerStream
    ) {}
  }

  private static let key: Metadata = ["authorization": "Bearer key"]

  private static func start(
    connections: Int,
    timeoutMillis: Int = 600_000,
    journal: Service.Journal = Service.Journal()
  ) async throws -> TTRPCServer {
    var configuration = TTRPCServer.Configuration()
    configuration.limits.connections = connections
    configuration.limits.unauthenticated = UnauthenticatedLimits()
    configuration.limits.unauthenticated?.timeoutMillis = timeoutMillis
    configuration.onClose = { _, reason in journal.write("close \(reason)") }
    return try await TTRPCServer.start(
      [.tcp(host: "127.0.0.1", port: 0)],
      configuration: configuration
    ) { _ in Door() }
  }

  /// Returns a client whose first call was answered.
  private static func client(
    of server: TTRPCServer,
    metadata: Metadata = Metadata()
  ) async throws -> ServerTestClient {
    let client = try await ServerTestClient(server.addresses[0])
    try await client.send(Bytes.request(1, Service.echo, [1], metadata: metadata))
    #expect(try await client.frame().payload == [1])
    return client
  }

  @Test func aTenthOfThePlacesIsForStrangers() async throws {
    let journal = Service.Journal()
    let server = try await Self.start(connections: 20, journal: journal)
    let first = try await Self.client(of: server)
    let second = try await Self.client(of: server)
    // The third is answered, and closed because it has not proved who it is.
    let third = try await Self.client(of: server)
    #expect(try await third.isClosedByServer())
    #expect(journal.all == ["close \(CloseReason.unauthenticated)"])
    // A client with a key gets in, and one that shows its key later leaves its place to others.
    let known = try await Self.client(of: server, metadata: Self.key)
    try await first.send(Bytes.request(3, Service.echo, [3], metadata: Self.key))
    #expect(try await first.frame().payload == [3])
    let fourth = try await Self.client(of: server)
    for client in [first, second, known, fourth] {
      try await client.send(Bytes.request(5, Service.echo, [5]))
      #expect(try await client.frame().payload == [5])
      await client.close()
    }
    await server.shutdown()
  }

  @Test func clientsThatLeaveGiveTheirPlacesBack() async throws {
    let server = try await Self.start(connections: 10)
    for _ in 0..<20 {
      let client = try await Self.client(of: server)
      try await client.send(Bytes.request(3, Service.echo, [3]))
      #expect(try await client.frame().payload == [3])
      await client.close()
      while server.connectionCount > 0 { try await Task.sleep(for: .milliseconds(1)) }
    }
    await server.shutdown()
  }

  @Test func callersWithAKeyGetInWhenStrangersHoldEveryPlaceOfTheirs() async throws {
    let server = try await Self.start(connections: 10)
    let stranger = try await Self.client(of: server)
    var known: [ServerTestClient] = []
    for _ in 0..<9 { known.append(try await Self.client(of: server, metadata: Self.key)) }
    for client in known + [stranger] {
      try await client.send(Bytes.request(3, Service.echo, [3]))
      #expect(try await client.frame().payload == [3])
      await client.close()
    }
    await server.shutdown()
  }

  @Test func aStrangerIsClosedInTime() async throws {
    let journal = Service.Journal()
    let server = try await Self.start(connections: 10, timeoutMillis: 50, journal: journal)
    let client = try await ServerTestClient(server.addresses[0])
    // On a busy machine the time may be over before the call is sent.
    try? await client.send(Bytes.request(1, Service.flood))
    #expect(try await client.isClosedByServer())
    if let answer = try? await client.frame() {
      #expect(answer.error?.code == .unauthenticated)
    }
    #expect(journal.all == ["close \(CloseReason.unauthenticated)"])
    await client.close()
    await server.shutdown()
  }
}
