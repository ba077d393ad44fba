/// Which numbers of a range have occurred: one bit each.
struct DistinctValues: Sendable {
  /// The range; no larger than ``mostValues``.
  let range: ClosedRange<Int64>
  private var words: [UInt64]

  /// 128 MiB.
  static let mostValues = 1 << 30

  /// nil when the range is too large.
  init?(_ range: ClosedRange<Int64>) {
    guard let size = Self.size(of: range) else { return nil }
    self.range = range
    words = Array(repeating: 0, count: (size + 63) / 64)
  }

  /// How many numbers the range has, or nil when they are too many.
  static func size(of range: ClosedRange<Int64>) -> Int? {
    let (span, overflow) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
    return overflow || span >= Int64(mostValues) ? nil : Int(span) + 1
  }

  mutating func insert(_ value: Int64) {
    let offset = Int(value - range.lowerBound)
    words[offset >> 6] |= 1 << UInt64(offset & 63)
  }

  mutating func add(_ other: DistinctValues) {
    precondition(range == other.range, "sets of different ranges")
    for index in words.indices { words[index] |= other.words[index] }
  }

  /// How many have occurred.
  var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
}
