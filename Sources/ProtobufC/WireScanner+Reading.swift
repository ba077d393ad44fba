internal import CProtobufC
internal import ProtoWire

extension WireType {
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
  /// Reads a tag: at most five bytes, a field number from 1 to 2^29 - 1. There must be a byte at
  /// `cursor`.
  @inline(__always)
  func tag(_ cursor: inout Int, _ end: Int) throws(CodecError) -> UInt32 {
    let first = byte(cursor)
    if first < 0x80 {
      guard first >= 8 else { throw CodecError(.malformedTag) }
      cursor &+= 1
      return UInt32(first)
    }
    return try longTag(&cursor, end)
  }

  private func longTag(_ cursor: inout Int, _ end: Int) throws(CodecError) -> UInt32 {
    let start = cursor
    let value = try varint(&cursor, end)
    guard cursor - start <= 5, let tag = UInt32(exactly: value), tag >= 8 else {
      throw CodecError(.malformedTag)
    }
    return tag
  }

  /// Reads a varint of at most ten bytes that fits 64 bits.
  @inline(__always)
  func varint(_ cursor: inout Int, _ end: Int) throws(CodecError) -> UInt64 {
    do throws(WireError) {
      return try Varint.read(bytes, at: &cursor, before: end)
    } catch {
      throw CodecError(error == .truncated ? .truncated : .malformedVarint)
    }
  }

  /// Skips `count` bytes.
  @inline(__always)
  func advance(_ cursor: inout Int, _ end: Int, _ count: Int) throws(CodecError) {
    guard end &- cursor >= count else { throw CodecError(.truncated) }
    cursor &+= count
  }

  /// Reads a length of at most five bytes and skips the content. Returns the start of the content.
  @inline(__always)
  func content(_ cursor: inout Int, _ end: Int) throws(CodecError) -> Int {
    let start = cursor
    let length = try varint(&cursor, end)
    guard cursor &- start <= 5 else { throw CodecError(.malformedLength) }
    guard length <= UInt64(end &- cursor) else { throw CodecError(.truncated) }
    let content = cursor
    cursor &+= Int(length)
    return content
  }

  /// The byte at an offset within the message.
  @inline(__always)
  func byte(_ offset: Int) -> UInt8 {
    bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
  }
}
