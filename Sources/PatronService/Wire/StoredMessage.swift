internal import PatronStore
internal import ProtobufC

extension Message {
  /// Decodes what the store keeps. Bytes that cannot be decoded are damage, and no fault of the
  /// caller.
  init(stored bytes: [UInt8]) throws(StoreError) {
    do {
      try self.init(decoding: bytes)
    } catch {
      throw .undecodable(Self.protoName, error)
    }
  }

  /// Checks bytes that the store keeps and that are to be passed on undecoded.
  static func checkStored(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
    do {
      try WireCheck.check(bytes, as: descriptor, budget: .max)
    } catch {
      throw .undecodable(protoName, error)
    }
  }
}

extension StoreError {
  fileprivate static func undecodable(_ name: String, _ error: CodecError) -> StoreError {
    .corrupt("a stored \(name) cannot be decoded: \(error.reason)")
  }
}
