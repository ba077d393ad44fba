import Testing

@testable import TTRPC

@Suite struct ClientTimeTests {
  @Test func deadlinesFailCallsAndSendCancel() throws {
    let peer = ScriptedServer()
    _ = try peer.start(.test(.unary), timeout: .seconds(2))
    _ = try peer.start(.test(.serverStreaming), timeout: .seconds(1))
    _ = try peer.start(.test(.unary), timeout: nil)
    peer.negotiate()
    _ = peer.sent()
    #expect(peer.connection.nextTick() == peer.now.advanced(by: .seconds(1)))
    peer.advance(.milliseconds(999))
    #expect(peer.log.isEmpty)
    peer.advance(.milliseconds(1))
    #expect(peer.log.map(\.code) == [.deadlineExceeded])
    peer.advance(.seconds(5))
    #expect(peer.log.map(\.code) == [.deadlineExceeded, .deadlineExceeded])
    let frames = peer.sent()
    #expect(frames.map(\.header.streamID) == [3, 1])
    #expect(frames.allSatisfy { $0.header.type == .cancel && $0.body == [0x08, 0x04] })
    #expect(peer.connection.callsInFlight == 1)
  }

  /// A driver finds its state of a call by the slot, so two calls that wait for their events must
  /// not share one.
  @Test func aSlotIsReusedOnceTheEndOfItsCallWasTaken() throws {
    let peer = ScriptedServer()
    let first = try peer.start(.test(.unary), timeout: .seconds(1))
    let second = try peer.start(.test(.unary), timeout: .seconds(1))
    let later = peer.now.advanced(by: .seconds(1))
    func start() throws -> ClientCallID {
      try peer.connection.start(.test(.unary), payload: nil, deadline: nil, now: later)
    }
    func heard() -> ClientCallID? { peer.connection.nextPending()?.endedCall }
    peer.connection.tick(later)
    #expect(peer.connection.callsInFlight == 0)
    let third = try start()
    #expect(third.slot == 2, "nobody has heard of the ends of the first two")
    #expect(heard() == first)
    let fourth = try start()
    #expect(fourth.slot == first.slot)
    let fifth = try start()
    #expect(fifth.slot == 3)
    #expect(heard() == second)
    let sixth = try start()
    #expect(sixth.slot == second.slot)
    #expect(heard() == nil)
    #expect(peer.connection.callsInFlight == 4)
  }

  @Test func theTimeoutIsTheTimeLeft() throws {
    let peer = ScriptedServer(extensions: false)
    _ = try peer.start(.test(.unary), timeout: .milliseconds(1500))
    let body = try #require(peer.sent().first?.body)
    let nanos = try body.withUnsafeBytes { bytes in
      try RequestView(decoding: bytes, maxMetadataBytes: 10, maxMetadataPairs: 1).timeoutNanos
    }
    #expect(nanos == 1_500_000_000)
  }

  @Test func passedDeadlinesFailAndFarOnesAreUnlimited() throws {
    let peer = ScriptedServer(extensions: false)
    let error = #expect(throws: CallFailure.self) {
      try peer.start(.test(.unary), timeout: .zero)
    }
    #expect(error?.error.code == .deadlineExceeded)
    #expect(peer.sentBytes().isEmpty)
    _ = try peer.start(.test(.unary), timeout: .seconds(10_000_000_000_000))
    #expect(peer.sent().count == 1)
  }

  @Test func deadlinesOfEndedCallsDoNotPileUp() throws {
    let peer = ScriptedServer()
    for number in 0..<10_000 {
      let call = try peer.start(.test(.unary), timeout: .seconds(30))
      peer.receive(frame(.response, call.stream, []))
      #expect(peer.log.count == number + 1)
    }
    #expect(peer.connection.deadlines.count <= 70)
    #expect(peer.connection.nextTick() == nil)
  }

  @Test func deadlinesComeInOrder() {
    for seed in UInt64(1)...20 {
      var random = ClientRandom(seed: seed)
      var deadlines = ClientDeadlines()
      var calls = ClientCallTable()
      let start = ContinuousClock.now
      var live: [UInt32: ContinuousClock.Instant] = [:]
      for stream in UInt32(0)..<500 {
        let at = start.advanced(by: .milliseconds(Int.random(in: 0..<1000, using: &random)))
        deadlines.insert(at, stream: stream)
        let id = calls.insert(ClientCallState(stream: stream, kind: .unary, localClosed: true))
        if Bool.random(using: &random) { calls.remove(id) } else { live[stream] = at }
      }
      deadlines.compact(calls)
      var last = start
      while let next = deadlines.next(calls) {
        #expect(deadlines.popExpired(next.advanced(by: .nanoseconds(-1)), calls) == nil)
        guard let stream = deadlines.popExpired(next, calls) else { break }
        #expect(live.removeValue(forKey: stream) == next, "seed \(seed)")
        #expect(next >= last, "seed \(seed)")
        last = next
      }
      #expect(live.isEmpty, "seed \(seed)")
    }
  }

  @Test func fullStreamsStopReading() throws {
    var limits = ClientLimits()
    limits.queuedMessages = 3
    let peer = ScriptedServer(limits: limits)
    let call = try peer.start(.test(.serverStreaming))
    peer.receive(frame(.data, 1, [1]) + frame(.data, 1, [2]))
    #expect(peer.wantsRead)
    peer.receive(frame(.data, 1, [3]))
    #expect(!peer.wantsRead)
    peer.advance(.seconds(3600))
    #expect(peer.log.count == 3, "a stream that holds up nobody may stay full")
    peer.connection.consumed(call, messages: 1, bytes: 1)
    #expect(peer.wantsRead)
    peer.receive(frame(.data, 1, [4]))
    #expect(!peer.wantsRead)
    peer.connection.cancel(call, RPCError(code: .cancelled, message: ""))
    #expect(peer.wantsRead)
  }

  @Test func bytesFillAStreamToo() throws {
    var limits = ClientLimits()
    limits.queuedBytes = 100
    let peer = ScriptedServer(limits: limits)
    let call = try peer.start(.test(.serverStreaming))
    peer.receive(frame(.data, 1, [UInt8](repeating: 0, count: 100)))
    #expect(!peer.wantsRead)
    peer.connection.consumed(call, messages: 1, bytes: 100)
    #expect(peer.wantsRead)
  }

  @Test func aStreamThatHoldsUpOthersIsFailed() throws {
    var limits = ClientLimits()
    limits.queuedMessages = 1
    let peer = ScriptedServer(limits: limits)
    _ = try peer.start(.test(.serverStreaming))
    _ = try peer.start(.test(.unary))
    peer.receive(frame(.data, 1, [1]))
    peer.advance(.seconds(9))
    #expect(peer.log.count == 1)
    peer.advance(.seconds(2))
    #expect(peer.log.map(\.code) == [nil, .resourceExhausted])
    #expect(peer.wantsRead)
    #expect(peer.connection.callsInFlight == 1)
  }
}
