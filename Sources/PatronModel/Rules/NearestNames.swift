/// The search for similar names, for error messages about a misspelled name.
package enum NearestNames {
  /// Maximum length of compared names, in bytes. The work grows with the square of the length, and
  /// a request may contain a thousand misspelled names.
  static let longest = 64

  /// Returns up to three of `names`, nearest first, that differ from `name` in less than half of it
  /// or begin with its first word. Equally near names keep their order.
  package static func of(_ name: String, among names: [String]) -> [String] {
    let wanted = Array(name.utf8)
    guard !wanted.isEmpty, wanted.count <= longest else { return [] }
    let firstWord = wanted.prefix { $0 != UInt8(ascii: "_") }
    var found: [(distance: Int, index: Int)] = []
    for (index, candidate) in names.enumerated() {
      let bytes = Array(candidate.utf8)
      let distance = self.distance(wanted, bytes)
      let isKin = bytes.starts(with: firstWord) && distance <= wanted.count
      if isKin || distance * 2 < wanted.count { found.append((distance, index)) }
    }
    return found.sorted { $0 < $1 }.prefix(3).map { names[$0.index] }
  }

  /// Returns the minimum number of bytes to insert, remove or replace to turn `one` into `other`.
  static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
    var row = Array(0...other.count)
    for (index, byte) in one.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in other.indices {
        let replaced = diagonal + (byte == other[column] ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
      }
    }
    return row[other.count]
  }
}
