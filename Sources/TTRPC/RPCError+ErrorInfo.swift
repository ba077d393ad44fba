extension RPCError {
  /// Returns the error with a `google.rpc.ErrorInfo` that names a stable reason, written by hand
  /// because this module knows no message types. Both texts are ASCII and shorter than 64 bytes.
  package func giving(reason: String, domain: String = "patron") -> RPCError {
    var value: [UInt8] = []
    for (tag, text) in [(UInt8(0x0a), reason), (UInt8(0x12), domain)] {
      value += [tag, UInt8(text.utf8.count)]
      value += text.utf8
    }
    var error = self
    error.details.append(
      StatusDetail(typeURL: "type.googleapis.com/google.rpc.ErrorInfo", value: value)
    )
    return error
  }
}
