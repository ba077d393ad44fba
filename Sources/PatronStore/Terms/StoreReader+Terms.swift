internal import SQLite

/// Terms and their counters.
extension StoreReader {
  private static let term = Query(
    """
    SELECT term_id, value, label, count FROM terms
    WHERE store_id = ?1 AND category = ?2 AND value = ?3
    """
  )
  private static let termsFrom = Query(
    """
    SELECT term_id, value, label, count FROM terms
    WHERE store_id = ?1 AND category = ?2 AND value >= ?3 ORDER BY value
    """
  )
  private static let termsBelow = Query(
    """
    SELECT term_id, value, label, count FROM terms
    WHERE store_id = ?1 AND category = ?2 AND value < ?3 ORDER BY value
    """
  )
  private static let commonest = Query(
    """
    SELECT term_id, value, label, count FROM terms WHERE store_id = ?1 AND category = ?2
    ORDER BY count DESC, value LIMIT ?3
    """
  )
  private static let packed = Query(
    "SELECT body_terms, stats_terms FROM customers WHERE store_id = ?1 AND customer_id = ?2"
  )

  /// Returns the terms of a set of one category, in the order of their values, without those that
  /// no customer has. Returns none for other sets.
  package func terms(of set: CustomerSet) throws -> [StoredTerm] {
    var terms: [StoredTerm] = []
    switch set {
    case .oneOf(let category, let values):
      for value in values {
        let term = try transaction.first(Self.term, store.name, category, value, row: Self.row)
        if let term { terms.append(term) }
      }
    case .from(let category, let value):
      try transaction.forEach(Self.termsFrom, store.name, category, value) {
        terms.append(Self.row($0))
      }
    case .below(let category, let value):
      try transaction.forEach(Self.termsBelow, store.name, category, value) {
        terms.append(Self.row($0))
      }
    case .all, .any, .every, .matching: break
    }
    return terms
  }

  /// Returns the terms of a category that most customers have, the commonest first.
  package func commonestTerms(of category: String, limit: Int) throws -> [StoredTerm] {
    var terms: [StoredTerm] = []
    try transaction.forEach(Self.commonest, store.name, category, limit) {
      terms.append(Self.row($0))
    }
    return terms
  }

  /// Visits the ids of a customer's terms.
  package func termIDs(of customerID: Int64, _ visit: (Int64) -> Void) throws {
    _ = try transaction.first(Self.packed, store.name, customerID) { row in
      PackedTerms.forEach(row.span(0), visit)
      PackedTerms.forEach(row.span(1), visit)
    }
  }

  private static func row(_ row: borrowing Row) -> StoredTerm {
    StoredTerm(id: row.int64(0), value: row.text(1), label: row.text(2), count: row.int64(3))
  }
}
