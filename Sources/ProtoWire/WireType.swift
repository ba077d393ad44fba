/// The layout of a field's value on the wire, the lowest three bits of its tag.
@usableFromInline @frozen package enum WireType: Sendable {
  case varint, fixed64, lengthDelimited, startGroup, endGroup, fixed32

  /// The wire type with this number, or nil for 6 and above.
  @inlinable @inline(__always) package init?(number: UInt64) {
    switch number {
    case 0: self = .varint
    case 1: self = .fixed64
    case 2: self = .lengthDelimited
    case 3: self = .startGroup
    case 4: self = .endGroup
    case 5: self = .fixed32
    default: return nil
    }
  }

  /// The number on the wire.
  @inlinable @inline(__always) package var number: UInt64 {
    switch self {
    case .varint: 0
    case .fixed64: 1
    case .lengthDelimited: 2
    case .startGroup: 3
    case .endGroup: 4
    case .fixed32: 5
    }
  }
}

/// The number and the wire type of a field, as they stand before its value.
@usableFromInline @frozen package struct WireTag: Equatable, Sendable {
  /// From 1 to ``maxField``.
  @usableFromInline package let field: Int
  @usableFromInline package let type: WireType

  /// The greatest field number that protobuf has.
  @inlinable package static var maxField: Int { 1 << 29 - 1 }

  @inlinable @inline(__always) package init(_ field: Int, _ type: WireType) {
    self.field = field
    self.type = type
  }

  /// Takes a varint apart; nil for a number or a type that does not exist.
  @inlinable @inline(__always) package init?(_ bits: UInt64) {
    let field = bits >> 3
    guard field > 0, field <= UInt64(Self.maxField), let type = WireType(number: bits & 7) else {
      return nil
    }
    self.init(Int(truncatingIfNeeded: field), type)
  }

  /// The value of the varint that stands for the tag.
  @inlinable package var bits: UInt64 { UInt64(truncatingIfNeeded: field) << 3 | type.number }
}

/// The numbers of the two fields that an entry of a map has.
@usableFromInline package enum MapEntry {
  @inlinable package static var key: Int { 1 }
  @inlinable package static var value: Int { 2 }
}
