internal import SQLite

extension StoreReader {
  private static let checkoutByToken = Query(
    """
    SELECT token, customer_id, started_at, body FROM checkouts WHERE store_id = ?1 AND token = ?2
    """
  )

  /// Returns a checkout by its token, or nil if there is none.
  package func checkout(token: String) throws -> CheckoutRow? {
    try transaction.first(Self.checkoutByToken, store.name, token) { row in
      CheckoutRow(
        token: row.text(0),
        customerID: row.int64(1),
        startedAt: row.int64(2),
        body: row.array(3)
      )
    }
  }
}
