internal import ProtoWire

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
  @inline(__always)
  public mutating func nextTag() throws(EnvelopeError) -> Tag? {
    if isAtEnd { return nil }
    guard let tag = WireTag(try varint()) else { throw .badTag }
    return Tag(
      field: UInt32(truncatingIfNeeded: tag.field),
      wireType: UInt8(truncatingIfNeeded: tag.type.number)
    )
  }

  /// Reads a varint of up to ten bytes.
  @inline(__always)
  public mutating func varint() throws(EnvelopeError) -> UInt64 {
    do throws(WireError) {
      return try Varint.read(bytes.bytes, at: &offset, before: bytes.count)
    } catch {
      throw EnvelopeError(error)
    }
  }

  /// Reads a length-delimited field and returns its bytes as a slice.
  @inline(__always)
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
    guard let type = ProtoWire.WireType(number: UInt64(tag.wireType)) else { throw .badTag }
    var reader = ProtoReader(bytes.bytes, offset..<bytes.count)
    do throws(WireError) {
      try reader.skip(WireTag(Int(tag.field), type))
    } catch {
      throw EnvelopeError(error)
    }
    offset = reader.offset
  }
}

extension EnvelopeError {
  fileprivate init(_ error: WireError) {
    switch error {
    case .truncated: self = .truncated
    case .malformedVarint: self = .varintTooLong
    case .malformedTag, .group: self = .badTag
    }
  }
}

/// Returns true if `bytes` are well-formed UTF-8: no overlong forms, no surrogates, nothing above
/// U+10FFFF. It allocates nothing, because it runs on every metadata value.
public func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool { UTF8Check.isValid(bytes.bytes) }
