import Synchronization
import TTRPC
import TTRPCNIO
import Testing

/// The places of connections whose client has not proved who it is.
@Suite(.timeLimit(.minutes(15))) struct ServerStrangerTests {
  typealias Service = ServerTestService
  typealias Bytes = ServerTestBytes

  /// The holder of the one key, until the key ends.
  private final class Holder: CallOwner {
    private let end = Mutex(RPCError?.none)
    var refusal: RPCError? { end.withLock { $0 } }

    func refuse() {
      end.withLock { $0 = RPCError(code: .unauthenticated, message: "The key was revoked.") }
    }
    func answered(_ bytes: Int) {}
    func leave(_ places: CallPlaces) {}
  }

  /// Answers Echo. A call with any `authorization` proves who its client is, and one with `revoke`
  /// ends the right of those that have proved it.
  private final class Door: CallDispatcher {
    let methods = [Service.echo, Service.flood]
    private let loop: any ServerLoop
    private let holder: Holder

    init(_ loop: any ServerLoop, _ holder: Holder) {
      self.loop = loop
      self.holder = holder
    }

    func unary(
      _ method: Int,
      _ payload: RawSpan,
      _ call: borrowing ServerCall,
      _ response: inout ResponseBuffer
    ) -> UnaryOutcome {
      if call.metadata["authorization"] != nil {
        call.session.isAuthenticated = true
        call.session.caller = holder
      }
      if call.metadata["revoke"] != nil {
        holder.refuse()
        loop.execute { [loop] in loop.endRefusedCalls() }
      }
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
    let holder = Holder()
    return try await TTRPCServer.start(
      [.tcp(host: "127.0.0.1", port: 0)],
      configuration: configuration
    ) { Door($0, holder) }
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

  private static let revocation: Metadata = ["revoke": "yes"]

  @Test func aCallerWhoseKeyEndsTakesAStrangersPlace() async throws {
    let server = try await Self.start(connections: 10)
    let client = try await Self.client(of: server, metadata: Self.key)
    try await client.send(Bytes.request(3, Service.echo, [3], metadata: Self.revocation))
    #expect(try await client.frame().payload == [3])
    // The key ends a moment after the answer.
    let large = [UInt8](repeating: 1, count: 5000)
    var stream: UInt32 = 5
    var error: RPCError?
    repeat {
      try await client.send(Bytes.request(stream, Service.echo, large))
      error = try await client.frame().error
      stream += 2
    } while error == nil
    #expect(error?.code == .unauthenticated)
    let other = try await Self.client(of: server)
    #expect(try await other.isClosedByServer())
    try await client.send(Bytes.request(stream, Service.echo, [4]))
    #expect(try await client.frame().payload == [4])
    for client in [client, other] { await client.close() }
    await server.shutdown()
  }

  @Test func aCallerWhoseKeyEndsIsClosedIfTheStrangersPlacesAreTaken() async throws {
    let server = try await Self.start(connections: 10)
    let stranger = try await Self.client(of: server)
    let client = try await Self.client(of: server, metadata: Self.key)
    try await client.send(Bytes.request(3, Service.echo, [3], metadata: Self.revocation))
    #expect(try await client.frame().payload == [3])
    #expect(try await client.isClosedByServer())
    try await stranger.send(Bytes.request(3, Service.echo, [3]))
    #expect(try await stranger.frame().payload == [3])
    for client in [stranger, client] { await client.close() }
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
