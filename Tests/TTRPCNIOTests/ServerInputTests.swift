import TTRPC
import TTRPCNIO
import Testing

/// The large requests of all clients share the server's memory.
@Suite(.timeLimit(.minutes(15))) struct ServerInputTests {
  typealias Service = ServerTestService
  typealias Bytes = ServerTestBytes

  private static let payload = [UInt8](repeating: 3, count: 600_000)

  /// Room for one of the requests.
  private static var limits: Limits {
    var limits = Limits()
    limits.totalInboundBytes = limits.requestBytes
    return limits
  }

  @Test func aClientThatHoldsTheRoomGivesWayToThoseThatWait() async throws {
    let journal = Service.Journal()
    let server = try await Service.start(limits: Self.limits, journal: journal)
    let slow = try await ServerTestClient(server.addresses[0])
    try await slow.send(Array(Bytes.request(1, Service.echo, Self.payload).prefix(1000)))
    while server.inboundBytes == 0 { try await Task.sleep(for: .milliseconds(1)) }
    let large = try await ServerTestClient(server.addresses[0])
    large.sendLater(Bytes.request(1, Service.echo, Self.payload))
    let small = try await ServerTestClient(server.addresses[0])
    try await small.send(Bytes.request(1, Service.echo, [5]))
    #expect(try await small.frame().payload == [5])
    #expect(try await large.frame().payload == Self.payload)
    #expect(try await journal.waits(for: "close \(CloseReason.slowRequest)"))
    for client in [slow, large, small] { await client.close() }
    while server.inboundBytes > 0 { try await Task.sleep(for: .milliseconds(1)) }
    await server.shutdown()
  }

  @Test(arguments: [1, 2]) func allLargeRequestsAreAnswered(threads: Int) async throws {
    let server = try await Service.start(threads: threads, limits: Self.limits)
    var clients: [ServerTestClient] = []
    for _ in 0..<12 { clients.append(try await ServerTestClient(server.addresses[0])) }
    for client in clients {
      for stream: UInt32 in [1, 3] {
        client.sendLater(Bytes.request(stream, Service.echo, Self.payload))
      }
    }
    for client in clients {
      let frames = try await client.frames(2)
      #expect(frames.allSatisfy { $0.payload == Self.payload })
      await client.close()
    }
    while server.inboundBytes > 0 { try await Task.sleep(for: .milliseconds(1)) }
    await server.shutdown()
  }
}
