import Testing

@testable import ProtobufC

/// An input that is refused, its error with the place, and the same input corrected.
struct Rejection: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]
  let error: String
  let good: [UInt8]

  init(_ name: String, _ bytes: WireBytes, _ error: String, good: WireBytes) {
    self.name = name
    self.bytes = bytes.bytes
    self.error = error
    self.good = good.bytes
  }

  var testDescription: String { name }
}

@Suite struct WireCheckTests {
  static let strings: [Rejection] = [
    Rejection(
      "invalid UTF-8",
      WireBytes().field(14, [0x61, 0xFF]),
      "string_value: invalid UTF-8",
      good: WireBytes().field(14, "aÿ")
    ),
    Rejection(
      "overlong UTF-8",
      WireBytes().field(14, [0xC0, 0x80]),
      "string_value: invalid UTF-8",
      good: WireBytes().field(14, [0xC2, 0x80])
    ),
    Rejection(
      "surrogate",
      WireBytes().field(14, [0xED, 0xA0, 0x80]),
      "string_value: invalid UTF-8",
      good: WireBytes().field(14, [0xED, 0x9F, 0xBF])
    ),
    Rejection(
      "cut sequence after eight bytes",
      WireBytes().field(14, Array("12345678".utf8) + [0xF0, 0x9F]),
      "string_value: invalid UTF-8",
      good: WireBytes().field(14, "12345678🎁")
    ),
    Rejection(
      "NUL",
      WireBytes().field(14, [0x61, 0, 0x62]),
      "string_value: string contains U+0000",
      good: WireBytes().field(15, [0x61, 0, 0x62])
    ),
    Rejection(
      "NUL in a word",
      WireBytes().field(14, Array("1234567\0".utf8)),
      "string_value: string contains U+0000",
      good: WireBytes().field(14, "1234567\u{1}")
    ),
  ]

  static let layout: [Rejection] = [
    Rejection(
      "wrong wire type of a number",
      WireBytes().field(3, "x"),
      "int32_value: wrong wire type for the field",
      good: WireBytes().int(3, 1)
    ),
    Rejection(
      "wrong wire type of a bool",
      WireBytes().field(13, "x"),
      "bool_value: wrong wire type for the field",
      good: WireBytes().int(13, 1)
    ),
    Rejection(
      "wrong wire type of a string",
      WireBytes().int(14, 1),
      "string_value: wrong wire type for the field",
      good: WireBytes().field(14, "1")
    ),
    Rejection(
      "fixed64 for fixed32",
      WireBytes().tag(9, 1).raw([0, 0, 0, 0, 0, 0, 0, 0]),
      "fixed32_value: wrong wire type for the field",
      good: WireBytes().tag(9, 5).raw([0, 0, 0, 0])
    ),
    Rejection(
      "group",
      WireBytes().tag(3, 3).tag(3, 4),
      "int32_value: groups are not supported",
      good: WireBytes().int(3, 3)
    ),
    Rejection(
      "unknown group",
      WireBytes().tag(300, 3).tag(300, 4),
      "groups are not supported",
      good: WireBytes().int(300, 3)
    ),
    Rejection(
      "end of a group",
      WireBytes().tag(300, 4),
      "groups are not supported",
      good: WireBytes().int(300, 3)
    ),
    Rejection(
      "wire type 6",
      WireBytes().tag(3, 6),
      "int32_value: malformed tag",
      good: WireBytes().tag(3, 0).varint(6)
    ),
    Rejection(
      "unknown wire type 7",
      WireBytes().tag(300, 7),
      "malformed tag",
      good: WireBytes()
    ),
    Rejection("field 0", WireBytes().int(0, 1), "malformed tag", good: WireBytes().int(1000, 1)),
    Rejection(
      "field past the greatest",
      WireBytes().int(1 << 29, 1),
      "malformed tag",
      good: WireBytes().int(1 << 29 - 1, 1)
    ),
    Rejection(
      "tag of six bytes",
      WireBytes().raw([0x98, 0x80, 0x80, 0x80, 0x80, 0, 1]),
      "malformed tag",
      good: WireBytes().raw([0x98, 0x80, 0x80, 0x80, 0, 1])
    ),
    Rejection(
      "varint past 64 bits",
      WireBytes().tag(4, 0).raw([UInt8](repeating: 0xFF, count: 9) + [2]),
      "int64_value: malformed varint",
      good: WireBytes().tag(4, 0).raw([UInt8](repeating: 0xFF, count: 9) + [1])
    ),
    Rejection(
      "varint of eleven bytes",
      WireBytes().tag(4, 0).raw([UInt8](repeating: 0x80, count: 10) + [0]),
      "int64_value: malformed varint",
      good: WireBytes().tag(4, 0).raw([UInt8](repeating: 0x80, count: 9) + [0])
    ),
    Rejection(
      "cut varint",
      WireBytes().tag(4, 0).raw([0x80]),
      "int64_value: the message ends inside a field",
      good: WireBytes().tag(4, 0).raw([0x80, 1])
    ),
    Rejection(
      "no value",
      WireBytes().tag(4, 0),
      "int64_value: the message ends inside a field",
      good: WireBytes().int(4, 0)
    ),
    Rejection(
      "cut tag",
      WireBytes().raw([0x80]),
      "the message ends inside a field",
      good: WireBytes().int(16, 0)
    ),
    Rejection(
      "cut fixed64",
      WireBytes().tag(10, 1).raw([1, 2, 3]),
      "fixed64_value: the message ends inside a field",
      good: WireBytes().tag(10, 1).raw([1, 2, 3, 4, 5, 6, 7, 8])
    ),
    Rejection(
      "cut string",
      WireBytes().tag(14, 2).varint(4).raw([0x61]),
      "string_value: the message ends inside a field",
      good: WireBytes().field(14, "a")
    ),
    Rejection(
      "enormous length",
      WireBytes().tag(14, 2).varint(UInt64(UInt32.max)).raw([0x61]),
      "string_value: the message ends inside a field",
      good: WireBytes().field(14, "a")
    ),
    Rejection(
      "length of six bytes",
      WireBytes().tag(14, 2).raw([0x81, 0x80, 0x80, 0x80, 0x80, 0, 0x61]),
      "string_value: malformed length",
      good: WireBytes().tag(14, 2).raw([0x81, 0x80, 0x80, 0x80, 0, 0x61])
    ),
  ]

  static let elements: [Rejection] = [
    Rejection(
      "packed fixed32 of five bytes",
      WireBytes().field(9, [1, 2, 3, 4, 5]),
      "fixed32s[0]: malformed length",
      good: WireBytes().field(9, [1, 2, 3, 4])
    ),
    Rejection(
      "packed double of seven bytes",
      WireBytes().field(1, [1, 2, 3, 4, 5, 6, 7]),
      "doubles[0]: malformed length",
      good: WireBytes().field(1, [1, 2, 3, 4, 5, 6, 7, 8])
    ),
    Rejection(
      "packed varint cut",
      WireBytes().field(3, [1, 0x80]),
      "int32s[0]: the message ends inside a field",
      good: WireBytes().field(3, [1, 0x80, 1])
    ),
    Rejection(
      "packed bool 2",
      WireBytes().field(13, [1, 2]),
      "bools[0]: packed bool is neither 0 nor 1",
      good: WireBytes().field(13, [1, 0])
    ),
    Rejection(
      "second string",
      WireBytes().field(14, "a").int(3, 1).field(14, [0xFF]),
      "strings[1]: invalid UTF-8",
      good: WireBytes().field(14, "a").field(14, "b")
    ),
    Rejection(
      "string in the third message",
      WireBytes().field(17, "").field(17, "").field(17, WireBytes().field(1, [0xFF])),
      "leaves[2].external_id: invalid UTF-8",
      good: WireBytes().field(17, "").field(17, WireBytes().field(1, "x"))
    ),
  ]

  @Test(arguments: strings + layout)
  func scalarsAreChecked(_ rejection: Rejection) {
    expect(rejection, Scalars.self)
  }

  @Test(arguments: elements)
  func elementsAreChecked(_ rejection: Rejection) {
    expect(rejection, Repeateds.self)
  }

  private func expect<M: Message>(_ rejection: Rejection, _ type: M.Type) {
    let error = #expect(throws: CodecError.self) { try M(decoding: rejection.bytes) }
    #expect(error?.description == rejection.error)
    #expect(throws: Never.self) { try M(decoding: rejection.good) }
  }

  @Test func subMessageThatOccursTwiceIsRefused() throws {
    let scalars = WireBytes().field(1, WireBytes().int(3, 1))
    let twice = scalars.field(4, "").field(1, WireBytes().int(4, 1))
    let error = #expect(throws: CodecError.self) { try Envelope(decoding: twice.bytes) }
    #expect(error == CodecError(.duplicateMessage, path: "scalars"))
    #expect(try Envelope(decoding: scalars.field(4, "").bytes).scalars?.int32Value == 1)
    // The last of repeated scalars wins, as protobuf requires.
    #expect(try Scalars(decoding: WireBytes().int(3, 1).int(3, 2).bytes).int32Value == 2)
    // Also inside a map's entry and inside a oneof.
    let entry = WireBytes().field(1, "k").field(2, "").field(2, "")
    let inMap = #expect(throws: CodecError.self) {
      try Maps(decoding: WireBytes().field(2, entry).bytes)
    }
    #expect(inMap?.description == "leaves[0].value: sub-message occurs twice")
    let inOneof = #expect(throws: CodecError.self) {
      try Choices(decoding: WireBytes().field(200, "").field(200, "").bytes)
    }
    #expect(inOneof == CodecError(.duplicateMessage, path: "second"))
  }

  @Test func nestingIsBounded() throws {
    func nested(_ depth: Int) -> [UInt8] {
      (1..<depth).reduce([UInt8]()) { inner, _ in WireBytes().field(1, inner).bytes }
    }
    let descriptor = RecursiveDescriptor()
    let deepest = nested(WireCheck.maxDepth)
    #expect(throws: Never.self) { try descriptor.check(deepest) }
    let error = #expect(throws: CodecError.self) {
      try descriptor.check(WireBytes().field(1, deepest).bytes)
    }
    #expect(error?.reason == .tooDeep(limit: 32))
  }

  @Test func errorsNeverHoldValues() {
    let secret: [UInt8] = Array("secret@example.com".utf8) + [0xFF]
    let error = #expect(throws: CodecError.self) {
      try Leaf(decoding: WireBytes().field(1, secret).bytes)
    }
    #expect(error?.description == "external_id: invalid UTF-8")
  }
}
