internal import PatronProto
internal import ProtoWire

extension GoogleProtobuf.Timestamp {
  /// Returns the time of an encoded timestamp in microseconds since 1970.
  static func micros(of bytes: RawSpan) throws(WireError) -> Int64 {
    var reader = ProtoReader(bytes)
    var seconds: Int64 = 0
    var nanos: Int64 = 0
    while let next = try reader.next() {
      switch next {
      case (Field.seconds, .varint(let number)): seconds = Int64(bitPattern: number)
      case (Field.nanos, .varint(let number)): nanos = Int64(bitPattern: number)
      default: break
      }
    }
    return seconds &* 1_000_000 &+ nanos / 1000
  }
}
