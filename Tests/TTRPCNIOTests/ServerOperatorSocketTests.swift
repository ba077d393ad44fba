import Foundation
import TTRPC
import TTRPCNIO
import TestKit
import Testing

/// The operator's socket: its file, and who gets in.
@Suite(.timeLimit(.minutes(15))) struct ServerOperatorSocketTests {
  typealias Bytes = ServerTestBytes

  private static let whoAmI = Method(
    service: "test.v1.Peers",
    name: "WhoAmI",
    kind: .unary,
    idempotency: .noSideEffects
  )
  private static let wait = Method(
    service: "test.v1.Peers",
    name: "Wait",
    kind: .unary,
    idempotency: .noSideEffects
  )

  /// Answers WhoAmI with 1 for the operator and 0 for others, and never answers Wait.
  private final class Peers: CallDispatcher {
    let methods = [ServerOperatorSocketTests.whoAmI, ServerOperatorSocketTests.wait]

    func unary(
      _ method: Int,
      _ payload: RawSpan,
      _ call: borrowing ServerCall,
      _ response: inout ResponseBuffer
    ) -> UnaryOutcome {
      guard method == 0 else { return .pending }
      response.append([call.peer.isOperator ? 1 : 0])
      return .replied
    }

    func open(
      _ method: Int,
      _ payload: RawSpan,
      _ call: borrowing ServerCall,
      _ stream: any ServerStream
    ) {}
  }

  private static func start(
    _ socket: String,
    addresses: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 0)],
    connections: Int = 16
  ) async throws -> TTRPCServer {
    var configuration = TTRPCServer.Configuration()
    configuration.limits.connections = connections
    configuration.operatorSocket = socket
    return try await TTRPCServer.start(addresses, configuration: configuration) { _ in Peers() }
  }

  private static func call(_ target: ClientTarget) async throws -> [UInt8] {
    let client = TTRPCClient(ClientConfiguration(target: target))
    do {
      let answer = try await client.unary(whoAmI, [], CallOptions())
      await client.close()
      return answer
    } catch {
      await client.close()
      throw error
    }
  }

  /// Lengths on both sides of NIO's limit for a socket address, 103 bytes, and of Linux's, 107.
  @Test(arguments: [100, 103, 104, 107, 108, 300]) func theOperatorIsKnown(_ length: Int)
    async throws
  {
    let directory = TemporaryDirectory()
    let name = "patron.sock"
    var folder = directory.path
    while length - folder.utf8.count - name.utf8.count - 1 > 0 {
      let rest = length - folder.utf8.count - name.utf8.count - 2
      folder += "/" + String(repeating: "d", count: min(100, max(1, rest)))
    }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = folder + "/" + name
    let server = try await Self.start(path)
    #expect(server.operatorSocketError == nil)
    #expect(ServerTestFiles.permissions(path) == 0o600)
    #expect(try await Self.call(.unix(path: path)) == [1])
    guard case .tcp(let host, let port) = server.addresses[0] else { return }
    #expect(try await Self.call(.host(host, port: port)) == [0], "other listeners have clients")
    await server.shutdown()
    #expect(ServerTestFiles.permissions(path) == nil, "the socket file must be gone")
  }

  @Test func theOperatorGetsInWhenAllPlacesAreTaken() async throws {
    let directory = TemporaryDirectory()
    let socket = directory.file("patron.sock")
    let server = try await Self.start(socket, connections: 1)
    let busy = try await ServerTestClient(server.addresses[0])
    try await busy.send(Bytes.request(1, Self.wait) + Bytes.request(3, Self.whoAmI))
    #expect(try await busy.frame().payload == [0])
    let late = try await ServerTestClient(server.addresses[0])
    try await late.send(Bytes.request(1, Self.whoAmI))
    #expect(try await late.frame().error?.code == .resourceExhausted)
    #expect(try await Self.call(.unix(path: socket)) == [1])
    await busy.close()
    await server.shutdown()
  }

  @Test func theOperatorHasAFewConnections() async throws {
    let directory = TemporaryDirectory()
    let socket = directory.file("patron.sock")
    let server = try await Self.start(socket)
    var clients: [ServerTestClient] = []
    for _ in 0..<TTRPCServer.maxOperatorConnections {
      let client = try await ServerTestClient(.unix(path: socket))
      try await client.send(Bytes.request(1, Self.whoAmI))
      #expect(try await client.frame().payload == [1])
      clients.append(client)
    }
    let more = try await ServerTestClient(.unix(path: socket))
    try await more.send(Bytes.request(1, Self.whoAmI))
    #expect(try await more.frame().error?.code == .resourceExhausted)
    await clients[0].close()
    // The server learns of the close later than this client.
    var answer: [UInt8]?
    for _ in 0..<10_000 where answer == nil { answer = try? await Self.call(.unix(path: socket)) }
    #expect(answer == [1])
    for client in clients { await client.close() }
    await server.shutdown()
  }

  @Test func aStaleSocketIsReplacedAndAnotherFileIsLeftAlone() async throws {
    let directory = TemporaryDirectory()
    let path = directory.file("patron.sock")
    try ServerTestFiles.makeStaleSocket(path)
    let server = try await Self.start(path)
    #expect(try await Self.call(.unix(path: path)) == [1])
    await server.shutdown()
    try directory.write("patron.sock", "mine")
    let other = try await Self.start(path)
    let problem = try #require(other.operatorSocketError)
    #expect(problem.description.contains("no socket"))
    #expect(other.addresses.count == 1, "clients are served nevertheless")
    await other.shutdown()
    #expect(FileManager.default.contents(atPath: path) == Data("mine".utf8))
  }

  @Test func noListenerTakesTheOperatorsSocket() async throws {
    let directory = TemporaryDirectory()
    try FileManager.default.createDirectory(
      atPath: directory.file("data"),
      withIntermediateDirectories: false
    )
    try FileManager.default.createSymbolicLink(
      atPath: directory.file("link"),
      withDestinationPath: directory.file("data")
    )
    let socket = directory.file("data/patron.sock")
    for path in ["data/patron.sock", "data//patron.sock", "link/patron.sock"] {
      let address = ListenAddress.unix(path: directory.file(path))
      let problem = await #expect(throws: ListenError.self) {
        _ = try await Self.start(socket, addresses: [address])
      }
      #expect(problem?.description.contains("operator") == true, "\(path)")
      #expect(ServerTestFiles.permissions(socket) == nil, "nothing must be made")
    }
    let other = directory.file("data/other.sock")
    let server = try await Self.start(socket, addresses: [.unix(path: other)])
    #expect(try await Self.call(.unix(path: other)) == [0])
    #expect(try await Self.call(.unix(path: socket)) == [1])
    await server.shutdown()
  }
}
