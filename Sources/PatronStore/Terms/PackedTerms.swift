internal import ProtoWire

/// The encoding of a customer's term ids in a column: differences of ascending ids as varints.
enum PackedTerms {
  /// Encodes ascending ids.
  static func pack(_ ids: [Int64]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(ids.count + 8)
    var last: Int64 = 0
    for id in ids {
      bytes.appendVarint(UInt64(bitPattern: id - last))
      last = id
    }
    return bytes
  }

  /// Visits the ids of an encoded list, ascending.
  @inline(__always)
  static func forEach(_ bytes: RawSpan, _ visit: (Int64) -> Void) {
    var reader = ProtoReader(bytes)
    var last: Int64 = 0
    while let step = try? reader.varint() {
      last &+= Int64(bitPattern: step)
      visit(last)
    }
  }

  /// Returns the ids of an encoded list, ascending.
  static func unpack(_ bytes: RawSpan) -> [Int64] {
    var ids: [Int64] = []
    forEach(bytes) { ids.append($0) }
    return ids
  }
}
