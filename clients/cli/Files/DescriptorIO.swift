#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Reads and writes of file descriptors, repeated after signals.
enum DescriptorIO {
  /// Writes all of `bytes`. Returns false and sets `errno` on failure.
  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = writeOnce(rest, to: descriptor)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      rest.removeFirst(count)
    }
    return true
  }

  /// Reads up to `buffer.count` bytes over those of `buffer`. Returns the number of bytes read, 0
  /// at the end of the file; on failure -1, and sets `errno`.
  static func read(_ descriptor: Int32, into buffer: inout [UInt8]) -> Int {
    while true {
      let count = readOnce(descriptor, into: &buffer)
      if count >= 0 || errno != EINTR { return count }
    }
  }
}

private func writeOnce(_ bytes: [UInt8], to descriptor: Int32) -> Int {
  write(descriptor, bytes, bytes.count)
}

private func readOnce(_ descriptor: Int32, into buffer: inout [UInt8]) -> Int {
  read(descriptor, &buffer, buffer.count)
}
