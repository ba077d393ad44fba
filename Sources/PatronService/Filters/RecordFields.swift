/// The fields of a stored message, one after the other, without decoding it: for looking at one or
/// two fields of very many records. Records are written by this program; what is malformed ends the
/// walk.
struct RecordFields {
  private var rest: UnsafeRawBufferPointer

  /// One field.
  struct Field {
    /// Its number.
    var number: UInt64
    /// Of a number: its bits. Of text and messages: 0.
    var value: UInt64
    /// Of text and messages: the content.
    var content: UnsafeRawBufferPointer
  }

  /// The fields of an encoded message.
  init(_ message: UnsafeRawBufferPointer) { rest = message }

  /// The next field; nil at the end.
  mutating func next() -> Field? {
    guard let tag = varint() else { return nil }
    var field = Field(
      number: tag >> 3, value: 0, content: UnsafeRawBufferPointer(start: nil, count: 0))
    switch tag & 7 {
    case 0:
      guard let value = varint() else { return nil }
      field.value = value
    case 1:
      guard take(8) != nil else { return nil }
    case 2:
      guard let count = varint(), let content = take(count) else { return nil }
      field.content = content
    case 5:
      guard take(4) != nil else { return nil }
    default: return nil
    }
    return field
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    for (index, byte) in rest.enumerated() {
      value |= UInt64(byte & 0x7F) &<< shift
      if byte < 0x80 {
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(index + 1))
        return value
      }
      shift += 7
      if shift > 63 { return nil }
    }
    return nil
  }

  private mutating func take(_ count: UInt64) -> UnsafeRawBufferPointer? {
    guard count <= UInt64(rest.count) else { return nil }
    let taken = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(count)))
    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(Int(count)))
    return taken
  }
}
