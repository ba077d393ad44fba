/// The encoding of a customer's term ids in a column: differences of ascending ids as varints.
enum PackedTerms {
  /// Encodes ascending ids.
  static func pack(_ ids: [Int64]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(ids.count + 8)
    var last: Int64 = 0
    for id in ids {
      var rest = UInt64(bitPattern: id - last)
      while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      bytes.append(UInt8(rest))
      last = id
    }
    return bytes
  }

  /// Visits the ids of an encoded list, ascending.
  @inline(__always)
  static func forEach(_ bytes: UnsafeRawBufferPointer, _ visit: (Int64) -> Void) {
    var last: Int64 = 0
    var value: UInt64 = 0
    var shift: UInt64 = 0
    for byte in bytes {
      value |= UInt64(byte & 0x7F) &<< shift
      if byte >= 0x80 {
        shift &+= 7
        continue
      }
      last &+= Int64(bitPattern: value)
      visit(last)
      value = 0
      shift = 0
    }
  }

  /// Returns the ids of an encoded list, ascending.
  static func unpack(_ bytes: UnsafeRawBufferPointer) -> [Int64] {
    var ids: [Int64] = []
    forEach(bytes) { ids.append($0) }
    return ids
  }
}
