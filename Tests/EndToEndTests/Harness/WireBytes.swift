/// Hand-made protobuf and ttrpc bytes, so that tests can make them invalid.
struct WireBytes: Sendable {
  var bytes: [UInt8] = []

  static func varint(_ value: UInt64) -> [UInt8] {
    var result: [UInt8] = []
    var rest = value
    while rest >= 0x80 {
      result.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return result + [UInt8(rest)]
  }

  /// Appends a length-delimited field: a string, bytes or a message.
  func field(_ number: UInt64, _ content: [UInt8]) -> WireBytes {
    WireBytes(
      bytes: bytes + Self.varint(number << 3 | 2) + Self.varint(UInt64(content.count)) + content
    )
  }

  func field(_ number: UInt64, _ text: String) -> WireBytes { field(number, Array(text.utf8)) }

  func field(_ number: UInt64, _ message: WireBytes) -> WireBytes { field(number, message.bytes) }

  /// Appends a varint field.
  func field(_ number: UInt64, number value: UInt64) -> WireBytes {
    WireBytes(bytes: bytes + Self.varint(number << 3) + Self.varint(value))
  }

  /// Appends the same field many times.
  func repeating(_ number: UInt64, _ content: [UInt8], times: Int) -> WireBytes {
    let one = WireBytes().field(number, content).bytes
    return WireBytes(bytes: bytes + Array(repeatElement(one, count: times).joined()))
  }
}

/// Frames as on the wire.
enum RawFrames {
  static let customers = "patron.v1.CustomerService"
  static let health = "grpc.health.v1.Health"

  static func frame(
    _ type: UInt8,
    stream: UInt32,
    flags: UInt8 = 0,
    length: Int? = nil,
    _ body: [UInt8]
  ) -> [UInt8] {
    func word(_ value: UInt32) -> [UInt8] {
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
    }
    return word(UInt32(length ?? body.count)) + word(stream) + [type, flags] + body
  }

  static func request(
    _ stream: UInt32,
    _ method: String,
    _ payload: [UInt8],
    service: String = customers,
    timeoutNanos: Int64 = 0,
    metadata: [(String, String)] = [],
    flags: UInt8 = 0
  ) -> [UInt8] {
    var envelope = WireBytes().field(1, service).field(2, method).field(3, payload)
    if timeoutNanos != 0 {
      envelope = envelope.field(4, number: UInt64(bitPattern: timeoutNanos))
    }
    for (key, value) in metadata {
      envelope = envelope.field(5, WireBytes().field(1, key).field(2, value))
    }
    return frame(1, stream: stream, flags: flags, envelope.bytes)
  }

  /// Returns an UpsertCustomerRequest for a customer with an external id and an e-mail address.
  static func upsert(_ externalID: String) -> [UInt8] {
    WireBytes().field(2, customer(externalID)).bytes
  }

  static func customer(_ externalID: String) -> WireBytes {
    WireBytes().field(1, externalID).field(2, "\(externalID)@example.com")
  }
}
