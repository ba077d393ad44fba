/// A place where an encoded message is written, from its beginning to its end.
///
/// Numbers of fields come from the generated `Field` types. Nothing is left out: the caller decides
/// whether a field with its default value is written. Public because a public type of TTRPC
/// conforms to it.
public protocol ProtoOutput: ~Copyable {
  /// Makes room for `byteCount` more bytes, where that saves growing more than once.
  mutating func reserve(_ byteCount: Int)
  /// Appends one byte.
  mutating func appendByte(_ byte: UInt8)
  /// Appends the shortest form of `value`.
  mutating func appendVarint(_ value: UInt64)
  /// Appends bytes.
  mutating func append(_ bytes: RawSpan)
}

extension ProtoOutput where Self: ~Copyable {
  /// The most bytes that stand before the content of a field.
  @inlinable package static var maxHeadBytes: Int { 2 &* Varint.maxByteCount }

  /// Appends the tag of a field.
  @inlinable @inline(__always)
  package mutating func appendTag(_ field: Int, _ type: WireType) {
    appendVarint(WireTag(field, type).bits)
  }

  /// Appends a number.
  @inlinable
  package mutating func appendField(_ field: Int, varint value: UInt64) {
    appendTag(field, .varint)
    appendVarint(value)
  }

  /// Appends a number of the types int64 and int32.
  @inlinable
  package mutating func appendField(_ field: Int, int64 value: Int64) {
    appendField(field, varint: UInt64(bitPattern: value))
  }

  /// Appends eight bytes, the lowest first.
  @inlinable
  package mutating func appendField(_ field: Int, fixed64 value: UInt64) {
    appendTag(field, .fixed64)
    for shift in 0..<8 { appendByte(UInt8(truncatingIfNeeded: value &>> UInt64(8 &* shift))) }
  }

  /// Appends four bytes, the lowest first.
  @inlinable
  package mutating func appendField(_ field: Int, fixed32 value: UInt32) {
    appendTag(field, .fixed32)
    for shift in 0..<4 { appendByte(UInt8(truncatingIfNeeded: value &>> UInt32(8 &* shift))) }
  }

  /// Appends bytes, or a message that is encoded already.
  @inlinable
  package mutating func appendField(_ field: Int, bytes: RawSpan) {
    reserve(bytes.byteCount &+ Self.maxHeadBytes)
    appendTag(field, .lengthDelimited)
    appendVarint(UInt64(bytes.byteCount))
    append(bytes)
  }

  /// Appends bytes, or a message that is encoded already.
  @inlinable
  package mutating func appendField(_ field: Int, bytes: [UInt8]) {
    appendField(field, bytes: bytes.span.bytes)
  }

  /// Appends a message whose bytes are those of two parts, one after the other. Both together are
  /// one message on the wire, as if their fields had been written in turn.
  @inlinable
  package mutating func appendField(_ field: Int, joining first: RawSpan, _ second: RawSpan) {
    let count = first.byteCount &+ second.byteCount
    reserve(count &+ Self.maxHeadBytes)
    appendTag(field, .lengthDelimited)
    appendVarint(UInt64(count))
    append(first)
    append(second)
  }

  /// Appends a string.
  @inlinable
  package mutating func appendField(_ field: Int, text: String) {
    appendTag(field, .lengthDelimited)
    appendVarint(UInt64(text.utf8.count))
    appendText(text)
  }

  /// Appends the UTF-8 of a string.
  @inlinable
  package mutating func appendText(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in append(utf8.span.bytes) }
  }
}

extension [UInt8]: ProtoOutput {
  /// Does nothing: an array that grows at need takes fewer steps than one that is told each time.
  @inlinable @inline(__always)
  public mutating func reserve(_ byteCount: Int) {}

  /// Appends one byte.
  @inlinable @inline(__always)
  public mutating func appendByte(_ byte: UInt8) { append(byte) }

  /// Appends the shortest form of `value`.
  @inlinable
  public mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  /// Appends bytes.
  @inlinable
  public mutating func append(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { append(contentsOf: $0) }
  }
}
