import TTRPC
import TestKit
import Testing

/// Frames, envelopes, metadata and buffers, without a connection.
@Suite struct WireTests {
  @Test func headersSurviveARoundTrip() {
    let header = FrameHeader(length: 0x123456, streamID: 0xfedc_ba98, type: .data, flags: .noData)
    #expect(hex(header.bytes) == "00123456fedcba980304")
    #expect(header.bytes.withUnsafeBytes { FrameHeader(decoding: $0.baseAddress!) } == header)
  }

  @Test func parsingReportsMissingBytes() {
    let bytes = ClientBytes.data(5, [1, 2, 3])
    for count in 0..<bytes.count {
      bytes.prefix(count).withUnsafeBytes { raw in
        guard case .needMore(let missing) = Frame.parse(raw, maxLength: 3) else {
          Issue.record("\(count) bytes are no frame")
          return
        }
        #expect(missing == (count < 10 ? 10 - count : 13 - count))
      }
    }
    bytes.withUnsafeBytes { raw in
      guard case .tooLarge(let header) = Frame.parse(raw, maxLength: 2) else {
        Issue.record("3 bytes are more than 2")
        return
      }
      #expect(header.length == 3)
    }
    [UInt8(0x16)].withUnsafeBytes { raw in
      guard case .notTTRPC(firstByte: 0x16) = Frame.parse(raw, maxLength: 2) else {
        Issue.record("a TLS greeting is no frame")
        return
      }
    }
  }

  @Test(arguments: [0, 1, 127, 128, 16383, 16384, 2_097_151, 2_097_152])
  func lengthsAreAlwaysShortest(_ count: Int) throws {
    var output = OutputBuffer()
    output.appendData(stream: 1, [9])
    let payload = [UInt8](repeating: 0x5a, count: count)
    output.appendResponse(stream: 3, payload)
    output.appendData(stream: 5, [8])
    let frames = TestFrame.all(output.takeAll())
    try #require(frames.count == 3)
    #expect(frames[0].body == [9])
    #expect(frames[1].payload == payload)
    #expect(frames[2].body == [8])
    let lengthBytes = ResponseBuffer.varintSize(UInt64(count))
    #expect(frames[1].body.count == (count == 0 ? 0 : 1 + lengthBytes + count))
  }

  @Test func varintsTakeAsManyBytesAsTheyNeed() {
    for shift in 0..<64 {
      for value in [UInt64(1) << UInt64(shift), (UInt64(1) << UInt64(shift)) - 1] {
        var buffer = ResponseBuffer()
        buffer.appendVarint(value)
        #expect(buffer.count == ResponseBuffer.varintSize(value))
        buffer.withUnsafeBytes { raw in
          var reader = WireReader(raw)
          #expect((try? reader.varint()) == value)
          #expect(reader.isAtEnd)
        }
      }
    }
  }

  @Test func aStandaloneBufferGivesItsBytes() {
    var buffer = ResponseBuffer()
    buffer.append([1, 2])
    buffer.appendByte(3)
    buffer.append(upTo: 10) { room in
      room[0] = 4
      return 1
    }
    #expect(buffer.count == 4)
    buffer.truncate(to: 3)
    #expect(buffer.takeBytes() == [1, 2, 3])
    #expect(buffer.takeBytes() == [])
  }

  @Test func statusWithDetailsSurvivesARoundTrip() throws {
    let error = RPCError(
      code: StatusCode(rawValue: -5),
      message: "schön",
      details: [
        StatusDetail(typeURL: "type.googleapis.com/a.B", value: [1, 2]),
        StatusDetail(typeURL: "", value: []),
      ]
    )
    var output = OutputBuffer()
    output.appendError(stream: 1, error)
    let frame = try #require(TestFrame.all(output.takeAll()).first)
    #expect(frame.error == error)
  }

  @Test func anEmptyStatusIsSuccess() throws {
    let view = try unhex("0a0012023432").withUnsafeBytes { raw in
      let view = try ResponseView(decoding: raw)
      return (view.error, [UInt8](view.payload))
    }
    #expect(view.0 == nil)
    #expect(view.1 == [0x34, 0x32])
  }

  @Test func anErrorThatDoesNotFitLosesItsDetails() throws {
    var output = OutputBuffer()
    output.appendError(
      stream: 1,
      RPCError(
        code: .aborted,
        message: "short",
        details: [StatusDetail(typeURL: "t", value: [UInt8](repeating: 0, count: 5 << 20))]
      )
    )
    let frame = try #require(TestFrame.all(output.takeAll()).first)
    #expect(frame.error == RPCError(code: .aborted, message: "short"))
  }

  @Test func metadataKeepsOrderAndLowersKeys() throws {
    var metadata = Metadata([("Trace", "a"), ("b", "2"), ("TRACE", "c")])
    #expect(metadata["tRace"] == "a")
    #expect(metadata.values("trace") == ["a", "c"])
    #expect(metadata.entries.map(\.key) == ["trace", "b", "trace"])
    metadata["trace"] = "z"
    #expect(metadata.values("trace") == ["z"])
    metadata["trace"] = nil
    #expect(metadata["trace"] == nil)
  }

  @Test func metadataMayStandAnywhereInTheEnvelope() throws {
    // metadata {A: x}, service, metadata {b: y}, unknown field 9, metadata {a: z}
    let bytes = unhex(
      "2a060a0141120178" + "0a0173" + "2a060a0162120179" + "4801" + "2a060a016112017a"
    )
    try bytes.withUnsafeBytes { raw in
      let view = try RequestView(decoding: raw, maxMetadataBytes: 6, maxMetadataPairs: 3)
      #expect(view.metadata.count == 3)
      #expect(view.metadata["a"] == "x")
      #expect(view.metadata["B"] == "y")
      #expect(view.metadata["c"] == nil)
      #expect(view.metadata.all.values("a") == ["x", "z"])
    }
  }

  @Test func methodsAreFoundByTheirBytes() {
    let methods = (0..<500).map { index in
      Method(
        service: "a.b.Service\(index % 7)",
        name: "Method\(index)",
        kind: .unary,
        idempotency: .unknown
      )
    }
    let table = MethodTable(methods)
    func find(_ service: String, _ name: String) -> Int? {
      Array(service.utf8).withUnsafeBytes { service in
        Array(name.utf8).withUnsafeBytes { table.index(service: service, method: $0) }
      }
    }
    for (index, method) in methods.enumerated() {
      #expect(find(method.service, method.name) == index)
    }
    #expect(find("a.b.Service0", "Method1") == nil)
    #expect(find("", "") == nil)
    #expect(find("a.b.Service0M", "ethod0") == nil)
  }

  @Test func utf8AgreesWithSwift() {
    var random = SeededRandom(seed: 99)
    for round in 0..<20_000 {
      var bytes = Array("grün → 漢字 🎉 plain ascii text".utf8.shuffled(using: &random).prefix(9))
      if round.isMultiple(of: 2) {
        let scalars = (0..<4).compactMap { _ in Unicode.Scalar(UInt32(random.below(0x11_0000))) }
        bytes = scalars.reduce(into: []) { $0 += Array(String($1).utf8) }
        if random.below(2) == 0, !bytes.isEmpty {
          bytes[random.below(bytes.count)] = UInt8(random.below(256))
        }
      }
      #expect(
        bytes.withUnsafeBytes { isUTF8($0) } == (String(validating: bytes, as: UTF8.self) != nil),
        "seed 99 round \(round): \(hex(bytes))"
      )
    }
  }

  @Test func extensionBodiesSurviveARoundTrip() throws {
    var buffer = ResponseBuffer()
    SettingsBody(maxMessageBytes: 1 << 20, capabilities: [.ping, .goaway]).append(to: &buffer)
    let settings = try buffer.takeBytes().withUnsafeBytes { try SettingsBody(decoding: $0) }
    #expect(
      settings == SettingsBody(maxMessageBytes: 1 << 20, capabilities: [.ping, .goaway])
    )
    CancelBody(code: .deadlineExceeded, text: "late").append(to: &buffer)
    let cancel = try buffer.takeBytes().withUnsafeBytes { try CancelBody(decoding: $0) }
    #expect(cancel == CancelBody(code: .deadlineExceeded, text: "late"))
    #expect(try [UInt8]().withUnsafeBytes { try CancelBody(decoding: $0) } == CancelBody())
    let goaway = GoawayBody(lastStreamID: 9, graceMillis: 10, reason: "bye")
    goaway.append(to: &buffer)
    #expect(try buffer.takeBytes().withUnsafeBytes { try GoawayBody(decoding: $0) } == goaway)
  }
}
