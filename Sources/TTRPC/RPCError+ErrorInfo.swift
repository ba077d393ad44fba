extension RPCError {
  /// Returns the error with a `google.rpc.ErrorInfo` that names a stable reason, written by hand
  /// because this module knows no message types. All texts are ASCII and shorter than 60 bytes.
  package func giving(
    reason: String,
    domain: String = "patron",
    _ metadata: KeyValuePairs<String, String> = [:]
  ) -> RPCError {
    var value = Self.field(1, Array(reason.utf8)) + Self.field(2, Array(domain.utf8))
    for (key, text) in metadata {
      value += Self.field(3, Self.field(1, Array(key.utf8)) + Self.field(2, Array(text.utf8)))
    }
    var error = self
    error.details.append(
      StatusDetail(typeURL: "type.googleapis.com/google.rpc.ErrorInfo", value: value)
    )
    return error
  }

  private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [number << 3 | 2, UInt8(bytes.count)] + bytes
  }

  /// The reason of the first detail, if that is a `google.rpc.ErrorInfo`. Read by hand, like it is
  /// written: the reason is the first field, shorter than 128 bytes.
  package var leadingReason: String? {
    guard let detail = details.first, detail.typeURL.hasSuffix("/google.rpc.ErrorInfo"),
      detail.value.count > 2, detail.value[0] == 0x0a, detail.value[1] < 0x80
    else { return nil }
    let end = 2 + Int(detail.value[1])
    guard detail.value.count >= end else { return nil }
    return String(decoding: detail.value[2..<end], as: UTF8.self)
  }
}
