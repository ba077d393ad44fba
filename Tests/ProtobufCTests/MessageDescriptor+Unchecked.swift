internal import CProtobufC

@testable import ProtobufC

extension MessageDescriptor {
  /// Unpacks without ``WireCheck``. Returns the bytes of memory used, or nil if libprotobuf-c
  /// refused.
  func unpackUnchecked(_ bytes: UnsafeRawBufferPointer, limit: Int) throws -> Int? {
    let arena = Arena(limit: limit)
    let message = protobuf_c_message_unpack(
      pointer,
      arena.allocator,
      bytes.count,
      bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    )
    return message == nil ? nil : arena.used
  }
}
