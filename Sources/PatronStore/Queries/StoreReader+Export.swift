internal import SQLite

/// What exports read from beginning to end.
extension StoreReader {
  private static let oldest = Query(
    """
    SELECT customer_id, body, stats FROM customers WHERE store_id = ?1 ORDER BY customer_id
    """
  )
  private static let ledger = Query(
    "SELECT body FROM consent_ledger WHERE store_id = ?1 AND customer_id = ?2 ORDER BY id"
  )

  /// Visits all of the store's customers, oldest first: an import of what is written in this order
  /// makes them in the same order again.
  public func customersOldestFirst(_ visit: CustomerVisitor) throws {
    try transaction.forEachWhile(Self.oldest, store.name) { row in
      try visit(row.int64(0), row.bytes(1), row.bytes(2))
    }
  }

  /// Visits the consent ledger of a customer, oldest row first, each encoded.
  public func ledger(
    of customerID: Int64,
    _ visit: (_ body: UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try transaction.forEach(Self.ledger, store.name, customerID) { row in
      try visit(row.bytes(0))
    }
  }
}
