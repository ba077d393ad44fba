/// The metadata that a client sends with every call, such as its key. It is encoded once, so that a
/// call costs a copy of these bytes and no allocation.
struct StandingMetadata: Sendable {
  private struct Pair {
    let key: String
    let bytes: [UInt8]
  }

  private let pairs: [Pair]
  /// The bytes that all pairs take in a request.
  let byteCount: Int

  init(_ metadata: Metadata) {
    pairs = metadata.entries.map { entry in
      var buffer = ResponseBuffer()
      entry.append(to: &buffer)
      return Pair(key: entry.key, bytes: buffer.takeBytes())
    }
    byteCount = pairs.reduce(0) { $0 + $1.bytes.count }
  }

  var isEmpty: Bool { pairs.isEmpty }

  /// Appends the pairs, except those whose key occurs in `metadata`: a call's own values replace
  /// the client's.
  func append(to buffer: inout ResponseBuffer, replacedBy metadata: Metadata) {
    for pair in pairs {
      if !metadata.isEmpty, metadata.entries.contains(where: { $0.key == pair.key }) { continue }
      buffer.append(pair.bytes)
    }
  }
}

extension Metadata.Entry {
  /// Appends the pair as a field of a Request.
  func append(to buffer: inout ResponseBuffer) {
    buffer.appendByte(0x2a)
    buffer.appendVarint(
      UInt64(
        StatusEncoding.stringSize(key, always: true)
          + StatusEncoding.stringSize(value, always: true)
      )
    )
    StatusEncoding.appendString(0x0a, key, to: &buffer)
    StatusEncoding.appendString(0x12, value, to: &buffer)
  }
}
