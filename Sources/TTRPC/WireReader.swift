/// A reader of protobuf fields that returns slices of the buffer and copies nothing.
public struct WireReader {
  /// The wire type numbers of protobuf.
  public enum WireType {
    /// Numbers of variable length.
    public static let varint: UInt8 = 0
    /// Eight bytes.
    public static let fixed64: UInt8 = 1
    /// Strings, bytes, messages.
    public static let lengthDelimited: UInt8 = 2
    /// Start of a group (proto2).
    public static let startGroup: UInt8 = 3
    /// End of a group (proto2).
    public static let endGroup: UInt8 = 4
    /// Four bytes.
    public static let fixed32: UInt8 = 5
  }

  /// A field's number and wire type.
  public struct Tag: Equatable {
    /// The field number.
    public let field: UInt32
    /// The wire type, 0 to 5.
    public let wireType: UInt8
  }

  private let bytes: UnsafeRawBufferPointer
  /// Offset of the next unread byte.
  public private(set) var offset = 0

  /// Creates a reader at the beginning of `bytes`, which must outlive it.
  public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// True when everything was read.
  public var isAtEnd: Bool { offset == bytes.count }

  /// Reads the next field's tag, or returns nil at the end of the buffer.
  public mutating func nextTag() throws(EnvelopeError) -> Tag? {
    if isAtEnd { return nil }
    let raw = try varint()
    let field = raw >> 3
    let wireType = UInt8(truncatingIfNeeded: raw & 7)
    guard field > 0, field < 1 << 29, wireType <= WireType.fixed32 else { throw .badTag }
    return Tag(field: UInt32(truncatingIfNeeded: field), wireType: wireType)
  }

  /// Reads a varint of up to ten bytes.
  public mutating func varint() throws(EnvelopeError) -> UInt64 {
    guard offset < bytes.count else { throw .truncated }
    let first = bytes[offset]
    offset += 1
    if first < 0x80 { return UInt64(first) }
    var value = UInt64(first & 0x7f)
    var shift: UInt64 = 7
    while true {
      guard offset < bytes.count else { throw .truncated }
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
      if shift > 63 { throw .varintTooLong }
    }
  }

  /// Reads a length-delimited field and returns its bytes as a slice.
  public mutating func lengthDelimited() throws(EnvelopeError) -> UnsafeRawBufferPointer {
    let length = try varint()
    guard length <= UInt64(bytes.count - offset) else { throw .truncated }
    let count = Int(length)
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  /// Reads a length-delimited field that must be UTF-8. `field` names it in the error.
  public mutating func string(_ field: String) throws(EnvelopeError) -> String {
    let slice = try lengthDelimited()
    guard isUTF8(slice) else { throw .notUTF8(field: field) }
    return String(decoding: slice, as: UTF8.self)
  }

  /// Skips the value of an unknown field.
  public mutating func skip(_ tag: Tag) throws(EnvelopeError) {
    try skip(tag, depth: 0)
  }

  /// The deepest nesting of groups; a limit keeps hostile input from exhausting the stack.
  private static let maxGroupDepth = 32

  private mutating func skip(_ tag: Tag, depth: Int) throws(EnvelopeError) {
    switch tag.wireType {
    case WireType.varint: _ = try varint()
    case WireType.fixed64: try advance(8)
    case WireType.fixed32: try advance(4)
    case WireType.lengthDelimited: _ = try lengthDelimited()
    case WireType.startGroup:
      guard depth < WireReader.maxGroupDepth else { throw .badTag }
      while true {
        guard let inner = try nextTag() else { throw .truncated }
        if inner.wireType == WireType.endGroup {
          guard inner.field == tag.field else { throw .badTag }
          return
        }
        try skip(inner, depth: depth + 1)
      }
    default: throw .badTag
    }
  }

  private mutating func advance(_ count: Int) throws(EnvelopeError) {
    guard bytes.count - offset >= count else { throw .truncated }
    offset += count
  }
}

/// Returns true if `bytes` are well-formed UTF-8: no overlong forms, no surrogates, nothing above
/// U+10FFFF. Written by hand because it runs on every metadata value and must not allocate.
public func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
  var index = 0
  let count = bytes.count
  while index < count {
    if count - index >= 8 {
      let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      if word & 0x8080_8080_8080_8080 == 0 {
        index += 8
        continue
      }
    }
    let first = bytes[index]
    if first < 0x80 {
      index += 1
      continue
    }
    let length = sequenceLength(bytes, at: index)
    if length == 0 { return false }
    index += length
  }
  return true
}

/// Returns the length in bytes of the multi-byte sequence at `index`, or 0 if it is malformed (RFC
/// 3629, the table of section 4).
private func sequenceLength(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
  let first = bytes[index]
  let length: Int
  var second: ClosedRange<UInt8> = 0x80...0xbf
  switch first {
  case 0xc2...0xdf: length = 2
  case 0xe0...0xef:
    length = 3
    if first == 0xe0 { second = 0xa0...0xbf }
    if first == 0xed { second = 0x80...0x9f }
  case 0xf0...0xf4:
    length = 4
    if first == 0xf0 { second = 0x90...0xbf }
    if first == 0xf4 { second = 0x80...0x8f }
  default: return 0
  }
  guard bytes.count - index >= length, second.contains(bytes[index + 1]) else { return 0 }
  for offset in 2..<max(length, 2) where bytes[index + offset] & 0xc0 != 0x80 { return 0 }
  return length
}
