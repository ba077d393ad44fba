/// The members of one set that are not in another.
final class DifferenceCursor: CustomerCursor {
  let estimate: Int64
  private let all: any CustomerCursor
  private let without: any CustomerCursor

  init(_ all: any CustomerCursor, without: any CustomerCursor, estimate: Int64) {
    self.all = all
    self.without = without
    self.estimate = estimate
  }

  func seek(_ bound: Int64) throws -> Int64? {
    var bound = bound
    while let found = try all.seek(bound) {
      if try without.seek(found) != found { return found }
      guard found > .min else { return nil }
      bound = found - 1
    }
    return nil
  }
}
