/// Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF (RFC 3629).
@usableFromInline package enum UTF8Check {
  /// A reason why bytes are not a text.
  @usableFromInline package enum Fault {
    case malformed
    /// U+0000, which C strings cannot hold.
    case nul
  }

  /// Returns whether `bytes` are well-formed. U+0000 is a character like any other.
  @inlinable package static func isValid(_ bytes: RawSpan) -> Bool {
    fault(in: bytes, from: 0, to: bytes.byteCount, allowsNUL: true) == nil
  }

  /// Returns the first fault in a part of `bytes`, or nil. The part must lie within `bytes`.
  @inlinable @inline(__always)
  package static func fault(
    in bytes: RawSpan,
    from start: Int,
    to end: Int,
    allowsNUL: Bool
  ) -> Fault? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    var offset = start
    // Eight bytes at a time: the high bit of a byte is set when it is not ASCII or when it is zero.
    while end &- offset >= 8 {
      let word = bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
      let marks = allowsNUL ? word : word | (word &- ones)
      if marks & highs != 0 { return slowFault(in: bytes, from: offset, to: end, allowsNUL) }
      offset &+= 8
    }
    let least: UInt8 = allowsNUL ? 0 : 1
    while offset < end {
      if byte(bytes, offset) &- least >= 0x80 &- least {
        return slowFault(in: bytes, from: offset, to: end, allowsNUL)
      }
      offset &+= 1
    }
    return nil
  }

  @usableFromInline
  static func slowFault(
    in bytes: RawSpan,
    from start: Int,
    to end: Int,
    _ allowsNUL: Bool
  ) -> Fault? {
    var offset = start
    while offset < end {
      let lead = byte(bytes, offset)
      if lead < 0x80 {
        if lead == 0 && !allowsNUL { return .nul }
        offset &+= 1
        continue
      }
      let length = sequenceLength(bytes, at: offset, before: end)
      guard length > 0 else { return .malformed }
      offset &+= length
    }
    return nil
  }

  /// The length of the multi-byte sequence at `offset`, or 0 when it is not well-formed: table 3-7
  /// of the Unicode standard.
  @inline(__always)
  private static func sequenceLength(_ bytes: RawSpan, at offset: Int, before end: Int) -> Int {
    let lead = byte(bytes, offset)
    guard lead >= 0xC2, lead <= 0xF4, end &- offset > 1 else { return 0 }
    let second = byte(bytes, offset &+ 1)
    if lead < 0xE0 { return isTrailing(second) ? 2 : 0 }
    // The second byte rules out overlong forms, surrogates and what is above U+10FFFF.
    let low: UInt8 = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80
    let high: UInt8 = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF
    guard second >= low, second <= high, end &- offset > 2,
      isTrailing(byte(bytes, offset &+ 2))
    else { return 0 }
    if lead < 0xF0 { return 3 }
    guard end &- offset > 3, isTrailing(byte(bytes, offset &+ 3)) else { return 0 }
    return 4
  }

  @inline(__always)
  private static func isTrailing(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

  @inlinable @inline(__always)
  static func byte(_ bytes: RawSpan, _ offset: Int) -> UInt8 {
    bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
  }
}
