internal import PatronStore
internal import ProtoWire

/// The encoded bodies of records that name their customer. Moving many records changes that number
/// in place: decoding and encoding each would take the writer several times as long.
enum OwnedBody {
  /// Returns the encoded message with another number in `field`, an int64 that the message has.
  ///
  /// - Throws: ``StoreError/corrupt(_:)`` for bytes that are not such a message.
  static func naming(
    _ customerID: Int64,
    in field: Int,
    of body: [UInt8]
  ) throws(StoreError) -> [UInt8] {
    guard let place = try? range(of: field, in: body.span.bytes) else {
      throw .corrupt("a stored record names no customer")
    }
    var result = Array(body[..<place.lowerBound])
    result.reserveCapacity(body.count + Varint.maxByteCount)
    result.appendVarint(UInt64(bitPattern: customerID))
    result += body[place.upperBound...]
    return result
  }

  /// Returns the range of the number in `field`, or nil if the message does not have it.
  private static func range(of field: Int, in body: RawSpan) throws(WireError) -> Range<Int>? {
    var reader = ProtoReader(body)
    while let tag = try reader.nextTag() {
      let start = reader.offset
      guard tag.type != .startGroup else { throw .group }
      try reader.skip(tag)
      if tag == WireTag(field, .varint) { return start..<reader.offset }
    }
    return nil
  }
}
