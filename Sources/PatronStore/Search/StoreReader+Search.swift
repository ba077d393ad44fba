internal import PatronModel
internal import SQLite

/// Searches for customers by a fragment of an e-mail address or phone number. While the index is
/// being rebuilt or fails, they read every record of the store: the result is the same, only
/// slower.
extension StoreReader {
  /// Two queries for the same rows beyond a bound: by the index, and by a scan of all customers.
  private struct Ways: Sendable {
    let indexed: Query
    let scanned: Query

    /// Builds both queries. They match the table instead of its column, because an index without
    /// details knows no columns. Both take the same parameters.
    init(_ columns: String, _ bound: String, _ rest: String) {
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

  private static let page = Ways(", c.body, c.stats", "< ?2", "DESC")
  private static let pageFromOldest = Ways(", c.body, c.stats", "> ?2", "")
  private static let newest = Ways("", "<= ?2", "DESC LIMIT ?4")
  private static let oldest = Ways("", ">= ?2", "LIMIT ?4")
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
    func walk(_ statement: Query) throws {
      try transaction.forEachWhile(statement, store.name, bound, match) { row in
        let id = row.int64(0)
        if query.matches(row), try !visit(id, row.span(3), row.span(4)) { return false }
        bound = id
        return true
      }
    }
    if try isIndexWhole() {
      let isDone: Void? = try transaction.readSearch { try walk(ways.indexed) }
      if isDone != nil { return }
    }
    try walk(ways.scanned)
  }

  /// Returns a cursor over the matching customers.
  func search(_ text: String, _ walk: CustomerWalk) throws -> any CustomerCursor {
    let query = SearchTokens.query(storeKey: SearchTokens.storeKey(store.name), text)
    guard let match = query.match else { return UnionCursor([]) }
    let ways = walk == .newestFirst ? Self.newest : Self.oldest
    func piece(_ statement: Query, _ bound: Int64, _ limit: Int) throws -> BufferedCursor.Piece {
      var ids: [Int64] = []
      var rows = 0
      var last: Int64 = 0
      try transaction.forEach(statement, store.name, walk.id(bound), match, limit) { row in
        rows += 1
        last = walk.place(row.int64(0))
        if query.matches(row) { ids.append(last) }
      }
      return BufferedCursor.Piece(ids: ids, next: rows < limit ? nil : last - 1)
    }
    var isWhole = try isIndexWhole()
    return BufferedCursor(estimate: .max) { bound, limit in
      if isWhole {
        let found = try transaction.readSearch { try piece(ways.indexed, bound, limit) }
        if let found { return found }
        isWhole = false
      }
      return try piece(ways.scanned, bound, limit)
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
