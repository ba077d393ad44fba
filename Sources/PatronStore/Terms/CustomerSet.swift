/// A set of customers of one store, defined by terms and text.
package indirect enum CustomerSet: Sendable, Hashable {
  /// All customers of the store.
  case all
  /// Customers with one of these values of a category. A customer has at most one of them.
  case oneOf(category: String, values: [String])
  /// Customers with a value of a category that is equal or greater, byte by byte. A customer has at
  /// most one value of this category.
  case from(category: String, value: String)
  /// Customers with a smaller value of a category. Every customer has exactly one value of this
  /// category.
  case below(category: String, value: String)
  /// The union of the sets.
  case any([CustomerSet])
  /// The intersection of the sets.
  case every([CustomerSet])
  /// Customers whose e-mail address or phone number contains the fragment.
  case matching(String)
}

/// A walk over a set of customers in descending order of their places. A place is the id, for a
/// walk from the newest on, or the negated id, for a walk from the oldest on. Both are called ids
/// below.
protocol CustomerCursor: AnyObject {
  /// An upper bound of the number of customers.
  var estimate: Int64 { get }

  /// Returns the greatest id of the set that is at most `bound`, or nil if there is none. Bounds
  /// must never grow.
  func seek(_ bound: Int64) throws -> Int64?
}

/// A cursor over ids that are read in pieces. Pieces grow while most of their ids are used.
final class BufferedCursor: CustomerCursor {
  /// Descending ids of one read.
  struct Piece {
    var ids: [Int64]
    /// The bound of the next piece. Nil at the end.
    var next: Int64?
  }

  let estimate: Int64
  private let load: (_ bound: Int64, _ limit: Int) throws -> Piece
  private var piece = Piece(ids: [], next: .max)
  private var place = 0
  private var used = 0
  private var limit = BufferedCursor.least

  private static let least = 16
  private static let most = 2048

  init(estimate: Int64, load: @escaping (_ bound: Int64, _ limit: Int) throws -> Piece) {
    self.estimate = estimate
    self.load = load
  }

  func seek(_ bound: Int64) throws -> Int64? {
    while true {
      while place < piece.ids.count && piece.ids[place] > bound { place += 1 }
      if place < piece.ids.count {
        used += 1
        return piece.ids[place]
      }
      guard let next = piece.next else { return nil }
      if !piece.ids.isEmpty {
        let isUseful = used * 2 >= piece.ids.count
        limit = isUseful ? min(limit * 2, Self.most) : max(limit / 2, Self.least)
      }
      piece = try load(min(bound, next), limit)
      place = 0
      used = 0
    }
  }
}

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
