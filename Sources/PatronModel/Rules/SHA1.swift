/// SHA-1 (FIPS 180-4), for names only: UUIDs of version 5 are defined by it. SHA-1 is broken as a
/// signature, so no secret may depend on it. It stays by hand so that the client library needs no
/// library of cryptography.
struct SHA1 {
  private var state: (UInt32, UInt32, UInt32, UInt32, UInt32) = (
    0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0
  )
  private var pending: [UInt8] = []
  private var length: UInt64 = 0

  init() {
    pending.reserveCapacity(64)
  }

  /// Returns the digest of `bytes`, 20 bytes.
  static func digest(of bytes: some Sequence<UInt8>) -> [UInt8] {
    var hash = SHA1()
    hash.update(bytes)
    return hash.finish()
  }

  mutating func update(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      pending.append(byte)
      length &+= 1
      if pending.count == 64 { compress() }
    }
  }

  /// Returns the digest of all bytes added. Do not use the value afterwards.
  mutating func finish() -> [UInt8] {
    let bits = length &* 8
    pending.append(0x80)
    if pending.count > 56 { pad(to: 64) }
    pad(to: 56)
    for shift in stride(from: 56, through: 0, by: -8) {
      pending.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
    }
    compress()
    return [state.0, state.1, state.2, state.3, state.4].flatMap { word in
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
    }
  }

  private mutating func pad(to count: Int) {
    while pending.count < count { pending.append(0) }
    if pending.count == 64 { compress() }
  }

  private mutating func compress() {
    let words = schedule()
    var (a, b, c, d, e) = state
    for index in 0..<80 {
      let (mix, constant): (UInt32, UInt32) =
        switch index {
        case 0..<20: ((b & c) | (~b & d), 0x5A82_7999)
        case 20..<40: (b ^ c ^ d, 0x6ED9_EBA1)
        case 40..<60: ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
        default: (b ^ c ^ d, 0xCA62_C1D6)
        }
      let next = Self.rotate(a, 5) &+ mix &+ e &+ constant &+ words[index]
      (e, d, c, b, a) = (d, c, Self.rotate(b, 30), a, next)
    }
    state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d, state.4 &+ e)
    pending.removeAll(keepingCapacity: true)
  }

  private func schedule() -> [UInt32] {
    var words: [UInt32] = []
    words.reserveCapacity(80)
    for start in stride(from: 0, to: 64, by: 4) {
      let high = UInt32(pending[start]) << 24 | UInt32(pending[start + 1]) << 16
      let low = UInt32(pending[start + 2]) << 8 | UInt32(pending[start + 3])
      words.append(high | low)
    }
    for index in 16..<80 {
      let mixed = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
      words.append(Self.rotate(mixed, 1))
    }
    return words
  }

  private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word << count | word >> (32 - count)
  }
}
