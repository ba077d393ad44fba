internal import PatronModel
internal import SQLite

/// Searches for customers by a fragment of an e-mail address or phone number. While the index is
/// being rebuilt or fails, they read every record of the store: the result is the same, only
/// slower.
extension StoreReader {
  /// Three queries for the same rows beyond a bound: by the index, by an index whose rows are not
  /// the ids, and by a scan of all customers.
  private struct Ways: Sendable {
    let walk: CustomerWalk
    let indexed: Query
    let mapped: Query
    let scanned: Query

    /// Builds the queries. They match the table instead of its column, because an index without
    /// details knows no columns. All take the same parameters. The bound of `mapped` is a row and
    /// belongs to the result.
    init(_ walk: CustomerWalk, _ columns: String, _ bound: String, _ rest: String) {
      self.walk = walk
      let rowBound = walk == .newestFirst ? "<= ?2" : ">= ?2"
      mapped = Query(
        """
        SELECT c.customer_id, c.email, c.phone\(columns)
        FROM customer_search s
        LEFT JOIN search_rows r ON r.store_id = ?1 AND r.search_row = s.rowid
        JOIN customers c ON c.store_id = ?1 AND c.customer_id = coalesce(r.customer_id, s.rowid)
        WHERE customer_search MATCH ?3 AND s.rowid \(rowBound) AND (
          r.customer_id IS NOT NULL OR NOT EXISTS (
            SELECT 1 FROM search_rows o WHERE o.store_id = ?1 AND o.customer_id = s.rowid))
        ORDER BY s.rowid \(rest)
        """
      )
      indexed = Query(
        """
        SELECT c.customer_id, c.email, c.phone\(columns)
        FROM customer_search s JOIN customers c ON c.store_id = ?1 AND c.customer_id = s.rowid
        WHERE customer_search MATCH ?3 AND s.rowid \(bound) ORDER BY s.rowid \(rest)
        """
      )
      scanned = Query(
        """
        SELECT c.customer_id, c.email, c.phone\(columns) FROM customers c
        WHERE c.store_id = ?1 AND c.customer_id \(bound) AND ?3 <> ''
        ORDER BY c.customer_id \(rest)
        """
      )
    }
  }

  private static let page = Ways(.newestFirst, ", c.body, c.stats", "< ?2", "DESC")
  private static let pageFromOldest = Ways(.oldestFirst, ", c.body, c.stats", "> ?2", "")
  private static let newest = Ways(.newestFirst, "", "<= ?2", "DESC LIMIT ?4")
  private static let oldest = Ways(.oldestFirst, "", ">= ?2", "LIMIT ?4")
  private static let rebuild = Query("SELECT 1 FROM search_rebuild")

  /// Visits the matching customers with an id below `before`, newest first.
  func customers(matching text: String, before: Int64, _ visit: CustomerVisitor) throws {
    try customers(matching: text, Self.page, before, visit)
  }

  /// Visits the matching customers, oldest first.
  func customersOldestFirst(matching text: String, _ visit: CustomerVisitor) throws {
    try customers(matching: text, Self.pageFromOldest, 0, visit)
  }

  private func customers(
    matching text: String,
    _ ways: Ways,
    _ start: Int64,
    _ visit: CustomerVisitor
  ) throws {
    let query = SearchTokens.query(storeKey: SearchTokens.storeKey(store.name), text)
    guard let match = query.match else { return }
    var bound = start
    func walk(_ statement: Query, _ first: Int64) throws {
      try transaction.forEachWhile(statement, store.name, first, match) { row in
        let id = row.int64(0)
        if query.matches(row), try !visit(id, row.span(3), row.span(4)) { return false }
        bound = id
        return true
      }
    }
    if try isIndexWhole() {
      let isDone: Void? = try transaction.readSearch {
        guard try hasSearchRows() else { return try walk(ways.indexed, start) }
        // The bounds of pages do not belong to their result.
        let next = ways.walk == .newestFirst ? start - 1 : start + 1
        guard let row = try searchRow(from: next, ways.walk) else { return }
        try walk(ways.mapped, row)
      }
      if isDone != nil { return }
    }
    try walk(ways.scanned, bound)
  }

  /// Returns a cursor over the matching customers.
  func search(_ text: String, _ walk: CustomerWalk) throws -> any CustomerCursor {
    let query = SearchTokens.query(storeKey: SearchTokens.storeKey(store.name), text)
    guard let match = query.match else { return UnionCursor([]) }
    let ways = walk == .newestFirst ? Self.newest : Self.oldest
    func piece(_ statement: Query, _ first: Int64, _ limit: Int) throws -> BufferedCursor.Piece {
      var ids: [Int64] = []
      var rows = 0
      var last: Int64 = 0
      try transaction.forEach(statement, store.name, first, match, limit) { row in
        rows += 1
        last = walk.place(row.int64(0))
        if query.matches(row) { ids.append(last) }
      }
      return BufferedCursor.Piece(ids: ids, next: rows < limit ? nil : last - 1)
    }
    let isMapped = try hasSearchRows()
    func indexed(_ bound: Int64, _ limit: Int) throws -> BufferedCursor.Piece {
      guard isMapped else { return try piece(ways.indexed, bound, limit) }
      guard let row = try searchRow(from: bound, walk) else {
        return BufferedCursor.Piece(ids: [], next: nil)
      }
      return try piece(ways.mapped, row, limit)
    }
    var isWhole = try isIndexWhole()
    return BufferedCursor(estimate: .max) { bound, limit in
      if isWhole {
        let found = try transaction.readSearch { try indexed(walk.id(bound), limit) }
        if let found { return found }
        isWhole = false
      }
      return try piece(ways.scanned, walk.id(bound), limit)
    }
  }

  /// True if no rebuild of the index is due or under way.
  private func isIndexWhole() throws -> Bool {
    try transaction.first(Self.rebuild) { _ in false } ?? true
  }
}

extension SearchQuery {
  /// The FTS5 expression of the query. Nil if it searches for nothing.
  fileprivate var match: String? {
    switch self {
    case .nothing: nil
    case .prefix(let token, _): token
    case .fragment(let tokens, _): tokens.joined(separator: " ")
    case .any(let queries): queries.compactMap(\.match).map { "(\($0))" }.joined(separator: " OR ")
    }
  }

  /// Returns true if a row really matches. Tokens are trigrams: all of them can occur without being
  /// adjacent.
  fileprivate func matches(_ row: borrowing Row) -> Bool {
    let digits = row.optionalText(2).map { String($0.dropFirst()) }
    return matches(emailKey: row.optionalText(1), phoneDigits: digits)
  }
}
