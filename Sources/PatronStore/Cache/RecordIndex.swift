/// The places of records by the hash of their key: a table with open addressing and linear probing,
/// at most three quarters full. A hash has one place: of two keys with the same hash, the later one
/// replaces the earlier.
struct RecordIndex {
  /// Bytes of a slot.
  static let slotBytes = 12

  /// Maximum number of slots, a power of two.
  let maxSlots: Int
  /// The hashes; 0 for a free slot.
  private var hashes: [UInt64]
  private var places: [UInt32]
  /// Records in the table.
  private(set) var count = 0

  init(maxSlots: Int) {
    precondition(maxSlots >= 64 && maxSlots & (maxSlots - 1) == 0)
    self.maxSlots = maxSlots
    hashes = [UInt64](repeating: 0, count: 64)
    places = [UInt32](repeating: 0, count: 64)
  }

  var slots: Int { hashes.count }

  /// True if a record must go before another comes.
  var isFull: Bool { slots == maxSlots && count >= slots / 4 * 3 }

  /// Returns the place of a hash, or nil if it has none.
  func place(of hash: UInt64) -> UInt32? {
    var slot = Int(truncatingIfNeeded: hash) & (slots - 1)
    while hashes[slot] != 0 {
      if hashes[slot] == hash { return places[slot] }
      slot = (slot + 1) & (slots - 1)
    }
    return nil
  }

  /// Sets the place of a hash. The table must not be full.
  mutating func set(_ hash: UInt64, _ place: UInt32) {
    precondition(hash != 0)
    if count >= slots / 4 * 3, slots < maxSlots { grow() }
    let slot = slot(for: hash)
    if hashes[slot] == 0 {
      precondition(!isFull)
      hashes[slot] = hash
      count += 1
    }
    places[slot] = place
  }

  /// Removes a hash, and closes the gap: slots that probing would no longer reach move up.
  mutating func remove(_ hash: UInt64) {
    let mask = slots - 1
    var gap = slot(for: hash)
    guard hashes[gap] != 0 else { return }
    count -= 1
    var slot = gap
    while true {
      slot = (slot + 1) & mask
      guard hashes[slot] != 0 else { break }
      let home = Int(truncatingIfNeeded: hashes[slot]) & mask
      if (slot - home) & mask >= (slot - gap) & mask {
        hashes[gap] = hashes[slot]
        places[gap] = places[slot]
        gap = slot
      }
    }
    hashes[gap] = 0
  }

  /// Returns the slot of a hash, or the free one where it belongs.
  private func slot(for hash: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: hash) & (slots - 1)
    while hashes[slot] != 0, hashes[slot] != hash { slot = (slot + 1) & (slots - 1) }
    return slot
  }

  private mutating func grow() {
    let (oldHashes, oldPlaces) = (hashes, places)
    hashes = [UInt64](repeating: 0, count: oldHashes.count * 2)
    places = [UInt32](repeating: 0, count: oldHashes.count * 2)
    for old in oldHashes.indices where oldHashes[old] != 0 {
      let slot = slot(for: oldHashes[old])
      hashes[slot] = oldHashes[old]
      places[slot] = oldPlaces[old]
    }
  }
}
