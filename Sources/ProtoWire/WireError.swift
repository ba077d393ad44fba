/// A reason why bytes are not an encoded message.
@usableFromInline package enum WireError: Error, Equatable {
  /// The bytes end inside a field.
  case truncated
  /// A varint that takes more than ten bytes or does not fit 64 bits.
  case malformedVarint
  /// A tag with field number 0 or one above 2^29 - 1, or with wire type 6 or 7.
  case malformedTag
  /// A group where none is supported, one without its end, or one nested too deeply.
  case group
}
