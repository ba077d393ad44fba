/// The encoding of `google.rpc.Status` and of the strings of envelopes.
enum StatusEncoding {
  static func size(_ error: RPCError) -> Int {
    var size = error.code.rawValue == 0 ? 0 : 1 + varintSize(error.code.rawValue)
    size += stringSize(error.message, always: false)
    for detail in error.details {
      let inner = detailSize(detail)
      size += 1 + ResponseBuffer.varintSize(UInt64(inner)) + inner
    }
    return size
  }

  static func append(_ error: RPCError, to buffer: inout ResponseBuffer) {
    if error.code.rawValue != 0 {
      buffer.appendByte(0x08)
      buffer.appendVarint(UInt64(bitPattern: Int64(error.code.rawValue)))
    }
    if !error.message.isEmpty { appendString(0x12, error.message, to: &buffer) }
    for detail in error.details {
      buffer.appendByte(0x1a)
      buffer.appendVarint(UInt64(detailSize(detail)))
      if !detail.typeURL.isEmpty { appendString(0x0a, detail.typeURL, to: &buffer) }
      if !detail.value.isEmpty {
        buffer.appendByte(0x12)
        buffer.appendVarint(UInt64(detail.value.count))
        buffer.append(detail.value)
      }
    }
  }

  static func stringSize(_ string: String, always: Bool) -> Int {
    let count = string.utf8.count
    if count == 0 && !always { return 0 }
    return 1 + ResponseBuffer.varintSize(UInt64(count)) + count
  }

  static func appendString(_ tag: UInt8, _ string: String, to buffer: inout ResponseBuffer) {
    var string = string
    string.withUTF8 { bytes in
      buffer.appendByte(tag)
      buffer.appendVarint(UInt64(bytes.count))
      buffer.append(UnsafeRawBufferPointer(bytes))
    }
  }

  private static func varintSize(_ code: Int32) -> Int {
    ResponseBuffer.varintSize(UInt64(bitPattern: Int64(code)))
  }

  private static func detailSize(_ detail: StatusDetail) -> Int {
    let value = detail.value.count
    return stringSize(detail.typeURL, always: false)
      + (value == 0 ? 0 : 1 + ResponseBuffer.varintSize(UInt64(value)) + value)
  }
}
