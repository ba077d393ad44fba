internal import PatronStore

/// Records name their customer in their body too. Moving many of them changes that one number in
/// place: decoding and encoding each would take the writer several times as long.
enum OwnedBody {
  /// The field of `patron.v1.Event` that names the customer.
  static let ofEvent: UInt64 = 3
  /// The field of `patron.v1.Order`.
  static let ofOrder: UInt64 = 2
  /// The field of `patron.v1.ConsentRecord`.
  static let ofLedger: UInt64 = 2

  /// The encoded message with another number in `field`, an int64 that it has.
  ///
  /// - Throws: ``StoreError/corrupt(_:)`` for bytes that are no such message.
  static func naming(
    _ customerID: Int64,
    in field: UInt64,
    of body: [UInt8]
  ) throws(StoreError) -> [UInt8] {
    var index = 0
    while index < body.count {
      let tag = try varint(body, &index)
      let start = index
      switch tag & 7 {
      case 0: _ = try varint(body, &index)
      case 1: index += 8
      case 2:
        let count = try varint(body, &index)
        guard count <= UInt64(body.count - index) else { throw damaged }
        index += Int(count)
      case 5: index += 4
      default: throw damaged
      }
      guard index <= body.count else { throw damaged }
      if tag == field << 3 {
        var result = Array(body[..<start])
        result.reserveCapacity(body.count + 4)
        var rest = UInt64(bitPattern: customerID)
        while rest >= 0x80 {
          result.append(UInt8(truncatingIfNeeded: rest) | 0x80)
          rest >>= 7
        }
        result.append(UInt8(rest))
        result += body[index...]
        return result
      }
    }
    throw damaged
  }

  private static func varint(_ body: [UInt8], _ index: inout Int) throws(StoreError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while index < body.count, shift < 64 {
      let byte = body[index]
      index += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw damaged
  }

  private static let damaged = StoreError.corrupt("a stored record names no customer")
}
