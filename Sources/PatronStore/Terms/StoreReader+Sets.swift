internal import SQLite

/// The direction of a walk over customers. Ids grow with time.
enum CustomerWalk: Sendable, Hashable {
  case newestFirst
  case oldestFirst

  /// Returns the place of an id. A cursor walks places in descending order, so a walk from the
  /// oldest customer on uses negated ids.
  func place(_ id: Int64) -> Int64 { self == .newestFirst ? id : -id }

  /// Returns the id at a place.
  func id(_ place: Int64) -> Int64 { self == .newestFirst ? place : -place }
}

/// Walks over sets of customers.
extension StoreReader {
  private static let members = Query(
    """
    SELECT customer_id FROM memberships
    WHERE store_id = ?1 AND term_id = ?2 AND customer_id <= ?3 ORDER BY customer_id DESC LIMIT ?4
    """
  )
  private static let oldestMembers = Query(
    """
    SELECT customer_id FROM memberships
    WHERE store_id = ?1 AND term_id = ?2 AND customer_id >= ?3 ORDER BY customer_id LIMIT ?4
    """
  )
  private static let everybody = Query(
    """
    SELECT customer_id FROM customers
    WHERE store_id = ?1 AND customer_id <= ?2 ORDER BY customer_id DESC LIMIT ?3
    """
  )
  private static let oldestOfEverybody = Query(
    """
    SELECT customer_id FROM customers
    WHERE store_id = ?1 AND customer_id >= ?2 ORDER BY customer_id LIMIT ?3
    """
  )
  /// Visits the ids of a set below `before`, newest first. `visit` returns false to stop.
  package func customerIDs(
    in set: CustomerSet,
    before: Int64 = .max,
    _ visit: (Int64) throws -> Bool
  ) throws {
    let cursor = try cursor(over: set, .newestFirst)
    var bound = before
    while bound > .min, let id = try cursor.seek(bound - 1) {
      guard try visit(id) else { return }
      bound = id
    }
  }

  /// Visits all ids of a set, oldest first. `visit` returns false to stop.
  package func customerIDsOldestFirst(
    in set: CustomerSet,
    _ visit: (Int64) throws -> Bool
  ) throws {
    let cursor = try cursor(over: set, .oldestFirst)
    var bound = Int64.max
    while let place = try cursor.seek(bound - 1) {
      guard try visit(CustomerWalk.oldestFirst.id(place)) else { return }
      bound = place
    }
  }

  /// Returns an upper bound of a set's size, `Int64.max` if only counting would tell.
  package func estimate(of set: CustomerSet) throws -> Int64 {
    try cursor(over: set, .newestFirst).estimate
  }

  /// Returns the size of a set from counters alone, or nil if they are not sufficient.
  package func countAtOnce(of set: CustomerSet) throws -> Int64? {
    switch set {
    case .oneOf, .from, .below: try terms(of: set).reduce(0) { $0 + $1.count }
    case .any(let sets) where sets.count == 1: try countAtOnce(of: sets[0])
    case .every(let sets) where sets.count == 1: try countAtOnce(of: sets[0])
    case .all, .any, .every, .matching: nil
    }
  }

  private func cursor(
    over set: CustomerSet,
    _ walk: CustomerWalk
  ) throws -> any CustomerCursor {
    switch set {
    case .all: return everybody(walk)
    case .oneOf, .from: return union(try terms(of: set), walk)
    case .below(let category, let value): return try below(category, value, terms(of: set), walk)
    case .any(let sets):
      return Self.one(try sets.map { try cursor(over: $0, walk) }, UnionCursor.init)
    case .every(let sets):
      return Self.one(try sets.map { try cursor(over: $0, walk) }, IntersectionCursor.init)
    case .matching(let text): return try search(text, walk)
    }
  }

  private static func one(
    _ cursors: [any CustomerCursor],
    _ join: ([any CustomerCursor]) -> any CustomerCursor
  ) -> any CustomerCursor {
    cursors.count == 1 ? cursors[0] : join(cursors)
  }

  /// Merges the lists of a few old terms, or subtracts the others from all customers if the old
  /// ones are many.
  private func below(
    _ category: String,
    _ value: String,
    _ terms: [StoredTerm],
    _ walk: CustomerWalk
  ) throws -> any CustomerCursor {
    let count = terms.reduce(0) { $0 + $1.count }
    if count <= 4096 || terms.count <= 64 { return union(terms, walk) }
    let others = union(try self.terms(of: .from(category: category, value: value)), walk)
    return DifferenceCursor(everybody(walk), without: others, estimate: count)
  }

  private func union(_ terms: [StoredTerm], _ walk: CustomerWalk) -> any CustomerCursor {
    Self.one(terms.map { members(of: $0, walk) }, UnionCursor.init)
  }

  private func members(of term: StoredTerm, _ walk: CustomerWalk) -> any CustomerCursor {
    let query = walk == .newestFirst ? Self.members : Self.oldestMembers
    return BufferedCursor(estimate: term.count) { bound, limit in
      var ids: [Int64] = []
      ids.reserveCapacity(limit)
      try transaction.forEach(query, store.name, term.id, walk.id(bound), limit) {
        ids.append(walk.place($0.int64(0)))
      }
      return BufferedCursor.Piece(ids: ids, next: ids.count < limit ? nil : ids[limit - 1] - 1)
    }
  }

  private func everybody(_ walk: CustomerWalk) -> any CustomerCursor {
    let query = walk == .newestFirst ? Self.everybody : Self.oldestOfEverybody
    return BufferedCursor(estimate: .max) { bound, limit in
      var ids: [Int64] = []
      ids.reserveCapacity(limit)
      try transaction.forEach(query, store.name, walk.id(bound), limit) {
        ids.append(walk.place($0.int64(0)))
      }
      return BufferedCursor.Piece(ids: ids, next: ids.count < limit ? nil : ids[limit - 1] - 1)
    }
  }
}
