internal import PatronStore
internal import ProtobufC

extension Message {
  /// Decodes what the store keeps. Bytes that cannot be decoded are damage, and no fault of the
  /// caller.
  init(stored bytes: [UInt8]) throws(StoreError) {
    do {
      try self.init(decoding: bytes)
    } catch {
      throw .corrupt("a stored \(Self.protoName) cannot be decoded: \(error.reason)")
    }
  }
}
