import ProtobufC
import TestKit
import Testing

@Suite struct RoundTripTests {
  @Test(arguments: 0..<20 as Range<UInt64>)
  func randomMessagesSurvive(batch: UInt64) throws {
    let arena = Arena()
    for seed in batch * 100..<batch * 100 + 100 {
      var random = SeededRandom(seed: seed)
      let message = random.envelope()
      let bytes = try message.encoded()
      #expect(try Envelope(decoding: bytes) == message, "seed \(seed)")
      #expect(try message.encodedSize == bytes.count, "seed \(seed)")
      arena.reset()
      #expect(try [UInt8](message.encode(into: arena)) == bytes, "seed \(seed)")
      arena.reset(limit: Arena.decodingLimit(payload: bytes.count))
      let again = try Envelope(decoding: bytes.span.bytes, arena: arena)
      #expect(again == message, "seed \(seed)")
    }
  }

  @Test func encodingMatchesOtherLanguages() throws {
    var message = Optionals()
    message.int32Value = 0
    message.stringValue = ""
    message.boolValue = false
    let expected = WireBytes().int(3, 0).int(13, 0).field(14, "")
    #expect(try message.encoded() == expected.bytes)
    #expect(try Leaf.with { $0.count = 1 }.encoded() == [0x18, 1])
    #expect(try Leaf().encoded().isEmpty)
    #expect(try Empty().encoded().isEmpty)
    #expect(try Empty(decoding: []) == Empty())
  }

  @Test func emptyStringIsAChoice() throws {
    let message = Choices.with { $0.kind = .text("") }
    #expect(try message.encoded() == [0x0A, 0])
    #expect(try Choices(decoding: [0x0A, 0]) == message)
    let blob = Choices.with { $0.kind = .blob([]) }
    #expect(try Choices(decoding: blob.encoded()) == blob)
  }

  @Test func lastMemberOfAOneofWins() throws {
    let bytes = WireBytes().field(6, Array("\n\u{1}x".utf8)).field(1, "text").int(2, 7).bytes
    #expect(try Choices(decoding: bytes).kind == .number(7))
  }

  @Test func mapsAreSortedAndTheLastEntryWins() throws {
    let names = ["b": "2", "a": "1", "c": "3"]
    let first = WireBytes().field(1, "a").field(2, "1")
    let second = WireBytes().field(1, "b").field(2, "2")
    let third = WireBytes().field(1, "c").field(2, "3")
    let sorted = WireBytes().field(1, first).field(1, second).field(1, third)
    #expect(try Maps.with { $0.names = names }.encoded() == sorted.bytes)
    let repeated = WireBytes().field(1, first).field(1, WireBytes().field(1, "a").field(2, "9"))
    #expect(try Maps(decoding: repeated.bytes).names == ["a": "9"])
    // Absent keys and values are defaults.
    #expect(try Maps(decoding: WireBytes().field(2, "").bytes).leaves == ["": Leaf()])
  }

  @Test func unknownEnumValuesAndFieldsAreAccepted() throws {
    let bytes = WireBytes().int(16, 77).int(99, 1).field(98, "later").bytes
    let message = try Scalars(decoding: bytes)
    #expect(message.color == Color(rawValue: 77))
    #expect(message.color.description == "77")
    #expect(Color.deepBlue.description == "COLOR_DEEP_BLUE")
    #expect(Color.allCases.map(\.rawValue) == [0, 1, 5, 6, 7])
  }

  @Test func bothFormsOfRepeatedScalarsAreRead() throws {
    let packed = WireBytes().field(3, WireBytes().varint(1).varint(300)).bytes
    let unpacked = WireBytes().int(3, 1).int(3, 300).bytes
    #expect(try Repeateds(decoding: packed).int32s == [1, 300])
    #expect(try Repeateds(decoding: unpacked).int32s == [1, 300])
    #expect(try Repeateds(decoding: packed + unpacked).int32s == [1, 300, 1, 300])
  }

  @Test func stringsWithNULAreRefused() {
    let expected = CodecError(.embeddedNUL, path: "patron.test.v1.Leaf.external_id")
    #expect(throws: expected) { try Leaf.with { $0.externalID = "a\0b" }.encoded() }
  }

  @Test func fullArenaThrows() {
    let arena = Arena(limit: 256)
    let message = Leaf.with { $0.externalID = String(repeating: "x", count: 300) }
    #expect(throws: CodecError(.outOfMemory(limit: 256))) { _ = try message.encode(into: arena) }
  }
}
