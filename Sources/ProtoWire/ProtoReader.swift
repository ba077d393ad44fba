/// A walk over the fields of an encoded message, in place.
///
/// Contents of length-delimited fields are given as ranges of offsets: they can be kept beside the
/// message, and ``subscript(_:)`` gives their bytes. After an error the reader stands somewhere in
/// the field that is malformed.
@usableFromInline package struct ProtoReader: ~Escapable {
  /// The message.
  @usableFromInline package let bytes: RawSpan
  /// The offset of the next unread byte.
  @usableFromInline package internal(set) var offset: Int
  @usableFromInline let end: Int

  /// The deepest nesting of groups that ``skip(_:)`` passes over: hostile input must not exhaust
  /// the stack.
  @inlinable package static var maxGroupDepth: Int { 32 }

  /// Starts at the beginning of `bytes`.
  @inlinable @inline(__always) @_lifetime(copy bytes)
  package init(_ bytes: RawSpan) {
    self.init(bytes, 0..<bytes.byteCount)
  }

  /// Reads the part of `bytes` that `range` names; offsets still count from the first of `bytes`.
  @inlinable @inline(__always) @_lifetime(copy bytes)
  package init(_ bytes: RawSpan, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.byteCount)
    self.bytes = bytes
    offset = range.lowerBound
    end = range.upperBound
  }

  /// True when everything was read.
  @inlinable package var isAtEnd: Bool { offset == end }

  /// The bytes of a part of the message. Traps for a range outside of it.
  @inlinable package subscript(range: Range<Int>) -> RawSpan {
    @inline(__always) @_lifetime(copy self) get { bytes.extracting(range) }
  }

  /// Reads the next field with its value, or returns nil at the end. Throws
  /// ``WireError/group`` for a group.
  @inlinable @inline(__always)
  package mutating func next() throws(WireError) -> (field: Int, value: WireValue)? {
    guard let tag = try nextTag() else { return nil }
    switch tag.type {
    case .varint: return (tag.field, .varint(try varint()))
    case .lengthDelimited: return (tag.field, .bytes(try lengthDelimited()))
    case .fixed64: return (tag.field, .fixed64(try fixed64()))
    case .fixed32: return (tag.field, .fixed32(try fixed32()))
    case .startGroup, .endGroup: throw .group
    }
  }

  /// Reads the next field's tag, or returns nil at the end.
  @inlinable @inline(__always)
  package mutating func nextTag() throws(WireError) -> WireTag? {
    if isAtEnd { return nil }
    guard let tag = WireTag(try varint()) else { throw .malformedTag }
    return tag
  }

  /// Reads a varint.
  @inlinable @inline(__always)
  package mutating func varint() throws(WireError) -> UInt64 {
    try Varint.read(bytes, at: &offset, before: end)
  }

  /// Reads the length of a length-delimited field, passes over its content and returns the
  /// content's range.
  @inlinable @inline(__always)
  package mutating func lengthDelimited() throws(WireError) -> Range<Int> {
    let length = try varint()
    guard length <= UInt64(end &- offset) else { throw .truncated }
    let start = offset
    offset &+= Int(length)
    return start..<offset
  }

  /// Reads eight bytes, the lowest first.
  @inlinable
  package mutating func fixed64() throws(WireError) -> UInt64 {
    let start = offset
    try advance(8)
    return UInt64(
      littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt64.self)
    )
  }

  /// Reads four bytes, the lowest first.
  @inlinable
  package mutating func fixed32() throws(WireError) -> UInt32 {
    let start = offset
    try advance(4)
    return UInt32(
      littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt32.self)
    )
  }

  /// Passes over the value of a field whose tag was read. A group is passed over with everything
  /// in it.
  @inlinable
  package mutating func skip(_ tag: WireTag) throws(WireError) {
    switch tag.type {
    case .varint: _ = try varint()
    case .fixed64: try advance(8)
    case .lengthDelimited: _ = try lengthDelimited()
    case .fixed32: try advance(4)
    case .startGroup, .endGroup: try skipGroup(tag, depth: 0)
    }
  }

  @usableFromInline
  mutating func skipGroup(_ tag: WireTag, depth: Int) throws(WireError) {
    guard tag.type == .startGroup, depth < Self.maxGroupDepth else { throw .group }
    while let inner = try nextTag() {
      switch inner.type {
      case .endGroup:
        guard inner.field == tag.field else { throw .group }
        return
      case .startGroup: try skipGroup(inner, depth: depth + 1)
      default: try skip(inner)
      }
    }
    throw .truncated
  }

  @inlinable @inline(__always)
  mutating func advance(_ count: Int) throws(WireError) {
    guard end &- offset >= count else { throw .truncated }
    offset &+= count
  }
}

/// The value of a field as it stands on the wire.
@usableFromInline @frozen package enum WireValue: Equatable, Sendable {
  case varint(UInt64)
  /// The offsets of a string, a message or other bytes.
  case bytes(Range<Int>)
  case fixed64(UInt64)
  case fixed32(UInt32)
}
