/// The intersection of several sets. The smallest part leads, the others are probed for its
/// members.
final class IntersectionCursor: CustomerCursor {
  let estimate: Int64
  private let parts: [any CustomerCursor]

  init(_ parts: [any CustomerCursor]) {
    self.parts = parts.sorted { $0.estimate < $1.estimate }
    estimate = self.parts.first?.estimate ?? 0
  }

  func seek(_ bound: Int64) throws -> Int64? {
    var candidate = bound
    var agreed = 0
    while true {
      for part in parts {
        guard let found = try part.seek(candidate) else { return nil }
        agreed = found == candidate ? agreed + 1 : 1
        candidate = found
        if agreed >= parts.count { return candidate }
      }
    }
  }
}
