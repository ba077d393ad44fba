import Testing

@testable import TTRPC

@Suite struct ClientExtensionTests {
  private func offered(_ peer: ScriptedServer) throws -> [String] {
    try peer.sent().filter { $0.header.type == .request }.map { sent in
      try sent.body.withUnsafeBytes { bytes in
        try RequestView(decoding: bytes, maxMetadataBytes: 1000, maxMetadataPairs: 10)
          .metadata.all.entries.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
      }
    }
  }

  @Test func theOfferIsMadeUntilSettingsCome() throws {
    let peer = ScriptedServer()
    _ = try peer.start(.test(.unary))
    _ = try peer.start(.test(.unary), metadata: ["a": "b"])
    #expect(try offered(peer) == ["ttrpc-ext=1", "a=b,ttrpc-ext=1"])
    peer.negotiate()
    _ = try peer.start(.test(.unary), metadata: ["a": "b"])
    #expect(try offered(peer) == ["a=b"])
  }

  @Test func withoutExtensionsNothingIsOfferedOrUnderstood() throws {
    let peer = ScriptedServer(extensions: false)
    let call = try peer.start(.test(.unary))
    #expect(try offered(peer) == [""])
    peer.negotiate()
    #expect(peer.connection.peerCapabilities == nil)
    peer.connection.cancel(call, RPCError(code: .cancelled, message: ""))
    #expect(peer.sentBytes().isEmpty)
  }

  @Test func cancelIsSentOnlyToServersThatKnowIt() throws {
    let peer = ScriptedServer()
    let first = try peer.start(.test(.unary))
    let second = try peer.start(.test(.unary))
    _ = peer.sent()
    peer.connection.cancel(first, RPCError(code: .cancelled, message: "mine"))
    #expect(peer.sent().isEmpty)
    peer.negotiate()
    peer.connection.cancel(second, RPCError(code: .cancelled, message: "mine"))
    peer.connection.cancel(second, RPCError(code: .cancelled, message: "again"))
    let frames = peer.sent()
    #expect(frames.map(\.header.type) == [.cancel])
    #expect(frames.map(\.header.streamID) == [3])
    #expect(frames.first?.body == [0x08, 0x01])
    peer.pump()
    #expect(peer.log == [.failed(1, .cancelled, "mine"), .failed(3, .cancelled, "mine")])
  }

  @Test func theServerMayResetACall() throws {
    let peer = ScriptedServer()
    _ = try peer.start(.test(.serverStreaming))
    peer.receive(frame(.cancel, 1, [0x08, 0x0A]))
    #expect(peer.log.isEmpty, "CANCEL means nothing before SETTINGS")
    peer.negotiate()
    peer.receive(frame(.cancel, 1, [0x08, 0x0A, 0x12, 0x01, 0x78]))
    #expect(peer.log == [.failed(1, .aborted, "x")])
  }

  @Test func pingsAreAnswered() {
    let peer = ScriptedServer()
    peer.receive(frame(.ping, 0, [1, 2, 3, 4, 5, 6, 7, 8]))
    #expect(peer.sent().isEmpty, "PING means nothing before SETTINGS")
    peer.negotiate()
    peer.receive(frame(.ping, 0, [1, 2, 3, 4, 5, 6, 7, 8]))
    let frames = peer.sent()
    #expect(frames.map(\.header.type) == [.pong])
    #expect(frames.first?.body == [1, 2, 3, 4, 5, 6, 7, 8])
  }

  @Test func goawayMakesLaterCallsSafeToRepeat() throws {
    let peer = ScriptedServer()
    for _ in 0..<4 { _ = try peer.start(.test(.unary)) }
    peer.negotiate()
    peer.receive(frame(.goaway, 0, [0x08, 0x03, 0x1A, 0x02, 0x62, 0x79]))
    #expect(peer.log.map(\.code) == [nil, .unavailable, .unavailable])
    #expect(peer.log.first == .draining)
    #expect(peer.reaches == [.neverSeen, .neverSeen])
    #expect(peer.connection.phase == .draining(reason: "by"))
    peer.receive(frame(.response, 1, []) + frame(.response, 3, []))
    #expect(peer.log.suffix(2) == [.response(1, []), .response(3, [])])
    #expect(peer.connection.callsInFlight == 0)
  }

  @Test func keepalivePingsQuietConnectionsWithCalls() throws {
    let peer = ScriptedServer()
    _ = try peer.start(.test(.unary))
    peer.negotiate()
    _ = peer.sent()
    peer.advance(.seconds(29))
    #expect(peer.sent().isEmpty)
    peer.advance(.seconds(2))
    #expect(peer.sent().map(\.header.type) == [.ping])
    peer.advance(.seconds(10))
    peer.receive(frame(.pong, 0, [UInt8](repeating: 0, count: 8)))
    peer.advance(.seconds(25))
    #expect(peer.log.isEmpty)
    peer.advance(.seconds(6))
    #expect(peer.sent().map(\.header.type) == [.ping])
    peer.advance(.seconds(21))
    #expect(peer.log.map(\.code) == [.unavailable, .unavailable])
    #expect(peer.log.first?.text.contains("PING") == true)
  }

  @Test func stockServersAndIdleConnectionsAreNotPinged() throws {
    let stock = ScriptedServer()
    _ = try stock.start(.test(.unary))
    _ = stock.sent()
    stock.advance(.seconds(3600))
    #expect(stock.sent().isEmpty)
    let idle = ScriptedServer()
    idle.negotiate()
    idle.advance(.seconds(3600))
    #expect(idle.sent().isEmpty)
    #expect(idle.connection.nextTick() == nil)
  }

  @Test func keepaliveIsNeverMoreOftenThanEveryTenSeconds() {
    var limits = ClientLimits()
    limits.keepaliveInterval = .seconds(1)
    #expect(limits.keepaliveInterval == .seconds(10))
  }

  @Test func theServersSizeLimitIsRespected() throws {
    let peer = ScriptedServer()
    // max_message_bytes = 256
    peer.receive(frame(.settings, 0, [0x08, 0x80, 0x02, 0x10, 0x07]))
    #expect(throws: CallFailure.self) {
      try peer.start(.test(.unary), [UInt8](repeating: 1, count: 250))
    }
    _ = try peer.start(.test(.unary), [UInt8](repeating: 1, count: 100))
  }
}
