extension RawSpan {
  /// The byte at `offset`. Traps when there is none.
  @inlinable package subscript(offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < byteCount)
    return unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
  }

  /// Returns the offset of the first `byte` at or behind `start`, or nil when there is none.
  @inlinable package func firstOffset(of byte: UInt8, from start: Int = 0) -> Int? {
    precondition(start >= 0)
    let ones: UInt64 = 0x0101_0101_0101_0101
    let wanted = ones &* UInt64(byte)
    var offset = start
    // Eight bytes at a time: a byte that is equal becomes zero, the lowest of these is certain.
    while byteCount &- offset >= 8 {
      let word = unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
      let differences = UInt64(littleEndian: word) ^ wanted
      let zeros = (differences &- ones) & ~differences & (ones &<< 7)
      if zeros != 0 { return offset &+ zeros.trailingZeroBitCount / 8 }
      offset &+= 8
    }
    while offset < byteCount {
      if unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self) == byte { return offset }
      offset &+= 1
    }
    return nil
  }

  /// Returns whether `other` has the same bytes.
  @inlinable package func hasSameBytes(as other: RawSpan) -> Bool {
    guard byteCount == other.byteCount else { return false }
    var offset = 0
    while byteCount &- offset >= 8 {
      let word = unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
      guard
        word == other.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
      else { return false }
      offset &+= 8
    }
    while offset < byteCount {
      let byte = unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
      guard byte == other.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self) else {
        return false
      }
      offset &+= 1
    }
    return true
  }

  /// Returns true if the bytes are less than those of `other`, compared from the first on.
  @inlinable package func lexicographicallyPrecedes(_ other: RawSpan) -> Bool {
    withUnsafeBytes { left in other.withUnsafeBytes { left.lexicographicallyPrecedes($0) } }
  }
}

extension MutableRawSpan {
  /// Copies bytes over those at `offset`. Traps when there are too few.
  @inlinable package mutating func copy(_ source: RawSpan, at offset: Int) {
    precondition(offset >= 0 && source.byteCount <= byteCount &- offset)
    source.withUnsafeBytes { source in
      withUnsafeMutableBytes { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        (to + offset).copyMemory(from: from, byteCount: source.count)
      }
    }
  }
}

extension [UInt8] {
  /// Copies bytes.
  @inlinable package init(copying bytes: RawSpan) {
    self = bytes.withUnsafeBytes { [UInt8]($0) }
  }
}

extension String {
  /// Copies UTF-8; bytes that are malformed become U+FFFD.
  @inlinable package init(utf8 bytes: RawSpan) {
    self = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }
}
