internal import PatronProto
internal import PatronStore

/// Reads what a timeline says of one thing, with an end to it.
enum TimelineScan {
  /// The most events that are passed, newest first. What is older counts in sums only.
  static let mostEvents = 10_000
  /// The most of them that are read: reading one costs as much as passing a hundred.
  static let mostRead = 1000

  /// Visits the product events of some types, newest first, until `body` returns false. False when
  /// there were more events than are looked at.
  @discardableResult
  static func visit(
    of customerID: Int64,
    _ types: Set<String>,
    notBefore oldest: Int64 = .min,
    in reader: StoreReader,
    _ body: (Event) throws -> Bool
  ) throws -> Bool {
    var count = 0
    var read = 0
    var isWhole = true
    try reader.timeline(of: customerID, behind: .newest, notBefore: oldest) { entry in
      count += 1
      guard count <= mostEvents else {
        isWhole = false
        return false
      }
      guard entry.source == PatronProto.EventSource.product.rawValue,
        types.contains(String(decoding: entry.type, as: UTF8.self))
      else { return true }
      read += 1
      guard read <= mostRead else {
        isWhole = false
        return false
      }
      return try body(try Event(stored: Array(entry.body)))
    }
    return isWhole
  }
}
