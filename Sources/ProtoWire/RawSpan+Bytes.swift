extension RawSpan {
  /// The byte at `offset`. Traps when there is none.
  @inlinable package subscript(offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < byteCount)
    return unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
  }

  /// Returns whether `other` has the same bytes.
  @inlinable package func hasSameBytes(as other: RawSpan) -> Bool {
    guard byteCount == other.byteCount else { return false }
    return withUnsafeBytes { left in other.withUnsafeBytes { left.elementsEqual($0) } }
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
