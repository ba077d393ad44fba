import Synchronization
import TTRPC
import TTRPCNIO
import Testing

/// The drain and the shutdown of a server.
@Suite(.timeLimit(.minutes(15))) struct ServerDrainTests {
  typealias Service = ServerTestService
  typealias Bytes = ServerTestBytes

  @Test func callsInFlightFinishAndExtendedClientsGetGoaway() async throws {
    let server = try await Service.start()
    let client = try await ServerTestClient(server.addresses[0])
    try await client.send(
      Bytes.request(1, Service.echoStream, flags: .remoteOpen, metadata: Bytes.extended)
    )
    try await client.send(Bytes.data(1, [1]))
    #expect(try await client.frames(2).map(\.header.type) == [.settings, .data])
    async let drained = server.drain(grace: .seconds(20))
    let goaway = try await client.frame()
    #expect(goaway.header.type == .goaway)
    let body = try goaway.body.withUnsafeBytes { try GoawayBody(decoding: $0) }
    #expect(body.lastStreamID == 1)
    #expect(body.graceMillis == 20_000)
    try await client.send(Bytes.request(3, Service.echo, [3]) + Bytes.data(1, [2]) + Bytes.close(1))
    let rest = try await client.frames(2)
    #expect(rest.map(\.header.streamID) == [1, 1])
    #expect(rest[0].body == [2])
    #expect(await drained)
    #expect(try await client.isClosedByServer())
    await server.shutdown()
  }

  @Test func stockClientsAreServedUntilTheyAreQuiet() async throws {
    let server = try await Service.start()
    let client = try await ServerTestClient(server.addresses[0])
    try await client.send(Bytes.request(1, Service.echoStream, flags: .remoteOpen))
    try await client.send(Bytes.data(1, [1]))
    _ = try await client.frame()
    async let drained = server.drain(grace: .seconds(600))
    for stream in stride(from: UInt32(3), to: 43, by: 2) {
      try await client.send(Bytes.request(stream, Service.echo, [5]))
      #expect(try await client.frame().payload == [5])
      try await Task.sleep(for: .milliseconds(5))
    }
    try await client.send(Bytes.close(1))
    #expect(try await client.frame().header.flags == [.remoteClosed, .noData])
    #expect(await drained)
    await server.shutdown()
  }

  @Test func theGraceBoundsTheDrain() async throws {
    let journal = Service.Journal()
    let server = try await Service.start(journal: journal)
    let client = try await ServerTestClient(server.addresses[0])
    try await client.send(Bytes.request(1, Service.never) + Bytes.request(3, Service.echo, [1]))
    _ = try await client.frame()
    #expect(await !server.drain(grace: .milliseconds(200)))
    #expect(try await client.isClosedByServer())
    #expect(try await journal.waits(for: "never was cancelled"))
    await server.shutdown()
  }

  @Test func aDrainingServerAcceptsNoConnections() async throws {
    let server = try await Service.start()
    #expect(await server.drain())
    await #expect(throws: (any Error).self) {
      _ = try await ServerTestClient(server.addresses[0])
    }
    await server.shutdown()
    await server.shutdown()
  }

  @Test func noAnswerIsLostWhileDrainingUnderLoad() async throws {
    let server = try await Service.start(threads: 2)
    let client = try await ServerTestClient(server.addresses[0])
    try await client.send(Bytes.request(1, Service.echo, [0], metadata: Bytes.extended))
    _ = try await client.frames(2)
    var bytes: [UInt8] = []
    for index in 1...500 { bytes += Bytes.request(UInt32(index * 2 + 1), Service.later, [1]) }
    client.sendLater(bytes)
    #expect(await server.drain(grace: .seconds(20)))
    #expect(try await client.isClosedByServer())
    var answered: Set<UInt32> = []
    var last: UInt32?
    while client.unread > 0 {
      let frame = try await client.frame()
      if frame.header.type == .goaway {
        last = try frame.body.withUnsafeBytes { try GoawayBody(decoding: $0) }.lastStreamID
      } else if frame.payload == [1] {
        answered.insert(frame.header.streamID)
      }
    }
    let accepted = try #require(last)
    #expect(answered == Set(stride(from: 3, through: accepted, by: 2)))
    await server.shutdown()
  }

  @Test func stockClientsUnderLoadGetEveryAnswerAndCannotHoldUpTheDrain() async throws {
    let journal = Service.Journal()
    let server = try await Service.start(threads: 2, journal: journal)
    let clients = [
      try await ServerTestClient(server.addresses[0]),
      try await ServerTestClient(server.addresses[0]),
    ]
    let load = Task {
      await withTaskGroup(of: Void.self) { group in
        for client in clients { group.addTask { await Self.callsWithoutEnd(client) } }
      }
    }
    for client in clients {
      while client.unread < 200, !client.isClosed { try await Task.sleep(for: .milliseconds(1)) }
    }
    #expect(await server.drain(grace: .seconds(3)))
    await load.value
    var answered = 0
    for client in clients {
      var seen: Set<UInt32> = []
      while client.unread > 0 {
        let frame = try await client.frame()
        #expect(seen.insert(frame.header.streamID).inserted)
        if frame.payload == [1] { answered += 1 }
        #expect(frame.error == nil || frame.error?.code == .unavailable)
      }
    }
    #expect(answered == journal.laterCalls.load(ordering: .relaxed))
    await server.shutdown()
  }

  /// Keeps 32 calls in flight until the server closes the connection.
  private static func callsWithoutEnd(_ client: ServerTestClient) async {
    var sent = 0
    while !client.isClosed {
      if sent - client.unread < 32 {
        client.sendLater(Bytes.request(UInt32(sent * 2 + 1), Service.later, [1]))
        sent += 1
      } else {
        try? await Task.sleep(for: .microseconds(100))
      }
    }
  }

  @Test func aClientThatHasClosedItsSideGetsLargeAnswersWhole() async throws {
    let server = try await Service.start()
    let client = try await ServerTestClient(server.addresses[0])
    try await client.reading(false)
    let payload = [UInt8](repeating: 3, count: 1_000_000)
    for stream: UInt32 in [1, 3, 5] {
      client.sendLater(Bytes.request(stream, Service.echo, payload))
    }
    try await client.closeSending()
    try await Task.sleep(for: .milliseconds(50))
    try await client.reading(true)
    #expect(try await client.frames(3).allSatisfy { $0.payload == payload })
    #expect(try await client.isClosedByServer())
    await server.shutdown()
  }
}
