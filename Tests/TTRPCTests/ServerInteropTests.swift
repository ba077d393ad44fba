import TTRPC
import Testing

/// Behaviour beyond the protocol's text that existing implementations need from a server.
@Suite struct ServerInteropTests {
  let script = ServerScript()

  @Test func rule1_streamIDsNeedNotIncrease() {
    for stream: UInt32 in [9, 3, 7, 1] {
      script.feed(ClientBytes.request(stream, "Echo", [UInt8(stream)]))
    }
    #expect(
      script.output().map(\.description) == [
        "response 9 09", "response 3 03", "response 7 07", "response 1 01",
      ]
    )
  }

  @Test func rule2_theLastStreamIDsWorkAndIDsMayStartOver() {
    for stream: UInt32 in [0x7fff_ffff, 0xffff_ffff, 1] {
      script.feed(ClientBytes.request(stream, "Echo", [1]))
    }
    #expect(script.output().map(\.header.streamID) == [0x7fff_ffff, 0xffff_ffff, 1])
  }

  @Test func rule3_aCloseWithMessageIsDeliveredAndOursCarriesNone() {
    script.feed(ClientBytes.request(1, "Chat", flags: [.remoteOpen, .noData]))
    script.feed(ClientBytes.data(1, [5], flags: .remoteClosed))
    #expect(script.log == ["open 1 Chat ", "message 1 05", "closed 1"])
    script.connection.finish(1, nil)
    #expect(hex(script.takeBytes()) == "00000000000000010305")
  }

  @Test func rule4_anEmptyPayloadOpensAStreamWithoutAMessage() {
    script.feed(ClientBytes.request(1, "Sum", flags: .remoteOpen))
    script.feed(ClientBytes.request(3, "Sum", flags: [.remoteOpen, .noData]))
    script.feed(ClientBytes.request(5, "Sum", [8, 1], flags: .remoteOpen))
    #expect(script.log == ["open 1 Sum ", "open 3 Sum ", "open 5 Sum ", "message 5 0801"])
  }

  @Test func rule4_anEmptyPayloadIsTheRequestWhereTheClientDoesNotStream() {
    script.feed(ClientBytes.request(1, "List", flags: .remoteClosed))
    script.feed(ClientBytes.request(3, "Echo"))
    #expect(script.log == ["open 1 List ", "unary 3 Echo "])
    #expect(script.output().map(\.description) == ["response 3 "])
  }

  @Test func rule5_theMethodsKindComesFromTheTable() {
    script.feed(ClientBytes.request(1, "Echo", [1], flags: [.remoteOpen, .noData]))
    script.feed(ClientBytes.request(3, "List", [2]))
    script.feed(ClientBytes.request(5, "Chat", [3]))
    #expect(
      script.log == ["unary 1 Echo 01", "open 3 List 02", "open 5 Chat ", "message 5 03"]
    )
  }

  @Test func rule6_aServerStreamEndsWithACloseOrAnErrorResponse() {
    script.feed(ClientBytes.request(1, "List", [1], flags: .remoteClosed))
    script.feed(ClientBytes.request(3, "List", [1], flags: .remoteClosed))
    #expect(script.send(1, [7]) == nil)
    script.connection.finish(1, nil)
    script.connection.finish(3, RPCError(code: .aborted, message: "gone"))
    #expect(
      script.output().map(\.description) == [
        "type 3 1 flags 0 07", "type 3 1 flags 5 ", "response 3 ABORTED",
      ]
    )
  }

  @Test func rule7_anErrorLeavesThePayloadEmpty() {
    script.feed(ClientBytes.request(1, "Refuse", [1]))
    let frames = script.output()
    #expect(frames.map(\.error) == [RPCError(code: .notFound, message: "no such thing")])
    #expect(frames.first?.payload == [])
  }

  @Test func rule8_framesForEndedCallsAreDropped() {
    script.feed(ClientBytes.request(1, "Later", timeoutNanos: 1_000_000))
    script.feed(ClientBytes.request(3, "Chat", flags: .remoteOpen))
    script.advance(.milliseconds(2))
    script.expire()
    script.connection.finish(3, nil)
    _ = script.output()
    script.connection.complete(1, .success([1]))
    script.feed(ClientBytes.data(3, [1]) + ClientBytes.close(3))
    #expect(script.output().isEmpty)
    script.feed(ClientBytes.request(5, "Echo", [9]))
    #expect(script.output().map(\.description) == ["response 5 09"])
  }

  @Test func rule9_unknownServicesAndMethodsAreBothUnimplemented() {
    script.feed(ClientBytes.request(1, "Echo", service: "other.v1.Service"))
    script.feed(ClientBytes.request(3, "Nothing"))
    let errors = script.output().compactMap(\.error)
    #expect(errors.map(\.code) == [.unimplemented, .unimplemented])
    #expect(errors.first?.message == "there is no method other.v1.Service/Echo here")
  }

  @Test func rule10_dataOutOfOrderHurtsOnlyItsStream() {
    script.feed(ClientBytes.request(1, "Chat", flags: .remoteOpen))
    script.feed(ClientBytes.request(3, "Chat", flags: .remoteOpen))
    script.feed(ClientBytes.close(1) + ClientBytes.data(1, [1]) + ClientBytes.data(3, [2]))
    #expect(
      script.log == [
        "open 1 Chat ", "open 3 Chat ", "closed 1", "cancelled 1 INVALID_ARGUMENT",
        "message 3 02",
      ]
    )
    #expect(script.output().map(\.description) == ["response 1 INVALID_ARGUMENT"])
  }

  @Test func rule11_streamsWithoutTimeoutAndMetadataOpen() {
    script.feed(
      unhex("0000001b0000000501020a0f") + Array("test.v1.Service".utf8)
        + unhex("1204") + Array("Chat".utf8) + unhex("1a027a7a")
    )
    #expect(script.log == ["open 5 Chat ", "message 5 7a7a"])
  }
}
