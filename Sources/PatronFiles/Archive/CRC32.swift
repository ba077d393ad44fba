internal import PatronCore

/// The checksum of ZIP archives: CRC-32 with the polynomial 0xEDB88320.
struct CRC32 {
  private var state: UInt32 = 0xFFFF_FFFF

  /// The checksum of all added bytes.
  var value: UInt32 { ~state }

  mutating func add(_ bytes: [UInt8]) {
    var crc = state
    for byte in bytes {
      crc = Self.table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ (crc >> 8)
    }
    state = crc
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
  }
}
