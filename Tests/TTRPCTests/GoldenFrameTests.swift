import TTRPC
import TestKit
import Testing

/// Frames of the ttrpc protocol that were computed by hand, byte for byte.
@Suite struct GoldenFrameTests {
  static let unaryRequest = """
    000000400000000101000a1761636d652e76312e437573746f6d657253657276696365120b\
    476574437573746f6d65721a040a0234322080a8d6b9072a0c0a0574726163651203616263
    """

  @Test func unaryRequestEncodes() {
    var output = OutputBuffer()
    let method = Method(
      service: "acme.v1.CustomerService",
      name: "GetCustomer",
      kind: .unary,
      idempotency: .noSideEffects
    )
    output.appendRequest(
      stream: 1,
      method: method,
      payload: unhex("0a023432"),
      timeoutNanos: 2_000_000_000,
      metadata: ["trace": "abc"]
    )
    #expect(hex(output.takeAll()) == Self.unaryRequest)
  }

  @Test func unaryRequestDecodes() throws {
    let bytes = unhex(Self.unaryRequest)
    try bytes.withUnsafeBytes { raw in
      guard case .frame(let frame) = Frame.parse(raw, maxLength: 1024) else {
        Issue.record("not a frame")
        return
      }
      #expect(
        frame.header == FrameHeader(length: 64, streamID: 1, type: .request, flags: [])
      )
      let view = try RequestView(decoding: frame.body, maxMetadataBytes: 8, maxMetadataPairs: 1)
      #expect(String(decoding: view.service, as: UTF8.self) == "acme.v1.CustomerService")
      #expect(String(decoding: view.method, as: UTF8.self) == "GetCustomer")
      #expect(hex([UInt8](view.payload)) == "0a023432")
      #expect(view.timeoutNanos == 2_000_000_000)
      #expect(view.metadata["Trace"] == "abc")
      #expect(view.metadata.all == ["trace": "abc"])
    }
  }

  @Test func responseEncodes() {
    var output = OutputBuffer()
    output.appendResponse(stream: 1, unhex("0a023432"))
    #expect(hex(output.takeAll()) == "0000000600000001020012040a023432")
  }

  @Test func errorResponseEncodes() {
    var output = OutputBuffer()
    output.appendError(stream: 3, RPCError(code: .notFound, message: "no such customer"))
    #expect(
      hex(output.takeAll()) == "000000160000000302000a14080512106e6f207375636820637573746f6d6572"
    )
  }

  @Test func openingRequestEncodes() {
    var output = OutputBuffer()
    let method = Method(
      service: "a.S",
      name: "Sum",
      kind: .clientStreaming,
      idempotency: .unknown
    )
    output.appendRequest(stream: 5, flags: .remoteOpen, method: method, payload: [])
    #expect(hex(output.takeAll()) == "0000000a0000000501020a03612e53120353756d")
  }

  @Test func dataFramesEncode() {
    var output = OutputBuffer()
    output.appendData(stream: 5, [0x08, 0x01])
    #expect(hex(output.takeAll()) == "000000020000000503000801")
    output.appendClose(stream: 5)
    #expect(hex(output.takeAll()) == "00000000000000050305")
    output.appendData(stream: 5, [])
    #expect(hex(output.takeAll()) == "00000000000000050300")
  }
}

func hex(_ bytes: [UInt8]) -> String {
  bytes.map { byte in
    let text = String(byte, radix: 16)
    return text.count == 1 ? "0" + text : text
  }.joined()
}

func unhex(_ text: String) -> [UInt8] {
  let digits = Array(text.utf8)
  return stride(from: 0, to: digits.count, by: 2).map { index in
    UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16)!
  }
}
