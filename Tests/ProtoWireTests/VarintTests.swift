import ProtoWire
import Testing

@Suite struct VarintTests {
  @Test func takesTheShortestForm() throws {
    for shift in 0..<64 as Range<UInt64> {
      let power: UInt64 = 1 << shift
      for value in [power, power - 1, .max >> shift] {
        var bytes: [UInt8] = []
        bytes.appendVarint(value)
        #expect(bytes.count == Varint.byteCount(value))
        #expect(try read(bytes) == Reading(value: value, end: bytes.count))
        var memory = [UInt8](repeating: 0xEE, count: bytes.count + 2)
        var target = memory.mutableSpan
        var raw = target.mutableBytes
        let end = Varint.write(value, to: &raw, at: 1)
        #expect(end == bytes.count + 1)
        #expect(memory == [0xEE] + bytes + [0xEE])
      }
    }
  }

  @Test func takesLongerFormsThanTheShortest() throws {
    #expect(try read([0x80, 0x00]) == Reading(value: 0, end: 2))
    #expect(try read([0x85, 0x80, 0x00]) == Reading(value: 5, end: 3))
    let five: [UInt8] = [0x85] + Array(repeating: 0x80, count: 8) + [0x00]
    #expect(try read(five) == Reading(value: 5, end: 10))
  }

  @Test func takesTenBytesAnd64Bits() throws {
    let nines = [UInt8](repeating: 0xFF, count: 9)
    #expect(try read(nines + [0x01]) == Reading(value: .max, end: 10))
    #expect(throws: WireError.malformedVarint) { try read(nines + [0x02]) }
    #expect(throws: WireError.malformedVarint) { try read(nines + [0x7F]) }
    #expect(throws: WireError.malformedVarint) { try read(nines + [0x81, 0x00]) }
    #expect(throws: WireError.malformedVarint) { try read(nines + [0x80, 0x00]) }
  }

  @Test func refusesBytesThatEndTooEarly() {
    for count in 0..<10 {
      let bytes = [UInt8](repeating: 0xFF, count: count)
      #expect(throws: WireError.truncated, "\(count) bytes") { try read(bytes) }
    }
  }

  @Test func stopsAtTheEndThatItIsGiven() {
    let bytes: [UInt8] = [0xFF, 0xFF, 0x01]
    for end in 0..<3 {
      #expect(throws: WireError.truncated, "before \(end)") { try read(bytes, before: end) }
    }
  }

  private struct Reading: Equatable {
    var value: UInt64
    var end: Int
  }

  private func read(_ bytes: [UInt8]) throws -> Reading {
    // The byte behind must never be looked at.
    try read(bytes + [0x00], before: bytes.count)
  }

  private func read(_ bytes: [UInt8], before end: Int) throws -> Reading {
    var offset = 0
    let value = try Varint.read(bytes.span.bytes, at: &offset, before: end)
    return Reading(value: value, end: offset)
  }
}
