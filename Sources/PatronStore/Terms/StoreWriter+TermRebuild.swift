internal import SQLite

/// Terms of customers that were written by older rules, in all stores.
extension StoreWriter {
  private static let termsPass = CustomerPass(
    table: "term_rebuild",
    customers: "SELECT store_id, customer_id FROM customers"
  )
  private static let storedRules = Query("SELECT version FROM term_rules")
  private static let setRules = Query(
    """
    INSERT INTO term_rules (only, version) VALUES (1, ?1)
    ON CONFLICT (only) DO UPDATE SET version = ?1
    """
  )
  private static let stopPass = Query("DELETE FROM term_rebuild")
  private static let startPass = Query(
    """
    INSERT INTO term_rebuild (store_id, customer_id)
    SELECT '', 0 WHERE EXISTS (SELECT 1 FROM customers)
    """
  )

  /// Stores the version of the program's rules. If the database's terms are of older rules, all
  /// customers of all stores are queued for ``rebuildTerms(atMost:_:in:)`` in the same transaction;
  /// a rebuild that was interrupted begins again.
  ///
  /// An older program keeps the terms that are there: they are better than none. It stores its own
  /// version, because what it writes from now on the newer program has to make again.
  package static func useTermRules(version: Int64, in transaction: WriteTransaction) throws {
    let stored = try transaction.first(storedRules) { $0.int64(0) } ?? 0
    guard stored != version else { return }
    try transaction.run(setRules, version)
    guard stored < version else { return }
    try transaction.run(stopPass)
    try transaction.run(startPass)
  }

  /// Computes the terms of the next customers, in all stores, that ``useTermRules(version:in:)`` or
  /// a migration queued. Returns the number of customers done: at most `limit`, and 0 if none is
  /// left.
  package static func rebuildTerms(
    atMost limit: Int,
    _ rules: TermRules,
    in transaction: WriteTransaction
  ) throws -> Int {
    try termsPass.step(atMost: limit, rules, in: transaction) { writer, id in
      guard let row = try writer.read.customerRow(.id(id)) else { return }
      try writer.rebuildTerms(of: row)
    }
  }
}
