import TTRPC
import Testing

/// Calls, streams, extensions and broken input, one connection at a time.
@Suite struct ServerConnectionTests {
  let script = ServerScript()

  @Test func framesMayArriveByteByByte() {
    let bytes = ClientBytes.request(1, "Echo", [1, 2, 3]) + ClientBytes.request(3, "Echo", [4])
    for byte in bytes { script.feed([byte]) }
    #expect(script.output().map(\.description) == ["response 1 010203", "response 3 04"])
    #expect(script.pending.isEmpty)
  }

  @Test func pendingCallsAreAnsweredInAnyOrder() {
    script.feed(ClientBytes.request(1, "Later") + ClientBytes.request(3, "Later"))
    #expect(script.output().isEmpty)
    #expect(script.callsInFlight == 2)
    #expect(script.gauge.count == 2)
    script.connection.complete(3, .success([3]))
    script.connection.complete(1, .failure(RPCError(code: .unavailable, message: "no")))
    script.connection.complete(1, .success([1]))
    #expect(script.output().map(\.description) == ["response 3 03", "response 1 UNAVAILABLE"])
    #expect(script.gauge.count == 0)
  }

  @Test func aClientStreamAnswersWithOneResponse() {
    script.feed(ClientBytes.request(1, "Sum", flags: .remoteOpen))
    script.feed(ClientBytes.data(1, [2]) + ClientBytes.data(1, []) + ClientBytes.close(1))
    #expect(script.log == ["open 1 Sum ", "message 1 02", "message 1 ", "closed 1"])
    #expect(script.send(1, [9]) == nil)
    #expect(script.output().isEmpty)
    script.connection.finish(1, nil)
    #expect(script.output().map(\.description) == ["response 1 09"])
  }

  @Test func aClientStreamHandlerThatBreaksItsContractFailsItsCallOnly() {
    script.feed(ClientBytes.request(1, "Sum", flags: .remoteOpen))
    script.connection.finish(1, nil)
    script.feed(ClientBytes.request(3, "Sum", flags: .remoteOpen))
    #expect(script.send(3, [1]) == nil)
    #expect(script.send(3, [2])?.code == .internal)
    #expect(
      script.output().map(\.description) == ["response 1 INTERNAL", "response 3 INTERNAL"]
    )
    #expect(script.callsInFlight == 0)
  }

  @Test func aRequestMayOpenAndCloseAStreamAtOnce() {
    script.feed(ClientBytes.request(1, "Chat", [4], flags: .remoteClosed))
    #expect(script.log == ["open 1 Chat ", "message 1 04", "closed 1"])
  }

  @Test func evenAndActiveStreamIDsAreRefused() {
    script.feed(ClientBytes.request(2, "Echo") + ClientBytes.request(0, "Echo"))
    script.feed(ClientBytes.request(1, "Later") + ClientBytes.request(1, "Echo"))
    script.feed(ClientBytes.data(4, [1]) + ClientBytes.data(99, [1]))
    #expect(
      script.output().map(\.description) == [
        "response 2 INVALID_ARGUMENT", "response 0 INVALID_ARGUMENT",
        "response 1 INVALID_ARGUMENT", "response 4 INVALID_ARGUMENT",
        "response 99 INVALID_ARGUMENT",
      ]
    )
    #expect(script.log == ["unary 1 Later "])
  }

  @Test func bytesThatAreNotFramesEndTheConnection() {
    script.feed(ClientBytes.request(1, "Echo", [1]) + Array("GET / HTTP/1.1\r\n".utf8))
    #expect(script.closed == .notTTRPC(firstByte: 0x47))
    #expect(script.output().map(\.description) == ["response 1 01"])
  }

  @Test(arguments: [
    "ff", "0a", "0a05", "0aff", "07", "0b", "00", "2a020a", "2a040a02c328",
    "8080808080808080808001",
  ])
  func aBrokenEnvelopeFailsItsCallOnly(_ envelope: String) {
    script.feed(ClientBytes.frame(.request, 1, unhex(envelope)))
    script.feed(ClientBytes.request(3, "Echo", [1]))
    #expect(
      script.output().map(\.description) == ["response 1 INVALID_ARGUMENT", "response 3 01"]
    )
  }

  @Test func unknownFieldsFlagsAndTypesAreIgnored() {
    var request = ClientBytes.request(1, "Echo", [1], flags: FrameFlags(rawValue: 0xf8))
    // Field 100 as bytes, 101 as varint, 102 as a group with field 1 in it.
    let unknown = unhex("a20602aabb" + "a80601" + "b3060801b406")
    request[3] += UInt8(unknown.count)
    script.feed(request + unknown)
    script.feed(ClientBytes.frame(FrameType(rawValue: 0x77), 3, [1, 2]))
    script.feed(ClientBytes.frame(FrameType(rawValue: 0x77), 0, [1, 2]))
    #expect(script.output().map(\.description) == ["response 1 01"])
  }

  @Test func namesThatAreNotUTF8AreInvalid() {
    script.feed(ClientBytes.frame(.request, 1, unhex("0a02c3281201ff")))
    #expect(script.output().map(\.description) == ["response 1 INVALID_ARGUMENT"])
  }

  @Test func unknownNamesAreShownCutAndHarmless() {
    script.feed(ClientBytes.request(1, "\u{1b}[31m" + String(repeating: "x", count: 500)))
    let message = script.output().first?.error?.message ?? ""
    #expect(message.utf8.allSatisfy { $0 >= 0x20 })
    #expect(message.count < 200)
  }

  @Test func extensionsAreSilentUntilTheClientShowsThem() {
    script.feed(ClientBytes.frame(.ping, 0, unhex("0102030405060708")))
    script.feed(ClientBytes.request(1, "Later"))
    script.feed(ClientBytes.frame(.cancel, 1, []))
    script.connection.drain(graceMillis: 10)
    #expect(script.output().isEmpty)
    #expect(script.callsInFlight == 1)
  }

  @Test func settingsFollowTheFirstRequestThatShowsTheExtensions() throws {
    script.feed(ClientBytes.request(1, "Echo", [1], metadata: ClientBytes.extended))
    script.feed(ClientBytes.request(3, "Echo", [2], metadata: ClientBytes.extended))
    let frames = script.output()
    #expect(frames.map(\.header.type) == [.settings, .response, .response])
    #expect(frames[0].header.streamID == 0)
    let settings = try frames[0].body.withUnsafeBytes { try SettingsBody(decoding: $0) }
    #expect(settings.maxMessageBytes == 1 << 20)
    #expect(settings.capabilities == [.ping, .cancel, .goaway])
  }

  @Test func pingIsAnsweredWithItsBytes() {
    script.feed(ClientBytes.request(1, "Echo", metadata: ClientBytes.extended))
    _ = script.output()
    script.feed(ClientBytes.frame(.ping, 0, unhex("0102030405060708")))
    script.feed(
      ClientBytes.frame(.ping, 0, [1]) + ClientBytes.frame(.ping, 1, unhex("0102030405060708"))
    )
    #expect(script.output().map(\.description) == ["type 5 0 flags 0 0102030405060708"])
  }

  @Test func cancelEndsACallWithoutAnAnswer() {
    script.feed(ClientBytes.request(1, "Later", metadata: ClientBytes.extended))
    script.feed(ClientBytes.request(3, "Chat", flags: .remoteOpen))
    _ = script.output()
    script.feed(ClientBytes.frame(.cancel, 1, []))
    script.feed(ClientBytes.frame(.cancel, 3, unhex("0804")))
    script.feed(ClientBytes.frame(.cancel, 3, []) + ClientBytes.frame(.cancel, 77, []))
    script.connection.complete(1, .success([1]))
    #expect(script.output().isEmpty)
    #expect(
      script.log.suffix(2) == ["cancelled 1 CANCELLED", "cancelled 3 DEADLINE_EXCEEDED"]
    )
    #expect(script.gauge.count == 0)
  }

  @Test func drainSendsGoawayAndDropsLaterCalls() throws {
    script.feed(ClientBytes.request(5, "Later", metadata: ClientBytes.extended))
    _ = script.output()
    script.connection.drain(graceMillis: 1500)
    let frames = script.output()
    #expect(frames.map(\.header.type) == [.goaway])
    let body = try frames[0].body.withUnsafeBytes { try GoawayBody(decoding: $0) }
    #expect(
      body
        == GoawayBody(
          lastStreamID: 5,
          graceMillis: 1500,
          reason: "the server is shutting down"
        )
    )
    script.feed(ClientBytes.request(7, "Echo", [1]))
    #expect(script.output().isEmpty)
    #expect(script.closeReason == nil)
    script.connection.complete(5, .success([5]))
    #expect(script.output().map(\.description) == ["response 5 05"])
    #expect(script.closeReason == .drained)
  }

  @Test func drainAnswersCallsBehindAFullSocket() {
    var limits = Limits()
    limits.outboundBytes = 1000
    let script = ServerScript(limits)
    script.connection.socketBytes = 1000
    script.feed(ClientBytes.request(1, "Echo", [1]))
    #expect(script.isBlocked)
    script.connection.drain(graceMillis: 1000)
    script.now += .seconds(1)
    #expect(script.closeReason == nil)
    script.connection.socketBytes = 999
    script.retry()
    #expect(script.output().map(\.payload) == [[1]])
    script.now += .seconds(1)
    #expect(script.closeReason == .drained)
  }

  @Test func drainServesStockClientsUntilTheyAreQuiet() {
    script.feed(ClientBytes.request(1, "Later"))
    script.connection.drain(graceMillis: 1000)
    script.advance(.milliseconds(500))
    #expect(script.closeReason == nil)
    script.feed(ClientBytes.request(3, "Echo", [3]))
    script.connection.complete(1, .success([1]))
    #expect(script.output().map(\.description) == ["response 3 03", "response 1 01"])
    #expect(script.closeReason == nil)
    script.advance(.milliseconds(100))
    #expect(script.closeReason == .drained)
  }

  @Test func theEndOfADrainAnswersCallsInFlightAndBeginsNone() {
    script.feed(ClientBytes.request(1, "Later"))
    script.connection.drain(graceMillis: 1000)
    script.stopReading()
    script.feed(ClientBytes.request(3, "Later") + ClientBytes.request(5, "Echo", [5]))
    script.feed(Array(ClientBytes.request(7, "Echo", [7]).prefix(12)))
    #expect(script.isBlocked, "nothing more is read")
    #expect(script.log == ["unary 1 Later "])
    let refusals = script.output()
    #expect(refusals.map(\.description) == ["response 3 UNAVAILABLE", "response 5 UNAVAILABLE"])
    #expect(refusals.allSatisfy { $0.error?.retryDelay == .seconds(1) })
    #expect(script.closeReason == nil)
    script.connection.complete(1, .success([1]))
    #expect(script.closeReason == nil, "the answer is not sent yet")
    #expect(script.output().map(\.description) == ["response 1 01"])
    #expect(script.closeReason == .drained)
  }

  @Test func theEndOfADrainFailsStreamsWhoseClientHasMoreToSend() {
    script.feed(ClientBytes.request(1, "Sum", flags: .remoteOpen) + ClientBytes.data(1, [1]))
    script.feed(ClientBytes.request(3, "Sum", flags: .remoteOpen) + ClientBytes.close(3))
    script.feed(ClientBytes.request(5, "List"))
    script.stopReading()
    script.feed(ClientBytes.data(1, [2]))
    #expect(script.log.last == "cancelled 1 UNAVAILABLE")
    #expect(script.output().map(\.description) == ["response 1 UNAVAILABLE"])
    #expect(script.callsInFlight == 2)
    #expect(script.send(3, [9]) == nil)
    script.connection.finish(3, nil)
    script.connection.finish(5, nil)
    #expect(script.output().map(\.header.streamID) == [3, 5])
    #expect(script.closeReason == .drained)
  }

  @Test func theEndOfADrainKeepsThePromiseOfGoaway() {
    script.feed(ClientBytes.request(1, "Later", metadata: ClientBytes.extended))
    script.connection.drain(graceMillis: 1000)
    _ = script.output()
    script.stopReading()
    script.feed(ClientBytes.request(3, "Echo", [3]))
    #expect(script.output().isEmpty)
    #expect(script.callsInFlight == 1)
  }

  @Test func aRefusedConnectionAnswersOneCallAndEnds() {
    let refused = ServerScript(refusal: RPCError(code: .resourceExhausted, message: "full"))
    refused.feed(ClientBytes.request(1, "Echo", [1]) + ClientBytes.request(3, "Echo", [1]))
    #expect(refused.output().map(\.description) == ["response 1 RESOURCE_EXHAUSTED"])
    #expect(refused.closed == .refused)
    #expect(refused.log.isEmpty)
  }

  @Test func aConnectionWithoutAPlaceHoldsItsFirstFrameBack() {
    for refusal in [nil, RPCError(code: .resourceExhausted, message: "full")] {
      let script = ServerScript()
      script.connection.waitForPlace()
      let request = ClientBytes.request(1, "Echo", [1])
      script.feed(Array(request.prefix(12)))
      #expect(!script.isBlocked, "a part of a frame asks for nothing")
      script.feed(Array(request.dropFirst(12)))
      #expect(script.isBlocked)
      #expect(script.output().isEmpty)
      script.connection.placeDecided(refusal: refusal)
      script.retry()
      let answers = script.output().map(\.description)
      #expect(answers == [refusal == nil ? "response 1 01" : "response 1 RESOURCE_EXHAUSTED"])
      #expect(script.closed == (refusal == nil ? nil : .refused))
    }
  }

  @Test func onlyAConnectionWithoutCallsAndOutputIsIdle() {
    #expect(script.idleSince == script.now && script.isSilent)
    script.advance(.seconds(1))
    script.feed(ClientBytes.request(1, "Later"))
    #expect(script.idleSince == nil && !script.isSilent)
    script.connection.complete(1, .success([1]))
    #expect(script.idleSince == nil, "the answer is not sent")
    _ = script.output()
    #expect(script.idleSince == script.now)
    script.connection.drain(graceMillis: 1000)
    #expect(script.idleSince == nil)
  }

  @Test func extendedClientsLearnThatTheirIdleConnectionEnds() throws {
    script.connection.announceEnd(.idle)
    #expect(script.output().isEmpty, "a stock client knows no GOAWAY")
    script.feed(ClientBytes.request(1, "Echo", [1], metadata: ClientBytes.extended))
    _ = script.output()
    script.connection.announceEnd(.headerTimeout)
    #expect(script.output().isEmpty)
    script.connection.announceEnd(.evicted)
    let goaway = try #require(script.output().first)
    let body = try goaway.body.withUnsafeBytes { try GoawayBody(decoding: $0) }
    #expect(goaway.header.type == .goaway && body.lastStreamID == 1)
    #expect(body.reason.contains("--max-connections"))
  }

  @Test func theEndOfAConnectionFreesItsCalls() {
    script.feed(
      ClientBytes.request(1, "Later") + ClientBytes.request(3, "Chat", flags: .remoteOpen)
    )
    #expect(script.endStreams() == [3])
    #expect(script.callsInFlight == 1)
    #expect(script.end() == [1])
    #expect(script.gauge.count == 0)
  }
}
