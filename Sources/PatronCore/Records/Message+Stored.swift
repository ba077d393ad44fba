package import PatronStore
package import ProtoWire
package import ProtobufC

extension Message {
  /// Decodes a stored message. Bytes that cannot be decoded are damage, not a fault of the caller.
  package init(stored bytes: [UInt8]) throws(StoreError) {
    try self.init(stored: bytes.span.bytes)
  }

  /// Decodes what the store lends, as the initialiser that takes an array does.
  package init(stored bytes: RawSpan) throws(StoreError) {
    do {
      try self.init(decoding: bytes)
    } catch {
      throw .undecodable(Self.protoName, error)
    }
  }

  /// Checks the bytes of a stored message that is passed on without decoding.
  package static func checkStored(_ bytes: RawSpan) throws(StoreError) {
    do {
      try WireCheck.check(bytes, as: descriptor, budget: .max)
    } catch {
      throw .undecodable(protoName, error)
    }
  }
}

extension StoreError {
  /// The error for a stored record whose bytes are malformed.
  package init(_ error: WireError) { self = .corrupt("a stored record cannot be decoded") }

  fileprivate static func undecodable(_ name: String, _ error: CodecError) -> StoreError {
    .corrupt("a stored \(name) cannot be decoded: \(error.reason)")
  }
}
