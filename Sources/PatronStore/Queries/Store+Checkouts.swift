internal import SQLite

/// Reads and writes of checkouts.
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

extension StoreWriter {
  private static let putCheckout = Query(
    """
    INSERT INTO checkouts (store_id, token, customer_id, started_at, body)
    VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (store_id, token) DO UPDATE SET customer_id = ?3, started_at = ?4, body = ?5
    """
  )

  /// Writes a checkout. Replaces the checkout with the same token.
  package func put(_ row: CheckoutRow) throws {
    try transaction.run(
      Self.putCheckout,
      store.name,
      row.token,
      row.customerID,
      row.startedAt,
      row.body
    )
  }
}
