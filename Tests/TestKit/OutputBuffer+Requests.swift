package import TTRPC

extension OutputBuffer {
  /// Appends a whole Request. A `timeoutNanos` of 0 means no deadline.
  package mutating func appendRequest(
    stream: UInt32,
    flags: FrameFlags = [],
    method: Method,
    payload: [UInt8],
    timeoutNanos: Int64 = 0,
    metadata: Metadata = Metadata()
  ) {
    beginRequest(stream: stream, flags: flags, service: method.service, method: method.name)
    message.append(payload)
    endRequest(timeoutNanos: timeoutNanos, metadata: metadata)
  }

  /// Takes all bytes as an array and empties the buffer.
  package mutating func takeAll() -> [UInt8] {
    let bytes = withUnsafeBytes { [UInt8]($0) }
    removeAll()
    return bytes
  }
}
