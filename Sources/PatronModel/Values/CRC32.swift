internal import ProtoWire

/// The checksum CRC-32 of ISO 3309, as in zip files. It finds every error within 32 bits in a row,
/// so any one wrong character; it is no protection against forgery.
enum CRC32 {
  /// The checksums of all bytes.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 0 ? 0 : 0xEDB8_8320) }
  }

  /// Returns the checksum of the first `count` bytes.
  static func of(_ bytes: RawSpan, first count: Int) -> UInt32 {
    var sum = UInt32.max
    for offset in 0..<count {
      sum = sum >> 8 ^ table[Int((sum ^ UInt32(bytes[offset])) & 255)]
    }
    return ~sum
  }
}
