import TTRPC
import TTRPCNIO
import Testing

/// Clients that are slow, greedy or broken.
@Suite(.timeLimit(.minutes(15))) struct ServerPressureTests {
  typealias Service = ServerTestService
  typealias Bytes = ServerTestBytes

  @Test func aSlowReaderGetsEverythingInTheEnd() async throws {
    let journal = Service.Journal()
    let server = try await Service.start(journal: journal)
    let client = try await ServerTestClient(server.addresses[0])
    try await client.reading(false)
    try await client.send(Bytes.request(1, Service.flood, flags: .remoteClosed))
    #expect(try await journal.waits(for: "flood waits"), "the handler must wait for the client")
    #expect(!journal.all.contains("flood was sent"), "it fits into no buffer of the system")
    try await client.reading(true)
    let frames = try await client.frames(Service.floodMessages + 1)
    #expect(frames.dropLast().allSatisfy { $0.body.count == Service.floodMessageBytes })
    #expect(frames.last?.header.flags == [.remoteClosed, .noData])
    await client.close()
    await server.shutdown()
  }

  @Test func aReaderThatNeverReadsIsDisconnected() async throws {
    let journal = Service.Journal()
    var limits = Limits()
    limits.writeTimeoutMillis = 200
    let server = try await Service.start(limits: limits, journal: journal)
    let client = try await ServerTestClient(server.addresses[0])
    try await client.reading(false)
    try await client.send(Bytes.request(1, Service.flood, flags: .remoteClosed))
    #expect(try await journal.waits(for: "close \(CloseReason.writeTimeout)"))
    #expect(try await journal.waits(for: "flood ended CANCELLED"))
    await client.close()
    await server.shutdown()
  }

  @Test func pipelinedRequestsOfAReaderThatNeverReadsStayBounded() async throws {
    var limits = Limits()
    limits.outboundBytes = 100_000
    let server = try await Service.start(limits: limits)
    let client = try await ServerTestClient(server.addresses[0])
    try await client.reading(false)
    let payload = [UInt8](repeating: 3, count: 50_000)
    for index in 0..<400 {
      client.sendLater(Bytes.request(UInt32(index * 2 + 1), Service.echo, payload))
    }
    try await Task.sleep(for: .milliseconds(200))
    try await client.reading(true)
    let frames = try await client.frames(400)
    #expect(frames.allSatisfy { $0.payload == payload })
    #expect(frames.map(\.header.streamID) == (0..<400).map { $0 * 2 + 1 })
    await client.close()
    await server.shutdown()
  }

  @Test func aHandlerThatSendsWithoutWaitingFailsItsStream() async throws {
    let server = try await Service.start()
    let client = try await ServerTestClient(server.addresses[0])
    try await client.send(Bytes.request(1, Service.overflow, flags: .remoteClosed))
    let frame = try await client.frame()
    #expect(frame.error?.code == .resourceExhausted)
    #expect(frame.error?.message.contains("--max-stream-outbound-bytes") == true)
    try await client.send(Bytes.request(3, Service.echo, [1]))
    #expect(try await client.frame().payload == [1])
    await client.close()
    await server.shutdown()
  }

  @Test func aStreamThatIsNotConsumedFailsAndTheConnectionLives() async throws {
    var limits = Limits()
    limits.streamQueueMessages = 3
    limits.fullStreamGraceMillis = 100
    let server = try await Service.start(limits: limits)
    let client = try await ServerTestClient(server.addresses[0])
    var bytes = Bytes.request(1, Service.ignore, flags: .remoteOpen)
    for _ in 0..<4 { bytes += Bytes.data(1, [1]) }
    try await client.send(bytes + Bytes.request(3, Service.echo, [3]))
    let frames = try await client.frames(2)
    #expect(frames[0].error?.code == .resourceExhausted)
    #expect(frames[1].payload == [3])
    await client.close()
    await server.shutdown()
  }

  @Test func anOversizeRequestFailsAloneAndIsNamed() async throws {
    var limits = Limits()
    limits.requestBytes = 2048
    let server = try await Service.start(limits: limits)
    let client = try await ServerTestClient(server.addresses[0])
    try await client.send(
      Bytes.request(1, Service.echo, [UInt8](repeating: 1, count: 3_000_000))
        + Bytes.request(3, Service.echo, [3])
    )
    let frames = try await client.frames(2)
    #expect(frames[0].error?.code == .resourceExhausted)
    #expect(frames[0].error?.message.contains("--max-request-bytes") == true)
    #expect(frames[1].payload == [3])
    await client.close()
    await server.shutdown()
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u{16}\u{3}\u{1}",
  ])
  func otherProtocolsAreDisconnected(_ greeting: String) async throws {
    let server = try await Service.start()
    let client = try await ServerTestClient(server.addresses[0])
    try await client.send(Array(greeting.utf8))
    #expect(try await client.isClosedByServer())
    let other = try await ServerTestClient(server.addresses[0])
    try await other.send(Bytes.request(1, Service.echo, [1]))
    #expect(try await other.frame().payload == [1])
    await other.close()
    await server.shutdown()
  }

  // The bytes that arrive in time depend on the machine; the ends of connections do not.
  // ServerLimitTests checks the times with a clock under its control.

  @Test func silentAndSlowClientsAreDisconnected() async throws {
    let journal = Service.Journal()
    var limits = Limits()
    limits.headerTimeoutMillis = 200
    let server = try await Service.start(limits: limits, journal: journal)
    let silent = try await ServerTestClient(server.addresses[0])
    let slow = try await ServerTestClient(server.addresses[0])
    slow.sendLater(Bytes.request(1, Service.echo, [1]) + [0, 0, 0])
    #expect(try await silent.isClosedByServer())
    #expect(try await slow.isClosedByServer())
    #expect(journal.all == Array(repeating: "close \(CloseReason.headerTimeout)", count: 2))
    await server.shutdown()
  }

  @Test func idleClientsAreDisconnected() async throws {
    let journal = Service.Journal()
    var limits = Limits()
    limits.idleTimeoutMillis = 200
    let server = try await Service.start(limits: limits, journal: journal)
    let client = try await ServerTestClient(server.addresses[0])
    client.sendLater(Bytes.request(1, Service.echo, [1]))
    #expect(try await client.isClosedByServer())
    #expect(journal.all == ["close \(CloseReason.idle)"])
    await server.shutdown()
  }

  @Test func connectionsAboveTheLimitAreRefusedWithAReason() async throws {
    var limits = Limits()
    limits.connections = 2
    let server = try await Service.start(limits: limits)
    let first = try await ServerTestClient(server.addresses[0])
    let second = try await ServerTestClient(server.addresses[0])
    for client in [first, second] {
      // A connection with a call in flight does not give way.
      try await client.send(
        Bytes.request(1, Service.ignore, flags: .remoteOpen) + Bytes.request(3, Service.echo, [1])
      )
      #expect(try await client.frame().payload == [1])
    }
    let third = try await ServerTestClient(server.addresses[0])
    try await third.send(Bytes.request(1, Service.echo, [1]))
    let refusal = try await third.frame()
    #expect(refusal.error?.code == .resourceExhausted)
    #expect(refusal.error?.message.contains("--max-connections") == true)
    #expect(refusal.error?.retryDelay == .milliseconds(500))
    #expect(try await third.isClosedByServer())
    await first.close()
    while server.connectionCount > 1 { try await Task.sleep(for: .milliseconds(1)) }
    let fourth = try await ServerTestClient(server.addresses[0])
    try await fourth.send(Bytes.request(1, Service.echo, [4]))
    #expect(try await fourth.frame().payload == [4])
    for client in [second, fourth] { await client.close() }
    await server.shutdown()
  }
}
