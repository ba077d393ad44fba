import TTRPC

/// Invalid bytes from a client, and the expected reaction of the server.
struct Attack: Sendable {
  enum Answer: Sendable {
    /// An error Response with one of these codes.
    case codes(Set<StatusCode>)
    /// No answer; the connection stays open.
    case nothing
    /// The end of the connection.
    case closes
  }

  let name: String
  let bytes: [UInt8]
  let answer: Answer
  /// The stream of the error Response.
  var stream: UInt32 = 1
  /// True if the client closes its side after the bytes.
  var finishes = false

  static func refused(
    _ name: String,
    _ code: StatusCode,
    stream: UInt32 = 1,
    _ bytes: [UInt8]
  ) -> Attack {
    Attack(name: name, bytes: bytes, answer: .codes([code]), stream: stream)
  }

  static func ignored(_ name: String, _ bytes: [UInt8]) -> Attack {
    Attack(name: name, bytes: bytes, answer: .nothing)
  }

  static func closing(_ name: String, finishes: Bool = false, _ bytes: [UInt8]) -> Attack {
    Attack(name: name, bytes: bytes, answer: .closes, finishes: finishes)
  }

  static let all = frames + streams + envelopes + payloads + amplification
}

// MARK: Frames

extension Attack {
  private static let overLimit = 1 << 20 | 1
  private static let overProtocol = 5 << 20

  static let frames: [Attack] = [
    .refused(
      "a request over --max-request-bytes",
      .resourceExhausted,
      RawFrames.frame(1, stream: 1, [UInt8](repeating: 0, count: overLimit))
    ),
    .refused(
      "a request over the protocol's 4 MiB",
      .resourceExhausted,
      RawFrames.frame(1, stream: 1, [UInt8](repeating: 7, count: overProtocol))
    ),
    .ignored(
      "an oversize message for no stream",
      RawFrames.frame(3, stream: 1, [UInt8](repeating: 0, count: overLimit))
    ),
    .closing("an HTTP request", Array("GET / HTTP/1.1\r\nHost: patron\r\n\r\n".utf8)),
    .closing("a TLS hello", [0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]),
    .closing("a length of 16 MiB and more", [1, 0, 0, 0, 0, 0, 0, 1, 1, 0]),
    .closing("a header that breaks off", finishes: true, [0, 0, 0, 9, 0]),
    .closing(
      "a body that breaks off",
      finishes: true,
      RawFrames.frame(1, stream: 1, length: 500, [10, 200, 1])
    ),
    .ignored("an unknown type", RawFrames.frame(0x7f, stream: 1, [1, 2, 3])),
    .ignored("an unknown type on stream 0", RawFrames.frame(0x7f, stream: 0, [])),
    .ignored("an unknown type on an even stream", RawFrames.frame(0xff, stream: 8, [0])),
    .ignored("a Response from a client", RawFrames.frame(2, stream: 1, [0x0a, 0])),
    .ignored("a CANCEL that was not agreed on", RawFrames.frame(0x11, stream: 1, [])),
    .ignored("a PING that was not agreed on", RawFrames.frame(4, stream: 0, [0, 0, 0, 0])),
    .ignored("a GOAWAY that was not agreed on", RawFrames.frame(0x12, stream: 0, [0xff])),
    .ignored("SETTINGS of rubbish", RawFrames.frame(0x10, stream: 0, [0xff, 0xff, 0xff])),
  ]

  static let streams: [Attack] = [
    .refused(
      "an even stream id",
      .invalidArgument,
      stream: 2,
      RawFrames.request(2, "UpsertCustomer", RawFrames.upsert("even"))
    ),
    .refused(
      "stream id 0",
      .invalidArgument,
      stream: 0,
      RawFrames.request(0, "UpsertCustomer", RawFrames.upsert("zero"))
    ),
    .refused(
      "data on a stream that was never opened",
      .invalidArgument,
      RawFrames.frame(3, stream: 1, [10, 0])
    ),
    .refused(
      "data on an even stream",
      .invalidArgument,
      stream: 4,
      RawFrames.frame(3, stream: 4, [])
    ),
    .refused(
      "an empty message on a stream that was never opened",
      .invalidArgument,
      stream: 77,
      RawFrames.frame(3, stream: 77, flags: 1, [])
    ),
  ]
}

// MARK: Envelopes

extension Attack {
  private static func envelope(_ bytes: [UInt8]) -> [UInt8] {
    RawFrames.frame(1, stream: 1, bytes)
  }

  private static let names = WireBytes().field(1, RawFrames.customers).field(2, "GetCustomer")

  static let envelopes: [Attack] = [
    .refused(
      "an envelope of rubbish",
      .invalidArgument,
      envelope([UInt8](repeating: 0xff, count: 40))
    ),
    .refused("an envelope that breaks off", .invalidArgument, envelope([0x0a, 20, 0x61])),
    .refused(
      "an envelope with a number for the service, which is an unknown field",
      .unimplemented,
      envelope(WireBytes().field(1, number: 5).bytes)
    ),
    .refused("an envelope with field number 0", .invalidArgument, envelope([0x02, 1, 0x61])),
    .refused(
      "an envelope with an endless number",
      .invalidArgument,
      envelope(names.bytes + [0x20] + [UInt8](repeating: 0x80, count: 11) + [0])
    ),
    .refused("an envelope with a group", .invalidArgument, envelope(names.bytes + [0x33, 0x34])),
    .refused("an empty envelope", .unimplemented, envelope([])),
    .refused(
      "a service that is not UTF-8",
      .invalidArgument,
      envelope(WireBytes().field(1, [0xc3, 0x28]).field(2, "GetCustomer").bytes)
    ),
    .refused(
      "a method that is not UTF-8",
      .invalidArgument,
      envelope(WireBytes().field(1, RawFrames.customers).field(2, [0xff]).bytes)
    ),
    .refused(
      "a service that is not there",
      .unimplemented,
      RawFrames.request(1, "C", [], service: "a.B")
    ),
    .refused("a method that is not there", .unimplemented, RawFrames.request(1, "Steal", [])),
    .refused(
      "a deadline in the past",
      .deadlineExceeded,
      RawFrames.request(1, "GetCustomer", [], timeoutNanos: -1)
    ),
    .refused(
      "65 pairs of metadata",
      .resourceExhausted,
      RawFrames.request(
        1,
        "GetCustomer",
        [],
        metadata: (0..<65).map { ("key\($0)", "value") }
      )
    ),
    .refused(
      "17 KiB of metadata",
      .resourceExhausted,
      RawFrames.request(
        1,
        "GetCustomer",
        [],
        metadata: [("key", String(repeating: "v", count: 17 << 10))]
      )
    ),
  ]
}
