package import PatronProto
package import ProtoWire

extension GoogleProtobuf.Timestamp {
  /// Returns the time of an encoded timestamp in microseconds since 1970.
  package static func micros(of bytes: RawSpan) throws(WireError) -> Int64 {
    let (seconds, nanos) = try parts(of: bytes)
    return seconds &* 1_000_000 &+ nanos / 1000
  }

  /// Returns the time of an encoded timestamp in seconds since 1970, and the nanoseconds beyond
  /// them.
  package static func parts(
    of bytes: RawSpan
  ) throws(WireError) -> (seconds: Int64, nanos: Int64) {
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
    return (seconds, nanos)
  }
}
