import ProtoWire
import TestKit
import Testing

@Suite struct ProtoReaderTests {
  @Test func anEmptyMessageHasNoFields() throws {
    #expect(try fields([]) == [])
  }

  @Test func readsEveryWireType() throws {
    let bytes: [UInt8] = [
      0x08, 0x96, 0x01,
      0x11, 1, 2, 3, 4, 5, 6, 7, 8,
      0x1A, 2, 0x68, 0x69,
      0x25, 1, 2, 3, 4,
    ]
    #expect(
      try fields(bytes) == [
        Field(1, .varint(150)), Field(2, .fixed64(0x0807_0605_0403_0201)),
        Field(3, .bytes(14..<16)), Field(4, .fixed32(0x0403_0201)),
      ]
    )
    for count in bytes.indices where ![0, 3, 12, 16].contains(count) {
      #expect(throws: WireError.truncated, "\(count) bytes") {
        try fields(Array(bytes.prefix(count)))
      }
    }
  }

  @Test func fieldNumbersHaveLimits() throws {
    #expect(throws: WireError.malformedTag) { try fields([0x00, 0x00]) }
    #expect(throws: WireError.malformedTag) { try fields([0x07]) }
    #expect(try fields([0x08, 0x01]) == [Field(1, .varint(1))])
    let greatest: [UInt8] = [0xF8, 0xFF, 0xFF, 0xFF, 0x0F, 0x01]
    #expect(try fields(greatest) == [Field(WireTag.maxField, .varint(1))])
    #expect(throws: WireError.malformedTag) { try fields([0x80, 0x80, 0x80, 0x80, 0x10, 0x01]) }
    #expect(throws: WireError.malformedTag) {
      try fields([UInt8](repeating: 0xFF, count: 9) + [0x01])
    }
  }

  @Test func tagsMayTakeMoreBytesThanTheyNeed() throws {
    #expect(try fields([0x88, 0x80, 0x00, 0x05]) == [Field(1, .varint(5))])
  }

  @Test(arguments: [6, 7] as [UInt8])
  func wireTypesThatDoNotExistAreRefused(type: UInt8) {
    #expect(throws: WireError.malformedTag) { try fields([1 << 3 | type, 0x00]) }
  }

  @Test func lengthsStayWithinTheMessage() throws {
    #expect(try fields([0x0A, 0x00]) == [Field(1, .bytes(2..<2))])
    #expect(try fields([0x0A, 0x01, 0x41]) == [Field(1, .bytes(2..<3))])
    #expect(throws: WireError.truncated) { try fields([0x0A, 0x02, 0x41]) }
    let huge: [UInt8] = [0x0A] + Array(repeating: 0xFF, count: 9) + [0x01]
    #expect(throws: WireError.truncated) { try fields(huge + [0x41]) }
    let past63: [UInt8] = [0x0A] + Array(repeating: 0xFF, count: 8) + [0x7F]
    #expect(throws: WireError.truncated) { try fields(past63 + [0x41]) }
  }

  @Test func aPartIsReadInItsOwnBounds() throws {
    // Field 1 holds a message whose field 2 claims a byte more than the message has.
    let bytes: [UInt8] = [0x0A, 0x03, 0x12, 0x02, 0x41, 0x42]
    var outer = ProtoReader(bytes.span.bytes)
    let tag = try outer.nextTag()
    #expect(tag == WireTag(1, .lengthDelimited))
    let range = try outer.lengthDelimited()
    #expect(range == 2..<5)
    var inner = ProtoReader(outer.bytes, range)
    do throws(WireError) {
      _ = try inner.next()
      Issue.record("field 2 ends behind its message")
    } catch {
      #expect(error == .truncated)
    }
    let content = [UInt8](copying: outer[range])
    #expect(content == [0x12, 0x02, 0x41])
  }

  @Test func groupsArePassedOver() throws {
    // Group 1 with a varint, a string and a group 2 inside, then field 5.
    let bytes: [UInt8] = [0x0B, 0x10, 0x07, 0x1A, 0x01, 0x41, 0x13, 0x14, 0x0C, 0x28, 0x09]
    #expect(throws: WireError.group) { try fields(bytes) }
    #expect(throws: WireError.group) { try fields([0x0C]) }
    #expect(try skipped(bytes) == 9)
    for count in 1..<9 {
      #expect(throws: WireError.truncated, "\(count) bytes") {
        try skipped(Array(bytes.prefix(count)))
      }
    }
    #expect(throws: WireError.group) { try skipped([0x0B, 0x14]) }
    #expect(throws: WireError.group) { try skipped([0x0C]) }
    #expect(throws: WireError.malformedTag) { try skipped([0x0B, 0x07]) }
  }

  @Test func groupsNestToALimit() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array(repeating: 0x0B, count: depth) + Array(repeating: 0x0C, count: depth)
    }
    let most = ProtoReader.maxGroupDepth
    #expect(try skipped(nested(most)) == 2 * most)
    #expect(throws: WireError.group) { try skipped(nested(most + 1)) }
    #expect(throws: WireError.group) { try skipped(nested(100_000)) }
  }

  @Test func everyWireTypeIsSkipped() throws {
    #expect(try skipped([0x08, 0xFF, 0x01, 0x08]) == 3)
    #expect(try skipped([0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0x08]) == 9)
    #expect(try skipped([0x0A, 0x02, 0x41, 0x42, 0x08]) == 4)
    #expect(try skipped([0x0D, 0, 0, 0, 0, 0x08]) == 5)
  }

  /// Messages of random fields, written and read again; then with one byte changed, which must
  /// give fields within the message or an error.
  @Test func whatIsWrittenIsRead() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededRandom(seed: seed)
    for round in 0..<5_000 {
      var (bytes, written) = random.message()
      let read = try fields(bytes)
      #expect(read == written, "seed \(seed), round \(round)")
      guard !bytes.isEmpty else { continue }
      bytes[random.below(bytes.count)] = UInt8(random.below(256))
      for field in (try? fields(bytes)) ?? [] {
        guard case .bytes(let range) = field.value else { continue }
        #expect(range.upperBound <= bytes.count, "seed \(seed), round \(round)")
      }
    }
  }

  /// Skips the first field and returns the offset behind it.
  private func skipped(_ bytes: [UInt8]) throws(WireError) -> Int {
    var reader = ProtoReader(bytes.span.bytes)
    guard let tag = try reader.nextTag() else { return 0 }
    try reader.skip(tag)
    return reader.offset
  }

  private func fields(_ bytes: [UInt8]) throws(WireError) -> [Field] {
    var reader = ProtoReader(bytes.span.bytes)
    var found: [Field] = []
    while let (number, value) = try reader.next() { found.append(Field(number, value)) }
    return found
  }
}

struct Field: Equatable {
  var number: Int
  var value: WireValue

  init(_ number: Int, _ value: WireValue) {
    self.number = number
    self.value = value
  }
}

extension SeededRandom {
  /// A message and the fields that a reader is to find in it.
  mutating func message() -> (bytes: [UInt8], fields: [Field]) {
    var bytes: [UInt8] = []
    var fields: [Field] = []
    for _ in 0..<below(8) {
      let field = 1 + Int(number() % UInt64(WireTag.maxField))
      switch below(5) {
      case 0:
        let value = number()
        bytes.appendField(field, varint: value)
        fields.append(Field(field, .varint(value)))
      case 1:
        let value = number()
        bytes.appendField(field, fixed64: value)
        fields.append(Field(field, .fixed64(value)))
      case 2:
        let value = UInt32(truncatingIfNeeded: number())
        bytes.appendField(field, fixed32: value)
        fields.append(Field(field, .fixed32(value)))
      case 3:
        let (first, second) = (self.bytes(below: 201), self.bytes(below: 201))
        bytes.appendField(field, joining: first.span.bytes, second.span.bytes)
        let count = first.count + second.count
        fields.append(Field(field, .bytes(bytes.count - count..<bytes.count)))
      default:
        let content = self.bytes(below: 21)
        bytes.appendField(field, bytes: content)
        fields.append(Field(field, .bytes(bytes.count - content.count..<bytes.count)))
      }
    }
    return (bytes, fields)
  }
}
