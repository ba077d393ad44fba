internal import PatronModel
internal import SQLite

/// The rebuild of the search index from the customers, in steps. Each step is a transaction, so
/// that writes run between them. The index is cleared through its plain tables, so an index that
/// cannot be opened is repaired too.
package enum SearchRebuild {
  /// Customers per step on a running server; a step takes some ten milliseconds.
  package static let customersPerStep = 250
  /// Pages of the old index that a step deletes. It deletes `rowsPerPage` rows of lengths for each.
  private static let pagesPerStep: Int64 = 500
  private static let rowsPerPage: Int64 = 50

  private static let markRow = Query(
    """
    INSERT INTO search_rebuild (only, reason, is_cleared, after_store, after_id)
    VALUES (1, ?1, 0, '', 0)
    ON CONFLICT (only) DO UPDATE SET reason = ?1, is_cleared = 0, after_store = '', after_id = 0
    """
  )
  static let reasonOfMark = Query("SELECT reason FROM search_rebuild")
  private static let clearPages = Query(
    """
    DELETE FROM customer_search_data
    WHERE id IN (SELECT id FROM customer_search_data ORDER BY id LIMIT ?1)
    """
  )
  private static let clearLengths = Query(
    """
    DELETE FROM customer_search_docsize
    WHERE id IN (SELECT id FROM customer_search_docsize ORDER BY id LIMIT ?1)
    """
  )
  // The records of an empty index. `delete-all` makes FTS5 forget its cached state of the old one.
  private static let emptyIndex = [
    Query("DELETE FROM customer_search_idx"),
    Query("INSERT INTO customer_search_data (id, block) VALUES (1, x''), (10, x'00000000000000')"),
    Query("DELETE FROM customer_search_config"),
    Query("INSERT INTO customer_search_config (k, v) VALUES ('version', 4)"),
    Query("INSERT INTO customer_search (customer_search) VALUES ('delete-all')"),
    settings,
  ]
  /// Two segments are enough for a merge; otherwise an open merge would wait behind younger ones.
  static let settings = Query(
    "INSERT INTO customer_search (customer_search, rank) VALUES ('usermerge', 2)"
  )
  private static let setCleared = Query("UPDATE search_rebuild SET is_cleared = 1")
  private static let next = Query(
    """
    SELECT c.store_id, c.customer_id, c.email, c.phone, \(SearchRows.ofCustomer)
    FROM customers c WHERE (c.store_id, c.customer_id) > (?1, ?2)
    ORDER BY c.store_id, c.customer_id LIMIT ?3
    """
  )
  private static let setProgress = Query(
    "UPDATE search_rebuild SET after_store = ?1, after_id = ?2"
  )
  private static let finish = Query("DELETE FROM search_rebuild")

  /// Runs one step in a write transaction, with at most `limit` customers. Returns the number of
  /// customers indexed so far, or nil if nothing is left to do or the rebuild failed and waits for
  /// the next start.
  @discardableResult
  package static func step(
    _ transaction: WriteTransaction,
    customers limit: Int = customersPerStep
  ) throws -> Int? {
    let index = transaction.search
    switch try index.known(in: transaction.read) {
    case .whole, .unknown, .abandoned: return nil
    case .nobody: try clear(transaction)
    case .upTo(let store, let id): try add(transaction, after: (store, id), limit)
    }
    return index.extent == .whole ? nil : index.rebuiltCount
  }

  /// Marks the index for a rebuild, in the open transaction. Returns true if it was marked already.
  static func mark(_ reason: String, _ connection: Connection) throws(SQLiteError) -> Bool {
    let wasMarked = try connection.integer("SELECT count(*) FROM search_rebuild") ?? 0
    try connection.run(markRow, reason)
    return wasMarked > 0
  }

  /// True if the database has the table of rebuilds, which older versions lack.
  static func isTracked(_ connection: Connection) throws(SQLiteError) -> Bool {
    try connection.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'search_rebuild'") == 1
  }

  /// Returns the reason of the rebuild under way, or nil if there is none. No personal data.
  package static func reason(_ transaction: ReadTransaction) throws -> String? {
    try transaction.first(reasonOfMark) { $0.text(0) }
  }

  private static func clear(_ transaction: WriteTransaction) throws {
    let before = transaction.totalChanges
    try transaction.run(clearPages, pagesPerStep)
    let pages = transaction.totalChanges - before
    try transaction.run(clearLengths, pagesPerStep * rowsPerPage)
    let rows = transaction.totalChanges - before - pages
    guard pages < pagesPerStep, rows < pagesPerStep * rowsPerPage else { return }
    for query in emptyIndex { try transaction.runOnSearch(query) }
    try transaction.run(setCleared)
    transaction.search.rebuiltCount = 0
    transaction.search.move(to: .upTo(store: "", id: 0))
  }

  private static func add(
    _ transaction: WriteTransaction,
    after position: (store: String, id: Int64),
    _ limit: Int
  ) throws {
    var last = position
    var count = 0
    var documents: [(row: Int64, text: String)] = []
    try transaction.forEach(next, position.store, position.id, Int64(limit)) { row in
      count += 1
      last = (row.text(0), row.int64(1))
      let text = SearchTokens.document(
        store: last.store,
        emailKey: row.optionalText(2),
        phone: row.optionalText(3)
      )
      documents.append((row.int64(4), text))
    }
    // FTS5 writes a segment whenever a row comes before the last one.
    documents.sort { $0.row < $1.row }
    for document in documents {
      try transaction.runOnSearch(StoreWriter.addTokens, document.row, document.text)
    }
    transaction.search.rebuiltCount += count
    guard count == limit else {
      try transaction.run(finish)
      return transaction.search.move(to: .whole)
    }
    try transaction.run(setProgress, last.store, last.id)
    transaction.search.move(to: .upTo(store: last.store, id: last.id))
  }
}
