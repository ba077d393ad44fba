extension RPCError {
  /// The wait that the server asks for before another attempt: the `retry_delay` of a
  /// `google.rpc.RetryInfo` among the details. Nil if there is none or it is malformed. A negative
  /// delay asks for no retry.
  public var retryDelay: Duration? {
    for detail in details where detail.typeURL == RetryInfoBody.typeURL {
      return detail.value.withUnsafeBytes { bytes in try? RetryInfoBody.delay(bytes) }
    }
    return nil
  }

  /// Returns the error with a `google.rpc.RetryInfo` that asks for a wait of `delay`, which must
  /// not be negative. For limits that pass, so that clients know that another attempt may succeed.
  package func retrying(after delay: Duration) -> RPCError {
    var error = self
    error.details.append(
      StatusDetail(typeURL: RetryInfoBody.typeURL, value: RetryInfoBody.encoded(delay))
    )
    return error
  }
}

/// The body `RetryInfo { google.protobuf.Duration retry_delay = 1 }`, by hand because this module
/// knows no message types.
private enum RetryInfoBody {
  static let typeURL = "type.googleapis.com/google.rpc.RetryInfo"

  static func encoded(_ delay: Duration) -> [UInt8] {
    let (seconds, attoseconds) = delay.components
    var duration = ResponseBuffer()
    if seconds > 0 {
      duration.appendByte(0x08)
      duration.appendVarint(UInt64(seconds))
    }
    if attoseconds >= 1_000_000_000 {
      duration.appendByte(0x10)
      duration.appendVarint(UInt64(attoseconds / 1_000_000_000))
    }
    let bytes = duration.takeBytes()
    return [0x0a, UInt8(bytes.count)] + bytes
  }

  static func delay(_ bytes: UnsafeRawBufferPointer) throws(EnvelopeError) -> Duration? {
    var reader = WireReader(bytes)
    var delay: Duration?
    while let tag = try reader.nextTag() {
      if tag == WireReader.Tag(field: 1, wireType: WireReader.WireType.lengthDelimited) {
        delay = try duration(try reader.lengthDelimited())
      } else {
        try reader.skip(tag)
      }
    }
    return delay
  }

  /// Reads `Duration { int64 seconds = 1; int32 nanos = 2 }`. Returns nil outside the type's
  /// bounds: 10,000 years, and one second of nanos.
  private static func duration(
    _ bytes: UnsafeRawBufferPointer
  ) throws(EnvelopeError) -> Duration? {
    var reader = WireReader(bytes)
    var seconds: Int64 = 0
    var nanoseconds: Int64 = 0
    while let tag = try reader.nextTag() {
      switch (tag.field, tag.wireType) {
      case (1, WireReader.WireType.varint): seconds = Int64(bitPattern: try reader.varint())
      case (2, WireReader.WireType.varint): nanoseconds = Int64(bitPattern: try reader.varint())
      default: try reader.skip(tag)
      }
    }
    guard seconds.magnitude <= 315_576_000_000, nanoseconds.magnitude <= 999_999_999 else {
      return nil
    }
    return .seconds(seconds) + .nanoseconds(nanoseconds)
  }
}
