import PatronClient
import TestKit
import Testing

extension EndToEnd {
  /// Tests that the server reports malformed input and continues to serve others.
  @Suite struct MalformedFrameTests {
    /// Limit of the server's memory during any attack, in bytes.
    static let memoryLimit = 256 << 20

    @Test("every kind of malformed frame, one after the other", .timeLimit(.minutes(15)))
    func everyKind() async throws {
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"))
      let good = try await GoodClient(server)
      for attack in Attack.all {
        do {
          try await perform(attack, on: server)
        } catch {
          Issue.record("\(attack.name): \(error)")
        }
        try await good.check("after \(attack.name)")
        #expect(server.residentBytes < Self.memoryLimit, "\(attack.name)")
      }
      print("malformed: \(Attack.all.count) attacks, \(server.residentBytes >> 20) MiB resident")
      await good.client.close()
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    /// Sends the bytes, checks the reaction, and makes a valid call on the same connection.
    private func perform(_ attack: Attack, on server: PatronServer) async throws {
      let connection = try RawConnection(server.address)
      try await connection.send(attack.bytes)
      if attack.finishes { connection.finishSending() }
      switch attack.answer {
      case .closes:
        let frame = try await connection.receive()
        #expect(frame == nil, "\(attack.name): \(String(describing: frame?.status))")
        return
      case .codes(let codes):
        let frame = try await connection.receive()
        let status = frame?.status
        #expect(
          codes.contains(status?.code ?? .ok),
          "\(attack.name): \(String(describing: status))"
        )
        #expect(status?.message.isEmpty == false, "\(attack.name)")
        #expect(frame?.header.streamID == attack.stream, "\(attack.name)")
      case .nothing: break
      }
      try await GoodClient.call(99, on: connection, attack.name)
    }

    @Test("stream ids in use, ended streams, and messages after the close")
    func streamStates() async throws {
      let folder = TemporaryDirectory()
      // One watch stays open to the end, and a drain would wait for it.
      let flags = ["--drain-grace-ms", "300"]
      let server = try await PatronServer.start(data: folder.file("data"), flags: flags)
      let watch = RawFrames.request(1, "Watch", [], service: RawFrames.health, flags: 1)

      let reused = try RawConnection(server.address)
      try await reused.send(watch)
      #expect(try await reused.receive()?.header.type == .data)
      try await reused.send(RawFrames.request(1, "UpsertCustomer", RawFrames.upsert("again")))
      #expect(try await reused.receive()?.status?.code == .invalidArgument)
      try await GoodClient.call(3, on: reused, "a stream id in use")

      let late = try RawConnection(server.address)
      try await late.send(watch)
      #expect(try await late.receive()?.header.type == .data)
      try await late.send(RawFrames.frame(3, stream: 1, [10, 0]))
      #expect(try await late.receive()?.status?.code == .invalidArgument)
      try await GoodClient.call(3, on: late, "a message after the close")
      // The stream has ended, and the peer may not know it yet.
      try await late.send(RawFrames.frame(3, stream: 1, []) + RawFrames.frame(3, stream: 3, [1]))
      try await GoodClient.call(5, on: late, "messages for streams that ended")

      let extended = try RawConnection(server.address)
      try await extended.send(
        RawFrames.request(
          1,
          "GetCustomer",
          [10, 0xff],
          metadata: [("ttrpc-ext", "1")]
        )
      )
      #expect(try await extended.receive()?.header.type == .settings)
      #expect(try await extended.receive()?.status?.code == .invalidArgument)
      try await extended.send(
        RawFrames.frame(4, stream: 0, [1, 2, 3]) + RawFrames.frame(0x11, stream: 1, [0xff, 0xff])
          + RawFrames.frame(0x11, stream: 0, []) + RawFrames.frame(0x12, stream: 0, [0xff])
      )
      try await GoodClient.call(3, on: extended, "rubbish in extension frames")
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("requests that never end lose their connection, and no others do")
    func neverFinished() async throws {
      let folder = TemporaryDirectory()
      let flags = ["--header-timeout-ms", "400"]
      let server = try await PatronServer.start(data: folder.file("data"), flags: flags)
      let good = try await GoodClient(server)
      let whole = RawFrames.request(1, "UpsertCustomer", RawFrames.upsert("slow"))
      for (name, start) in [("nothing", 0), ("half a header", 5), ("half a body", 30)] {
        let begun = ContinuousClock.now
        let connection = try RawConnection(server.address)
        try await connection.send(Array(whole.prefix(start)))
        #expect(try await connection.receive() == nil, "\(name)")
        #expect(ContinuousClock.now - begun > .milliseconds(350), "\(name)")
      }
      // Byte by byte this request takes more than a minute.
      let long = RawFrames.request(1, "Echo", Array(repeating: 1, count: 10_000))
      let dripping = try RawConnection(server.address)
      var sent = 0
      while sent < long.count, try await dripping.send([long[sent]]) {
        sent += 1
        try await Task.sleep(for: .milliseconds(20))
        if sent % 10 == 0 { try await good.check("while another client drips") }
      }
      #expect(sent < long.count, "a request that came byte by byte was waited for")
      try await good.check("after slow clients")
      await good.client.close()
      #expect(try await server.stop() == .status(0), "\(server.errors)")
    }

    @Test("three hundred connections with randomly corrupted requests", .timeLimit(.minutes(15)))
    func randomDamage() async throws {
      var random = SeededRandom()
      let folder = TemporaryDirectory()
      let server = try await PatronServer.start(data: folder.file("data"))
      let good = try await GoodClient(server)
      let requests = [
        RawFrames.request(1, "UpsertCustomer", RawFrames.upsert("damaged")),
        RawFrames.request(3, "GetCustomer", WireBytes().field(2, good.reference).bytes),
        RawFrames.request(5, "Watch", [], service: RawFrames.health, flags: 1),
        RawFrames.frame(3, stream: 5, [10, 0]),
      ]
      for number in 0..<300 {
        let connection = try RawConnection(server.address)
        for request in requests.shuffled(using: &random) {
          try await connection.send(Self.damaged(request, &random))
        }
        connection.finishSending()
        while try await connection.receive() != nil {}
        if number % 20 == 0 { try await good.check("seed \(random.seed), connection \(number)") }
      }
      try await good.check("seed \(random.seed)")
      #expect(server.residentBytes < Self.memoryLimit, "seed \(random.seed)")
      await good.client.close()
      #expect(try await server.stop() == .status(0), "seed \(random.seed): \(server.errors)")
    }

    /// Returns the request with a few bytes changed, removed or inserted. The length in the header
    /// stays small.
    private static func damaged(_ request: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
      var bytes = request
      for _ in 0..<Int.random(in: 0...4, using: &random) where bytes.count > 4 {
        let place = Int.random(in: 3..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        }
      }
      return bytes
    }
  }
}

/// A client whose calls must succeed during attacks.
struct GoodClient: Sendable {
  static let externalID = "good"
  let client: PatronClient

  /// The CustomerRef of the existing customer.
  var reference: WireBytes { WireBytes().field(2, Self.externalID) }

  init(_ server: PatronServer) async throws {
    client = try server.client()
    _ = try await client.customers.upsertCustomer(
      .with {
        $0.customer = .with {
          $0.externalID = Self.externalID
          $0.email = "good@example.com"
        }
      }
    )
  }

  func check(_ when: String) async throws {
    let answer = try await client.customers.getCustomer(
      .with { $0.customer = .externalID(Self.externalID) },
      options: CallOptions(timeout: .seconds(10))
    )
    #expect(answer.customer?.email == "good@example.com", "\(when)")
  }

  /// Makes a call on a raw connection and expects an OK answer in its next frame.
  static func call(_ stream: UInt32, on connection: RawConnection, _ when: String) async throws {
    try await connection.send(RawFrames.request(stream, "Check", [], service: RawFrames.health))
    let frame = try await connection.receive()
    #expect(frame?.header.streamID == stream, "\(when): stream \(frame?.header.streamID ?? 0)")
    #expect(frame?.status?.code == .ok, "\(when): \(String(describing: frame?.status))")
  }
}
