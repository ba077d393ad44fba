import ProtoWire
import Testing

@Suite struct ProtoOutputTests {
  @Test func writesFieldsAsProtobufDoes() {
    let (first, second): ([UInt8], [UInt8]) = ([3], [4, 5])
    var bytes: [UInt8] = []
    bytes.appendField(1, varint: 150)
    bytes.appendField(2, int64: -1)
    bytes.appendField(3, text: "hé")
    bytes.appendField(4, bytes: [1, 2])
    bytes.appendField(5, fixed32: 0x0403_0201)
    bytes.appendField(6, fixed64: 0x0807_0605_0403_0201)
    bytes.appendField(7, joining: first.span.bytes, second.span.bytes)
    bytes.appendField(16, varint: 0)
    bytes.appendField(17, text: "")
    let minusOne = [UInt8](repeating: 0xFF, count: 9) + [0x01]
    var expected: [UInt8] = [0x08, 0x96, 0x01, 0x10] + minusOne
    expected += [0x1A, 3, 0x68, 0xC3, 0xA9, 0x22, 2, 1, 2, 0x2D, 1, 2, 3, 4]
    expected += [0x31, 1, 2, 3, 4, 5, 6, 7, 8, 0x3A, 3, 3, 4, 5, 0x80, 0x01, 0, 0x8A, 0x01, 0]
    #expect(bytes == expected)
  }

  @Test func bytesAreComparedAndCopied() {
    let bytes: [UInt8] = Array("grün".utf8)
    let first = bytes.span.bytes[0]
    #expect(first == UInt8(ascii: "g"))
    let copy = [UInt8](copying: bytes.span.bytes)
    #expect(copy == bytes)
    #expect(text(bytes) == "grün")
    #expect(text([0x41, 0xFF]) == "A\u{FFFD}")
    #expect(areSame(bytes, Array("grün".utf8)))
    #expect(!areSame(bytes, Array("grum".utf8)))
    #expect(!areSame(bytes, Array("grüne".utf8)))
    #expect(areSame([], []))
  }

  @Test func aByteIsFoundAtEveryPlace() {
    for count in 0..<40 {
      for wanted in 0..<count {
        // Neighbours of the byte, and one that a borrow could make look like it.
        var bytes = (0..<count).map { [0x0B, 0x8A, 0x09, 0x00][$0 % 4] as UInt8 }
        bytes[wanted] = 0x0A
        if wanted + 3 < count { bytes[wanted + 3] = 0x0A }
        for start in 0...wanted { #expect(offset(of: 0x0A, in: bytes, from: start) == wanted) }
        bytes[wanted] = 0
        if wanted + 3 >= count { #expect(offset(of: 0x0A, in: bytes, from: 0) == nil) }
      }
    }
    #expect(offset(of: 0, in: [], from: 0) == nil)
    #expect(offset(of: 0, in: [0], from: 1) == nil)
    #expect(offset(of: 0, in: [0], from: 5) == nil)
  }

  @Test func bytesAreCopiedIntoPlace() {
    for offset in 0...3 {
      var bytes: [UInt8] = [1, 2, 3, 4, 5]
      let source: [UInt8] = [8, 9]
      var elements = bytes.mutableSpan
      var target = elements.mutableBytes
      target.copy(source.span.bytes, at: offset)
      target.copy(RawSpan(), at: 5)
      #expect(bytes == [1, 2, 3, 4, 5][..<offset] + [8, 9] + [1, 2, 3, 4, 5][(offset + 2)...])
    }
  }

  private func offset(of byte: UInt8, in bytes: [UInt8], from start: Int) -> Int? {
    bytes.span.bytes.firstOffset(of: byte, from: start)
  }

  private func text(_ bytes: [UInt8]) -> String { String(utf8: bytes.span.bytes) }

  private func areSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.span.bytes.hasSameBytes(as: right.span.bytes)
  }
}
