internal import SQLite

/// Terms of records that were written before there were terms, of all stores.
extension StoreWriter {
  private static let progress = Query("SELECT store_id, customer_id FROM term_rebuild")
  private static let next = Query(
    """
    SELECT store_id, customer_id FROM customers WHERE (store_id, customer_id) > (?1, ?2)
    ORDER BY store_id, customer_id LIMIT ?3
    """
  )
  private static let setProgress = Query(
    "UPDATE term_rebuild SET store_id = ?1, customer_id = ?2"
  )
  private static let finish = Query("DELETE FROM term_rebuild")

  /// Makes the terms of the next customers, of all stores, that were written by a version without
  /// terms. Returns how many it did: at most `limit`, and 0 when all are done.
  public static func rebuildTerms(
    atMost limit: Int,
    _ rules: TermRules,
    in transaction: WriteTransaction
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
      let writer = StoreWriter(transaction, store, rules)
      guard let row = try writer.read.customerRow(.id(id)) else { continue }
      do {
        try writer.rebuildTerms(of: row)
      } catch StoreError.corrupt {
        // A record that cannot be decoded is on no list; checks report it.
        continue
      }
    }
    try transaction.run(setProgress, last.store, last.id)
    return found.count
  }
}
