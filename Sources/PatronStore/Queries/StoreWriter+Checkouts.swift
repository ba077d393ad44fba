internal import SQLite

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
