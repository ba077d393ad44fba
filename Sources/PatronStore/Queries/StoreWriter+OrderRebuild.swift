internal import SQLite

/// Work on the orders of all stores at the start of a server.
extension StoreWriter {
  private static let ordersPass = CustomerPass(
    table: "order_rebuild",
    customers: "SELECT DISTINCT store_id, customer_id FROM orders"
  )
  private static let forgetParts = Query("DELETE FROM pending_parts WHERE received_at < ?1")

  /// Passes the next customers, of all stores, to `rebuild` if an earlier version counted their
  /// orders differently. Returns their number: at most `limit`, and 0 if none is left.
  package static func rebuildOrders(
    atMost limit: Int,
    _ rules: TermRules,
    in transaction: WriteTransaction,
    _ rebuild: (StoreWriter, _ customerID: Int64) throws -> Void
  ) throws -> Int {
    try ordersPass.step(atMost: limit, rules, in: transaction, rebuild)
  }

  /// Removes the parts, of all stores, that arrived before `oldest` and still wait.
  package static func forgetPendingParts(
    before oldest: Int64,
    in transaction: WriteTransaction
  ) throws {
    try transaction.run(forgetParts, oldest)
  }
}
