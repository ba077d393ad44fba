internal import SQLite

/// The work of a server that starts on the orders of all stores.
extension StoreWriter {
  private static let progress = Query("SELECT store_id, customer_id FROM order_rebuild")
  private static let next = Query(
    """
    SELECT DISTINCT store_id, customer_id FROM orders WHERE (store_id, customer_id) > (?1, ?2)
    ORDER BY store_id, customer_id LIMIT ?3
    """
  )
  private static let setProgress = Query(
    "UPDATE order_rebuild SET store_id = ?1, customer_id = ?2"
  )
  private static let finish = Query("DELETE FROM order_rebuild")
  private static let forgetParts = Query("DELETE FROM pending_parts WHERE received_at < ?1")

  /// Passes on the next customers, of all stores, whose orders a version wrote that counted them
  /// otherwise. Returns how many: at most `limit`, and 0 when all are done.
  public static func rebuildOrders(
    atMost limit: Int,
    _ rules: TermRules,
    in transaction: WriteTransaction,
    _ rebuild: (StoreWriter, _ customerID: Int64) throws -> Void
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
        throw StoreError.corrupt("orders of customer \(id): their store has a malformed name")
      }
      do {
        try rebuild(StoreWriter(transaction, store, rules), id)
      } catch StoreError.corrupt {
        // An order that cannot be decoded stays as it is; checks report it.
        continue
      }
    }
    try transaction.run(setProgress, last.store, last.id)
    return found.count
  }

  /// Removes the parts of all stores that came before an instant and still wait.
  public static func forgetPendingParts(
    before oldest: Int64,
    in transaction: WriteTransaction
  ) throws {
    try transaction.run(forgetParts, oldest)
  }
}
