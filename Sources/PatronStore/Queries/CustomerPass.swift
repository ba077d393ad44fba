internal import SQLite

/// A pass over customers of all stores, in chunks. Its progress is a row of a table of its own, so
/// that it resumes after an interruption. Without the row there is nothing to do.
struct CustomerPass: Sendable {
  private let progress: Query
  private let next: Query
  private let advance: Query
  private let finish: Query

  /// Makes a pass with its progress in `table`.
  ///
  /// - Parameter customers: A SELECT of the columns `store_id` and `customer_id`, without
  ///   duplicates.
  init(table: String, customers: String) {
    progress = Query("SELECT store_id, customer_id FROM \(table)")
    next = Query(
      """
      \(customers) WHERE (store_id, customer_id) > (?1, ?2)
      ORDER BY store_id, customer_id LIMIT ?3
      """
    )
    advance = Query("UPDATE \(table) SET store_id = ?1, customer_id = ?2")
    finish = Query("DELETE FROM \(table)")
  }

  /// Visits the next customers. Returns their number: at most `limit`, and 0 if the pass is
  /// complete. Skips a customer whose records cannot be decoded, which checks report.
  func step(
    atMost limit: Int,
    _ rules: TermRules,
    in transaction: WriteTransaction,
    _ visit: (StoreWriter, _ customerID: Int64) throws -> Void
  ) throws -> Int {
    let position = try transaction.first(progress) { ($0.text(0), $0.int64(1)) }
    guard let position else { return 0 }
    var found: [(store: String, id: Int64)] = []
    try transaction.forEach(next, position.0, position.1, limit) { row in
      found.append((row.text(0), row.int64(1)))
    }
    guard let last = found.last else {
      try transaction.run(finish)
      return 0
    }
    for (name, id) in found {
      guard let store = StoreID(name) else {
        throw StoreError.corrupt("customer \(id): its store has a malformed name")
      }
      do {
        try visit(StoreWriter(transaction, store, rules), id)
      } catch StoreError.corrupt {
        continue
      }
    }
    try transaction.run(advance, last.store, last.id)
    return found.count
  }
}
