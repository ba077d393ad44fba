internal import SQLite

extension StoreReader {
  private static let size = Query(
    """
    SELECT
      (SELECT count(*) FROM (SELECT 1 FROM events WHERE store_id = ?1 AND customer_id = ?2
        LIMIT ?3)),
      (SELECT count(*) FROM (SELECT 1 FROM orders WHERE store_id = ?1 AND customer_id = ?2
        LIMIT ?3)),
      (SELECT count(*) FROM (SELECT 1 FROM consent_ledger WHERE store_id = ?1 AND customer_id = ?2
        LIMIT ?3)),
      (SELECT count(*) FROM (SELECT 1 FROM checkouts WHERE store_id = ?1 AND customer_id = ?2
        LIMIT ?3))
    """
  )

  /// Counts the records of a customer. Each count stops at `limit`.
  package func belongings(of customerID: Int64, limit: Int64) throws -> Belongings {
    try transaction.first(Self.size, store.name, customerID, limit) { row in
      Belongings(
        events: row.int64(0),
        orders: row.int64(1),
        ledger: row.int64(2),
        checkouts: row.int64(3)
      )
    } ?? Belongings()
  }
}
