import TTRPC
import TTRPCNIO
import TestKit
import Testing

/// The server on real sockets: calls, streams, ends of connections.
@Suite(.timeLimit(.minutes(15))) struct ServerLiveTests {
  typealias Service = ServerTestService
  typealias Bytes = ServerTestBytes

  @Test func unaryCallsOverTCP() async throws {
    let server = try await Service.start()
    let client = try await ServerTestClient(server.addresses[0])
    try await client.send(Bytes.request(1, Service.echo, [1, 2]))
    #expect(try await client.frame().payload == [1, 2])
    try await client.send(Bytes.request(3, Service.later, [3]))
    #expect(try await client.frame().payload == [3])
    try await client.send(Bytes.request(5, Service.asyncEcho, [4]))
    #expect(try await client.frame().payload == [4])
    await client.close()
    await server.shutdown()
  }

  @Test func unaryCallsOverAUnixSocket() async throws {
    let directory = TemporaryDirectory()
    let path = directory.file("socket")
    let server = try await Service.start(.unix(path: path))
    #expect(ServerTestFiles.permissions(path) == 0o600)
    let client = try await ServerTestClient(.unix(path: path))
    try await client.send(Bytes.request(1, Service.echo, [9]))
    #expect(try await client.frame().payload == [9])
    await #expect(throws: ListenError.self) { try await Service.start(.unix(path: path)) }
    await client.close()
    await server.shutdown()
    #expect(ServerTestFiles.permissions(path) == nil, "the socket file must be gone")
  }

  @Test func aStaleSocketFileIsReplacedAndOtherFilesAreNot() async throws {
    let directory = TemporaryDirectory()
    let path = directory.file("socket")
    try ServerTestFiles.makeStaleSocket(path)
    let server = try await Service.start(.unix(path: path))
    await server.shutdown()
    try directory.write("socket", "")
    await #expect(throws: ListenError.self) { try await Service.start(.unix(path: path)) }
  }

  @Test func aPortInUseIsAnErrorWithAReason() async throws {
    let server = try await Service.start()
    let error = await #expect(throws: ListenError.self) {
      try await Service.start(server.addresses[0])
    }
    #expect(error?.description.contains("in use") == true)
    await server.shutdown()
  }

  @Test func framesMayArriveByteByByte() async throws {
    let server = try await Service.start()
    let client = try await ServerTestClient(server.addresses[0])
    for byte in Bytes.request(1, Service.echo, [1, 2, 3]) { try await client.send([byte]) }
    #expect(try await client.frame().payload == [1, 2, 3])
    await client.close()
    await server.shutdown()
  }

  @Test(arguments: [ServerTestService.echo, ServerTestService.later])
  func aThousandPipelinedRequestsAreAnswered(_ method: Method) async throws {
    let server = try await Service.start(threads: 2)
    let client = try await ServerTestClient(server.addresses[0])
    var bytes: [UInt8] = []
    for index in 0..<1000 {
      bytes += Bytes.request(UInt32(index * 2 + 1), method, [UInt8(index % 251), 7])
    }
    try await client.send(bytes)
    var answered: Set<UInt32> = []
    for frame in try await client.frames(1000) {
      let index = Int(frame.header.streamID / 2)
      #expect(frame.payload == [UInt8(index % 251), 7])
      answered.insert(frame.header.streamID)
    }
    #expect(answered.count == 1000)
    #expect(server.callsInFlight == 0)
    await client.close()
    await server.shutdown()
  }

  @Test func clientStreaming() async throws {
    let server = try await Service.start()
    let client = try await ServerTestClient(server.addresses[0])
    try await client.send(Bytes.request(1, Service.sum, flags: [.remoteOpen, .noData]))
    for number: UInt8 in 1...10 { try await client.send(Bytes.data(1, [number])) }
    try await client.send(Bytes.close(1))
    #expect(try await client.frame().payload == [55])
    await client.close()
    await server.shutdown()
  }

  @Test func serverStreaming() async throws {
    let server = try await Service.start()
    let client = try await ServerTestClient(server.addresses[0])
    try await client.send(Bytes.request(1, Service.divide, [20], flags: .remoteClosed))
    let frames = try await client.frames(6)
    #expect(frames.prefix(5).map(\.body) == [[0], [1], [2], [3], [4]])
    #expect(frames[5].header.flags == [.remoteClosed, .noData])
    try await client.send(Bytes.request(3, Service.divide, [0], flags: .remoteClosed))
    #expect(try await client.frame().error?.code == .invalidArgument)
    await client.close()
    await server.shutdown()
  }

  @Test func bidirectionalStreaming() async throws {
    let server = try await Service.start()
    let client = try await ServerTestClient(server.addresses[0])
    try await client.send(Bytes.request(1, Service.echoStream, flags: .remoteOpen))
    // More than a queue holds; the handler consumes as it goes.
    for number in 0..<300 {
      try await client.send(Bytes.data(1, [UInt8(number % 256)]))
      #expect(try await client.frame().body == [UInt8(number % 256)])
    }
    try await client.send(Bytes.data(1, []) + Bytes.close(1))
    let last = try await client.frames(2)
    #expect(last[0].header == FrameHeader(length: 0, streamID: 1, type: .data))
    #expect(last[1].header.flags == [.remoteClosed, .noData])
    await client.close()
    await server.shutdown()
  }

  @Test func manyMessagesAtOnceAllArrive() async throws {
    var limits = Limits()
    // On a busy machine the handler may wait long.
    limits.fullStreamGraceMillis = 60_000
    let server = try await Service.start(limits: limits)
    let client = try await ServerTestClient(server.addresses[0])
    var bytes = Bytes.request(1, Service.sum, flags: .remoteOpen)
    for _ in 0..<5000 { bytes += Bytes.data(1, [1]) }
    try await client.send(bytes + Bytes.close(1))
    #expect(try await client.frame().payload == [UInt8(5000 % 256)])
    await client.close()
    await server.shutdown()
  }

  @Test func aClosedConnectionCancelsItsCalls() async throws {
    let journal = Service.Journal()
    let server = try await Service.start(journal: journal)
    let client = try await ServerTestClient(server.addresses[0])
    try await client.send(Bytes.request(1, Service.echoStream, flags: .remoteOpen))
    try await client.send(Bytes.data(1, [1]))
    _ = try await client.frame()
    await client.close()
    #expect(try await journal.waits(for: "echo ended CANCELLED"))
    await server.shutdown()
  }

  @Test func cancelEndsTheTaskOfACall() async throws {
    let journal = Service.Journal()
    let server = try await Service.start(journal: journal)
    let client = try await ServerTestClient(server.addresses[0])
    try await client.send(Bytes.request(1, Service.never, metadata: Bytes.extended))
    #expect(try await client.frame().header.type == .settings)
    var cancel = OutputBuffer()
    cancel.beginFrame(.cancel, stream: 1)
    cancel.endFrame()
    try await client.send(cancel.takeAll())
    #expect(try await journal.waits(for: "never was cancelled"))
    #expect(server.callsInFlight == 0)
    await client.close()
    await server.shutdown()
  }

  @Test func deadlinesAreKept() async throws {
    let journal = Service.Journal()
    let server = try await Service.start(journal: journal)
    let client = try await ServerTestClient(server.addresses[0])
    let start = ContinuousClock.now
    try await client.send(Bytes.request(1, Service.never, timeout: .milliseconds(30)))
    #expect(try await client.frame().error?.code == .deadlineExceeded)
    #expect(ContinuousClock.now - start >= .milliseconds(30))
    #expect(try await journal.waits(for: "never was cancelled"))
    await client.close()
    await server.shutdown()
  }
}
