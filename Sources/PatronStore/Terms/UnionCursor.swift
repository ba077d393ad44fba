/// The union of several sets.
final class UnionCursor: CustomerCursor {
  let estimate: Int64
  private let parts: [any CustomerCursor]
  /// The greatest id of each part at or below the last bound. Nil at the end of the part.
  private var heads: [Int64?]

  init(_ parts: [any CustomerCursor]) {
    self.parts = parts
    estimate = parts.reduce(0) { sum, part in
      let (total, overflow) = sum.addingReportingOverflow(part.estimate)
      return overflow ? .max : total
    }
    heads = Array(repeating: .max, count: parts.count)
  }

  func seek(_ bound: Int64) throws -> Int64? {
    var greatest: Int64?
    for index in parts.indices {
      guard var head = heads[index] else { continue }
      if head > bound {
        heads[index] = try parts[index].seek(bound)
        guard let moved = heads[index] else { continue }
        head = moved
      }
      greatest = max(greatest ?? head, head)
    }
    return greatest
  }
}
