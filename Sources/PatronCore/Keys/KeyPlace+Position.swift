internal import PatronModel
internal import PatronStore

extension KeyPlace {
  /// The numbers of a position.
  static let positionCount = 3

  /// The place as numbers of a page token.
  var position: [Int64] {
    [
      createdAt, Int64(truncatingIfNeeded: id.value >> 64), Int64(truncatingIfNeeded: id.value),
    ]
  }

  /// Makes the place of three numbers.
  init(position: [Int64]) {
    let high = UInt128(UInt64(bitPattern: position[1]))
    let low = UInt128(UInt64(bitPattern: position[2]))
    self.init(createdAt: position[0], id: KeyID(value: high << 64 | low))
  }
}
