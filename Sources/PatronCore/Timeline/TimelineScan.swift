internal import PatronProto
internal import PatronStore
internal import ProtoWire

/// A bounded read of a timeline, newest first.
enum TimelineScan {
  /// The most events that a scan passes. Older events count in sums only.
  static let maxEvents = 10_000
  /// The most events that a scan decodes: decoding one costs as much as passing a hundred.
  static let maxRead = 1000

  /// Visits the product events of some types, newest first, until `body` returns false. Returns
  /// false when a limit ended the scan before its end.
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
      guard count <= maxEvents else {
        isWhole = false
        return false
      }
      guard entry.source == PatronProto.EventSource.product.rawValue,
        types.contains(String(utf8: entry.type))
      else { return true }
      read += 1
      guard read <= maxRead else {
        isWhole = false
        return false
      }
      return try body(try Event(stored: entry.body))
    }
    return isWhole
  }
}
