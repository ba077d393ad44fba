/// Marks of records that were evicted before they were read again, or that a commit changed: when
/// one of them comes back, it is worth keeping. A later mark replaces an earlier one in its slot,
/// so marks age without a queue. A false mark merely keeps a record for longer.
struct RecordGhosts {
  /// Bytes of a slot.
  static let slotBytes = 4

  private var marks: [UInt32]

  /// Makes a table without marks. `slots` is a power of two.
  init(slots: Int) {
    precondition(slots > 0 && slots & (slots - 1) == 0)
    marks = [UInt32](repeating: 0, count: slots)
  }

  var slots: Int { marks.count }

  mutating func insert(_ hash: UInt64) { marks[slot(of: hash)] = mark(of: hash) }

  /// Removes the mark of a hash. Returns true if there was one.
  mutating func take(_ hash: UInt64) -> Bool {
    let slot = slot(of: hash)
    guard marks[slot] == mark(of: hash) else { return false }
    marks[slot] = 0
    return true
  }

  private func slot(of hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (slots - 1) }

  /// Returns the bits of a hash that do not choose its slot, never 0.
  private func mark(of hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash >> 28) | 1 }
}
