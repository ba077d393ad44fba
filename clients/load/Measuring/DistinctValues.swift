/// The set of numbers of a range that occurred, with one bit for each number.
struct DistinctValues: Sendable {
  /// The range, of at most ``maxValues`` numbers.
  let range: ClosedRange<Int64>
  private var words: [UInt64]

  /// Limit for the size of the range; its bits take 128 MiB.
  static let maxValues = 1 << 30

  /// Creates an empty set, or returns nil if the range is too large.
  init?(_ range: ClosedRange<Int64>) {
    guard let size = Self.size(of: range) else { return nil }
    self.range = range
    words = Array(repeating: 0, count: (size + 63) / 64)
  }

  /// Returns the size of the range, or nil if it exceeds ``maxValues``.
  static func size(of range: ClosedRange<Int64>) -> Int? {
    let (span, overflow) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
    return overflow || span >= Int64(maxValues) ? nil : Int(span) + 1
  }

  mutating func insert(_ value: Int64) {
    let offset = Int(value - range.lowerBound)
    words[offset >> 6] |= 1 << UInt64(offset & 63)
  }

  mutating func add(_ other: DistinctValues) {
    precondition(range == other.range, "sets of different ranges")
    for index in words.indices { words[index] |= other.words[index] }
  }

  /// Number of distinct values that occurred.
  var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
}
