internal import SQLite

/// The work of a server that starts on the orders of all stores.
extension StoreWriter {
  private static let ordersPass = CustomerPass(
    table: "order_rebuild",
    customers: "SELECT DISTINCT store_id, customer_id FROM orders"
  )
  private static let forgetParts = Query("DELETE FROM pending_parts WHERE received_at < ?1")

  /// Passes on the next customers, of all stores, whose orders a version wrote that counted them
  /// otherwise. Returns how many: at most `limit`, and 0 when all are done.
  package static func rebuildOrders(
    atMost limit: Int,
    _ rules: TermRules,
    in transaction: WriteTransaction,
    _ rebuild: (StoreWriter, _ customerID: Int64) throws -> Void
  ) throws -> Int {
    try ordersPass.step(atMost: limit, rules, in: transaction, rebuild)
  }

  /// Removes the parts of all stores that came before an instant and still wait.
  package static func forgetPendingParts(
    before oldest: Int64,
    in transaction: WriteTransaction
  ) throws {
    try transaction.run(forgetParts, oldest)
  }
}
