import TTRPC
import TTRPCNIO
import TestKit
import Testing

/// Handshakes that are slow, many or never end, beside those of honest clients.
@Suite(.timeLimit(.minutes(15))) struct TLSAdmissionTests {
  typealias Service = ServerTestService

  /// Connects a client that sends its first message, and reads nothing after it.
  private func stalled(_ tls: TLSTestServer) async throws -> ServerTestClient {
    try await tls.client(reads: false)
  }

  private func connections(_ tls: TLSTestServer, _ count: Int) async throws {
    for _ in 0..<60_000 where tls.server.connectionCount < count {
      try await Task.sleep(for: .milliseconds(1))
    }
    #expect(tls.server.connectionCount == count)
  }

  @Test(arguments: [1, 2]) func slowHandshakesHoldNobodyUp(_ threads: Int) async throws {
    let tls = try await TLSTestServer.start(threads: threads) { tls, _ in
      tls.maxHandshakes = 2
    }
    var slow: [ServerTestClient] = []
    for _ in 0..<6 { slow.append(try await stalled(tls)) }
    // Bytes of a first message that never ends take no turn.
    for count in [1, 20, 200] {
      let client = try await ServerTestClient(tls.address)
      try await client.send(Array(TLSTestBytes.clientHello().prefix(min(count, 150))))
      slow.append(client)
    }
    for _ in 0..<4 {
      let client = try await tls.client()
      #expect(try await TLSTestServer.echoes(client))
      await client.close()
    }
    _ = try await tls.line(with: "it took longer than others")
    for client in slow { await client.close() }
    try await tls.waitUntilEmpty()
    await tls.server.shutdown()
  }

  @Test func aHandshakeHasADeadline() async throws {
    let tls = try await TLSTestServer.start { tls, _ in tls.handshakeTimeout = .milliseconds(100) }
    let silent = try await ServerTestClient(tls.address)
    let begun = try await ServerTestClient(tls.address)
    // On a busy machine the time may be over before these are sent.
    begun.sendLater(Array(TLSTestBytes.clientHello().prefix(40)))
    let half = try await ServerTestClient(tls.address)
    half.sendLater(TLSTestBytes.clientHello())
    for client in [silent, begun, half] { #expect(try await client.isClosedByServer()) }
    _ = try await tls.line(with: "it took too long")
    try await tls.waitUntilEmpty()
    await tls.server.shutdown()
  }

  @Test func theDeadlineHoldsWhileAllTurnsAreTaken() async throws {
    // A client that reads again in time shakes hands after all, and sends nothing then.
    var limits = Limits()
    limits.headerTimeoutMillis = 300
    let tls = try await TLSTestServer.start(limits: limits) { tls, _ in
      tls.maxHandshakes = 1
      tls.handshakeTimeout = .milliseconds(300)
    }
    var clients: [ServerTestClient] = []
    for _ in 0..<20 { clients.append(try await stalled(tls)) }
    for client in clients { try? await client.reading(true) }
    for client in clients { #expect(try await client.isClosedByServer()) }
    try await tls.waitUntilEmpty()
    await tls.server.shutdown()
  }

  @Test func manyClientsAtOnceAllGetIn() async throws {
    let tls = try await TLSTestServer.start { tls, _ in tls.maxHandshakes = 4 }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for index in 0..<40 {
        group.addTask {
          try await TLSTestServer.getsIn(UInt8(index)) { try await tls.client() }
        }
      }
      for try await isAnswered in group { #expect(isAnswered) }
    }
    try await tls.waitUntilEmpty()
    await tls.server.shutdown()
  }

  @Test func unfinishedHandshakesGiveTheirPlacesUp() async throws {
    var limits = Limits()
    limits.connections = 2
    let tls = try await TLSTestServer.start(limits: limits)
    let slow = [try await stalled(tls), try await stalled(tls)]
    try await connections(tls, 2)
    #expect(try await TLSTestServer.getsIn { try await tls.client() })
    for client in slow { await client.close() }
    try await tls.waitUntilEmpty()
    await tls.server.shutdown()
  }

  @Test func connectionsThatEndInTheirHandshakeLeaveNothingBehind() async throws {
    let tls = try await TLSTestServer.start(threads: 2)
    let hello = TLSTestBytes.clientHello()
    var random = SeededRandom()
    for _ in 0..<10 {
      var clients: [ServerTestClient] = []
      for _ in 0..<30 {
        let client = try await ServerTestClient(tls.address)
        // Nothing, a part of the first message, or all of it; then the end of the sending side.
        let count = Int.random(in: 0...hello.count, using: &random)
        if count > 0 { try await client.send(Array(hello.prefix(random.coin() ? count : .max))) }
        try await client.closeSending()
        clients.append(client)
      }
      for client in clients { #expect(try await client.isClosedByServer()) }
    }
    try await tls.waitUntilEmpty()
    #if os(Linux)
      // Established, or waiting for a close of ours.
      let left = try ServerTestFiles.sockets(port: tls.port, in: [1, 8])
      #expect(left == 0)
    #endif
    let client = try await tls.client()
    #expect(try await TLSTestServer.echoes(client))
    await client.close()
    await tls.server.shutdown()
  }

  @Test func aDrainDoesNotWaitForHandshakes() async throws {
    let tls = try await TLSTestServer.start()
    let slow = try await stalled(tls)
    let silent = try await ServerTestClient(tls.address)
    try await connections(tls, 2)
    #expect(await tls.server.drain(grace: .seconds(600)))
    for client in [slow, silent] { await client.close() }
    await tls.server.shutdown()
  }
}
