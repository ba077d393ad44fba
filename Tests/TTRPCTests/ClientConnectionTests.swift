import Testing

@testable import TTRPC

@Suite struct ClientConnectionTests {
  @Test func writesTheGoldenRequest() throws {
    let peer = ScriptedServer(extensions: false)
    let call = try peer.start(
      Method(
        service: "acme.v1.CustomerService",
        name: "GetCustomer",
        kind: .unary,
        idempotency: .noSideEffects
      ),
      [0x0A, 0x02, 0x34, 0x32],
      timeout: .seconds(2),
      metadata: ["Trace": "abc"]
    )
    #expect(call.stream == 1)
    #expect(
      hex(peer.sentBytes())
        == "000000400000000101000a1761636d652e76312e437573746f6d657253657276696365120b476574437573"
        + "746f6d65721a040a0234322080a8d6b9072a0c0a0574726163651203616263"
    )
  }

  @Test func readsTheGoldenAnswers() throws {
    let peer = ScriptedServer()
    let first = try peer.start(.test(.unary))
    _ = try peer.start(.test(.unary))
    peer.receive(unhex("0000000600000001020012040a023432"))
    peer.receive(unhex("000000160000000302000a14080512106e6f207375636820637573746f6d6572"))
    #expect(
      peer.log == [
        .response(1, [0x0A, 0x02, 0x34, 0x32]), .failed(3, .notFound, "no such customer"),
      ]
    )
    #expect(peer.connection.callsInFlight == 0)
    #expect(first.slot == 0)
  }

  @Test func readsFramesInPiecesOfEverySize() throws {
    let answer = unhex("0000000600000001020012040a023432")
    for size in 1...answer.count {
      let peer = ScriptedServer()
      _ = try peer.start(.test(.unary))
      var rest = answer[...]
      while !rest.isEmpty {
        peer.receive(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
      }
      #expect(peer.log == [.response(1, [0x0A, 0x02, 0x34, 0x32])], "pieces of \(size)")
    }
  }

  @Test func anOKStatusIsSuccess() throws {
    let peer = ScriptedServer()
    _ = try peer.start(.test(.unary))
    peer.receive(frame(.response, 1, [0x0A, 0x00, 0x12, 0x01, 0x07]))
    #expect(peer.log == [.response(1, [7])])
  }

  @Test func theStatusCountsBeforeThePayload() throws {
    let peer = ScriptedServer()
    _ = try peer.start(.test(.unary))
    // The payload first, then status { code: 3 }.
    peer.receive(frame(.response, 1, [0x12, 0x01, 0xFF, 0x0A, 0x02, 0x08, 0x03]))
    #expect(peer.log == [.failed(1, .invalidArgument, "")])
  }

  @Test func streamIdsAreOddAndGrow() throws {
    let peer = ScriptedServer()
    let ids = try (0..<100).map { _ in try peer.start(.test(.unary)).stream }
    #expect(ids == (0..<100).map { UInt32(2 * $0 + 1) })
    // Slots are reused, ids are not.
    peer.receive(frame(.response, 5, []))
    let next = try peer.start(.test(.unary))
    #expect(next.stream == 201)
    #expect(next.slot == 2)
  }

  @Test func requestFlagsFollowTheKind() throws {
    let kinds: [(MethodKind, FrameFlags)] = [
      (.unary, []), (.serverStreaming, .remoteClosed),
      (.clientStreaming, [.remoteOpen, .noData]),
      (.bidirectionalStreaming, [.remoteOpen, .noData]),
    ]
    for (kind, flags) in kinds {
      let peer = ScriptedServer()
      _ = try peer.start(.test(kind), kind.clientStreams ? nil : [1])
      #expect(peer.sent().map(\.header.flags) == [flags], "\(kind)")
    }
  }

  @Test func streamsCloseWithAnEmptyFrameAndOnlyOnce() throws {
    let peer = ScriptedServer()
    let call = try peer.start(.test(.clientStreaming), nil)
    _ = peer.sent()
    try peer.send(call, [9])
    try peer.send(call, [])
    peer.connection.finishSending(call)
    peer.connection.finishSending(call)
    let frames = peer.sent()
    #expect(frames.map(\.body) == [[9], [], []])
    #expect(frames.map(\.header.flags) == [[], [], [.remoteClosed, .noData]])
    #expect(throws: RPCError.self) { try peer.send(call, [1]) }
  }

  @Test func serverStreamsEndInEveryWayThatPeersUse() throws {
    let ends: [([UInt8], [Heard])] = [
      (frame(.data, 1, [], [.remoteClosed, .noData]), [.ended(1)]),
      (frame(.data, 1, [5], .remoteClosed), [.message(1, [5]), .ended(1)]),
      (frame(.data, 1, [], .remoteClosed), [.message(1, []), .ended(1)]),
      (frame(.response, 1, []), [.ended(1)]),
      (frame(.response, 1, [0x12, 0x01, 0x05]), [.message(1, [5]), .ended(1)]),
      (frame(.response, 1, [0x0A, 0x02, 0x08, 0x0A]), [.failed(1, .aborted, "")]),
    ]
    for kind in [MethodKind.serverStreaming, .bidirectionalStreaming] {
      for (bytes, heard) in ends {
        let peer = ScriptedServer()
        _ = try peer.start(.test(kind), kind.clientStreams ? nil : [])
        peer.receive(frame(.data, 1, [1]) + frame(.data, 1, []) + bytes)
        #expect(peer.log == [.message(1, [1]), .message(1, [])] + heard, "\(kind)")
        #expect(peer.connection.callsInFlight == 0)
      }
    }
  }

  @Test func clientStreamsGetOneResponse() throws {
    let peer = ScriptedServer()
    for _ in 0..<3 { _ = try peer.start(.test(.clientStreaming), nil) }
    peer.receive(frame(.response, 1, [0x12, 0x01, 0x05]))
    peer.receive(frame(.response, 3, []))
    peer.receive(frame(.data, 5, [], [.remoteClosed, .noData]))
    #expect(peer.log.prefix(4) == [.message(1, [5]), .ended(1), .message(3, []), .ended(3)])
    #expect(peer.log.last?.code == .internal)
  }

  @Test func lateAndUnknownFramesAreDropped() throws {
    let peer = ScriptedServer()
    let call = try peer.start(.test(.serverStreaming))
    _ = try peer.start(.test(.unary))
    peer.connection.cancel(call, RPCError(code: .cancelled, message: "x"))
    peer.receive(frame(.data, 1, [1]) + frame(.response, 1, []) + frame(.response, 99, [0xFF]))
    peer.receive(frame(.response, 2, []) + frame(.request, 3, [1]))
    peer.receive(frame(FrameType(rawValue: 0x77), 3, [1, 2]) + frame(.response, 3, []))
    #expect(peer.log == [.failed(1, .cancelled, "x"), .response(3, [])])
  }

  @Test func breachesCostTheCallOnly() throws {
    let peer = ScriptedServer()
    for _ in 0..<3 { _ = try peer.start(.test(.unary)) }
    peer.receive(frame(.data, 1, [1]) + frame(.response, 3, [0x12, 0x7F]))
    peer.receive(frame(.response, 5, [0x12, 0x01, 0x07]))
    #expect(peer.log.map(\.code) == [.internal, .internal, nil])
    #expect(peer.log.last == .response(5, [7]))
  }

  @Test func tooLargeAnswersCostTheCallOnly() throws {
    var limits = ClientLimits()
    limits.responseBytes = 100
    let peer = ScriptedServer(limits: limits)
    for _ in 0..<2 { _ = try peer.start(.test(.unary)) }
    let large = frame(.response, 1, [UInt8](repeating: 0x55, count: 5000))
    for start in stride(from: 0, to: large.count, by: 700) {
      peer.receive(Array(large[start..<min(start + 700, large.count)]))
    }
    peer.receive(frame(.response, 3, []))
    #expect(peer.log.map(\.code) == [.resourceExhausted, nil])
    #expect(peer.log.first?.text.contains("100") == true)
  }

  @Test func anotherProtocolEndsTheConnection() throws {
    let peer = ScriptedServer()
    _ = try peer.start(.test(.unary))
    peer.receive(Array("HTTP/1.1 400 Bad Request\r\n".utf8))
    #expect(peer.log.map(\.code) == [.internal, .internal])
    #expect(peer.log.first?.text.contains("HTTP") == true)
    #expect(throws: CallFailure.self) { try peer.start(.test(.unary)) }
  }

  /// An alert or a handshake of TLS: the server has read no call, and would not read the next one.
  @Test(arguments: [[0x15, 3, 1, 0, 2, 2, 70], [0x16, 3, 3, 0, 1, 0]] as [[UInt8]])
  func aServerOfTLSIsNamed(_ record: [UInt8]) throws {
    let peer = ScriptedServer()
    _ = try peer.start(.test(.unary))
    peer.receive(record)
    #expect(peer.log.map(\.code) == [.unavailable, .unavailable])
    #expect(peer.log.first?.text.contains("write tls://HOST:PORT") == true)
    #expect(peer.reaches == [.notSent])
  }

  @Test func tooLargeRequestsAreNotSent() throws {
    var limits = ClientLimits()
    limits.requestBytes = 200
    let peer = ScriptedServer(limits: limits)
    let error = #expect(throws: CallFailure.self) {
      try peer.start(.test(.unary), [UInt8](repeating: 0, count: 200))
    }
    #expect(error?.error.code == .resourceExhausted)
    #expect(error?.reach == .notSent)
    #expect(peer.sentBytes().isEmpty)
    let call = try peer.start(.test(.bidirectionalStreaming), nil)
    #expect(throws: RPCError.self) { try peer.send(call, [UInt8](repeating: 0, count: 201)) }
  }

  @Test func callsInFlightAreBounded() throws {
    var limits = ClientLimits()
    limits.callsInFlight = 2
    let peer = ScriptedServer(limits: limits)
    for _ in 0..<2 { _ = try peer.start(.test(.unary)) }
    let error = #expect(throws: CallFailure.self) { try peer.start(.test(.unary)) }
    #expect(error?.error.code == .resourceExhausted)
    peer.receive(frame(.response, 1, []))
    #expect(try peer.start(.test(.unary)).stream == 5)
  }

  @Test func idsRunOutIntoDraining() throws {
    var limits = ClientLimits()
    limits.lastStreamID = 5
    let peer = ScriptedServer(limits: limits)
    for _ in 0..<2 { _ = try peer.start(.test(.unary)) }
    #expect(peer.log.isEmpty)
    _ = try peer.start(.test(.unary))
    #expect(peer.log == [.draining])
    let error = #expect(throws: CallFailure.self) { try peer.start(.test(.unary)) }
    #expect(error?.reach == .neverSeen)
    peer.receive(frame(.response, 5, []))
    #expect(peer.log.last == .response(5, []))
  }

  @Test func closingFailsEveryCall() throws {
    let peer = ScriptedServer()
    for _ in 0..<3 { _ = try peer.start(.test(.unary)) }
    peer.connection.close(RPCError(code: .unavailable, message: "gone"))
    peer.pump()
    #expect(
      peer.log == [1, 3, 5].map { .failed($0, .unavailable, "gone") } + [.closed(.unavailable)]
    )
    #expect(peer.reaches == [.maybeSeen, .maybeSeen, .maybeSeen])
  }
}
