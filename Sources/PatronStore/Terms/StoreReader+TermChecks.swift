internal import SQLite

/// Consistency checks of memberships.
extension StoreReader {
  private static let find = Query(
    "SELECT term_id FROM terms WHERE store_id = ?1 AND category = ?2 AND value = ?3"
  )
  private static let isMember = Query(
    "SELECT 1 FROM memberships WHERE store_id = ?1 AND term_id = ?2 AND customer_id = ?3"
  )
  private static let columns = Query(
    "SELECT body_terms, stats_terms FROM customers WHERE store_id = ?1 AND customer_id = ?2"
  )

  /// Returns true if a customer is a member of these terms and its columns list exactly them.
  /// ``AllRecords/membershipCount()`` shows that it is a member of no others.
  package func hasTerms(_ customerID: Int64, ofBody body: [Term], ofStats stats: [Term]) throws
    -> Bool
  {
    let packed = try transaction.first(Self.columns, store.name, customerID) { row in
      (PackedTerms.unpack(row.span(0)), PackedTerms.unpack(row.span(1)))
    }
    guard let packed, let body = try ids(of: body), let stats = try ids(of: stats),
      packed == (body, stats)
    else { return false }
    return try (body + stats).allSatisfy { id in
      try transaction.first(Self.isMember, store.name, id, customerID) { _ in true } ?? false
    }
  }

  /// Returns the ids of the terms, ascending, or nil if a term does not exist.
  private func ids(of terms: [Term]) throws -> [Int64]? {
    let ids = try terms.map { term in
      try transaction.first(Self.find, store.name, term.category, term.value) { $0.int64(0) }
    }
    let known = ids.compactMap(\.self)
    return known.count == ids.count ? Set(known).sorted() : nil
  }
}
