internal import CProtobufC

/// The layout of a value on the wire.
enum WireType: UInt32 {
  case varint = 0
  case fixed64 = 1
  case lengthDelimited = 2
  case fixed32 = 5

  /// Returns the layout of libprotobuf-c's field type.
  @inline(__always)
  static func of(_ type: UInt32) -> WireType {
    switch FieldType(rawValue: type) {
    case .sfixed32, .fixed32, .float: .fixed32
    case .sfixed64, .fixed64, .double: .fixed64
    case .string, .bytes, .message: .lengthDelimited
    default: .varint
    }
  }
}

extension WireScanner {
  /// Reads a tag: at most five bytes, a field number from 1 to 2^29 - 1.
  @inline(__always)
  static func tag(_ cursor: inout Bytes, _ end: Bytes) throws(CodecError) -> UInt32 {
    let first = cursor.pointee
    if first < 0x80 {
      guard first >= 8 else { throw CodecError(.malformedTag) }
      cursor += 1
      return UInt32(first)
    }
    return try longTag(&cursor, end)
  }

  private static func longTag(_ cursor: inout Bytes, _ end: Bytes) throws(CodecError) -> UInt32 {
    let start = cursor
    let value = try varint(&cursor, end)
    guard cursor - start <= 5, let tag = UInt32(exactly: value), tag >= 8 else {
      throw CodecError(.malformedTag)
    }
    return tag
  }

  /// Reads a varint of at most ten bytes that fits 64 bits.
  @inline(__always)
  static func varint(_ cursor: inout Bytes, _ end: Bytes) throws(CodecError) -> UInt64 {
    guard cursor < end else { throw CodecError(.truncated) }
    let first = cursor.pointee
    if first < 0x80 {
      cursor += 1
      return UInt64(first)
    }
    return try longVarint(&cursor, end)
  }

  private static func longVarint(_ cursor: inout Bytes, _ end: Bytes) throws(CodecError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while cursor < end {
      let byte = cursor.pointee
      cursor += 1
      if shift == 63 && byte > 1 { throw CodecError(.malformedVarint) }
      value |= UInt64(byte & 0x7F) &<< shift
      if byte < 0x80 { return value }
      shift &+= 7
    }
    throw CodecError(.truncated)
  }

  /// Skips `count` bytes.
  @inline(__always)
  static func advance(_ cursor: inout Bytes, _ end: Bytes, _ count: Int) throws(CodecError) {
    guard end - cursor >= count else { throw CodecError(.truncated) }
    cursor += count
  }

  /// Reads a length of at most five bytes and skips the content. Returns the start of the content.
  @inline(__always)
  static func content(_ cursor: inout Bytes, _ end: Bytes) throws(CodecError) -> Bytes {
    let start = cursor
    let length = try varint(&cursor, end)
    guard cursor - start <= 5 else { throw CodecError(.malformedLength) }
    guard length <= UInt64(end - cursor) else { throw CodecError(.truncated) }
    let content = cursor
    cursor += Int(length)
    return content
  }
}
