package import PatronStore

/// A reader of the fields of an encoded, stored message, for uses in which decoding the whole
/// message would cost more than the work on it.
package struct WireFields {
  /// The value of a field.
  package enum Value {
    case number(UInt64)
    case bytes(UnsafeRawBufferPointer)
    /// The bit pattern of eight or four bytes.
    case fixed(UInt64)
  }

  private let message: UnsafeRawBufferPointer
  private var index = 0

  package init(_ message: UnsafeRawBufferPointer) { self.message = message }

  /// Returns the next field, or nil at the end.
  ///
  /// - Throws: ``StoreError/corrupt(_:)`` for bytes that are not a message.
  @inline(__always)
  package mutating func next() throws(StoreError) -> (field: Int, value: Value)? {
    guard index < message.count else { return nil }
    let tag = try varint()
    let field = Int(truncatingIfNeeded: tag >> 3)
    switch tag & 7 {
    case 0: return (field, .number(try varint()))
    case 1: return (field, .fixed(try fixed(8)))
    case 2:
      let count = try varint()
      guard count <= UInt64(message.count - index) else { throw Self.damaged }
      let start = index
      index += Int(count)
      return (field, .bytes(UnsafeRawBufferPointer(rebasing: message[start..<index])))
    case 5: return (field, .fixed(try fixed(4)))
    default: throw Self.damaged
    }
  }

  @inline(__always)
  private mutating func varint() throws(StoreError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while index < message.count, shift < 64 {
      let byte = message[index]
      index += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw Self.damaged
  }

  private mutating func fixed(_ count: Int) throws(StoreError) -> UInt64 {
    guard message.count - index >= count else { throw Self.damaged }
    var value: UInt64 = 0
    for offset in 0..<count { value |= UInt64(message[index + offset]) << UInt64(8 * offset) }
    index += count
    return value
  }

  private static let damaged = StoreError.corrupt("a stored record cannot be decoded")
}

extension WireFields {
  /// Returns the numbers of fields 1 and 2, which are a timestamp's seconds and nanos.
  package static func timestamp(
    _ message: UnsafeRawBufferPointer
  ) throws(StoreError) -> (seconds: Int64, nanos: Int) {
    var fields = WireFields(message)
    var time: (seconds: Int64, nanos: Int) = (0, 0)
    while let (field, value) = try fields.next() {
      guard case .number(let number) = value else { continue }
      if field == 1 { time.seconds = Int64(bitPattern: number) }
      if field == 2 { time.nanos = Int(truncatingIfNeeded: number) }
    }
    return time
  }

  /// Returns a timestamp in microseconds since 1970.
  package static func micros(_ message: UnsafeRawBufferPointer) throws(StoreError) -> Int64 {
    let (seconds, nanos) = try timestamp(message)
    return seconds &* 1_000_000 &+ Int64(nanos / 1000)
  }
}
