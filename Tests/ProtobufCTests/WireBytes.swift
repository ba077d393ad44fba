/// An encoded message made by hand, well-formed or not.
struct WireBytes: ExpressibleByArrayLiteral {
  var bytes: [UInt8] = []

  init() {}

  init(arrayLiteral elements: UInt8...) { bytes = elements }

  /// Appends bytes as they are.
  func raw(_ more: [UInt8]) -> WireBytes {
    var copy = self
    copy.bytes += more
    return copy
  }

  func varint(_ value: UInt64) -> WireBytes {
    var rest = value
    var encoded: [UInt8] = []
    while rest >= 0x80 {
      encoded.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return raw(encoded + [UInt8(rest)])
  }

  func tag(_ field: UInt64, _ wireType: UInt64) -> WireBytes { varint(field << 3 | wireType) }

  /// Appends a varint field.
  func int(_ field: UInt64, _ value: UInt64) -> WireBytes { tag(field, 0).varint(value) }

  /// Appends a length-delimited field.
  func field(_ field: UInt64, _ content: [UInt8]) -> WireBytes {
    tag(field, 2).varint(UInt64(content.count)).raw(content)
  }

  func field(_ number: UInt64, _ content: WireBytes) -> WireBytes { field(number, content.bytes) }

  func field(_ number: UInt64, _ content: String) -> WireBytes {
    field(number, Array(content.utf8))
  }
}
