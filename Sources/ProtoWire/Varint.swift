/// Numbers as protobuf writes them: seven bits a byte, the lowest first, the top bit set on all
/// bytes but the last.
@usableFromInline package enum Varint {
  /// The most bytes that a number takes.
  @inlinable package static var maxByteCount: Int { 10 }

  /// Returns how many bytes the shortest form of `value` takes.
  @inlinable package static func byteCount(_ value: UInt64) -> Int {
    (64 &- (value | 1).leadingZeroBitCount &+ 6) / 7
  }

  /// Reads a number that ends before `end` and moves `offset` past it. Longer forms than the
  /// shortest are taken, as protobuf demands, up to ten bytes and 64 bits.
  @inlinable @inline(__always)
  package static func read(
    _ bytes: RawSpan,
    at offset: inout Int,
    before end: Int
  ) throws(WireError) -> UInt64 {
    guard offset < end else { throw .truncated }
    let first = bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    if first < 0x80 {
      offset &+= 1
      return UInt64(first)
    }
    guard end &- offset > 1 else { throw .truncated }
    let second = bytes.unsafeLoad(fromUncheckedByteOffset: offset &+ 1, as: UInt8.self)
    if second < 0x80 {
      offset &+= 2
      return UInt64(first & 0x7F) | UInt64(second) &<< 7
    }
    return try readLong(bytes, at: &offset, before: end)
  }

  @inlinable
  static func readLong(
    _ bytes: RawSpan,
    at offset: inout Int,
    before end: Int
  ) throws(WireError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while offset < end {
      let byte = bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
      offset &+= 1
      if shift == 63 && byte > 1 { throw .malformedVarint }
      value |= UInt64(byte & 0x7F) &<< shift
      if byte < 0x80 { return value }
      shift &+= 7
    }
    throw .truncated
  }

  /// Writes the shortest form of `value` at `offset` and returns the offset behind it. Traps when
  /// `target` has too few bytes.
  @inlinable @inline(__always)
  package static func write(
    _ value: UInt64,
    to target: inout MutableRawSpan,
    at offset: Int
  ) -> Int {
    let room = target.byteCount &- offset
    precondition(offset >= 0 && (room >= maxByteCount || room >= byteCount(value)))
    var rest = value
    var place = offset
    while rest >= 0x80 {
      let byte = UInt8(truncatingIfNeeded: rest) | 0x80
      target.storeBytes(of: byte, toUncheckedByteOffset: place, as: UInt8.self)
      rest >>= 7
      place &+= 1
    }
    let last = UInt8(truncatingIfNeeded: rest)
    target.storeBytes(of: last, toUncheckedByteOffset: place, as: UInt8.self)
    return place &+ 1
  }
}
