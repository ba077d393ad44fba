internal import SQLite

/// Complete reads, for exports.
extension StoreReader {
  private static let oldest = Query(
    """
    SELECT customer_id, body, stats FROM customers WHERE store_id = ?1 ORDER BY customer_id
    """
  )
  private static let ledger = Query(
    "SELECT body FROM consent_ledger WHERE store_id = ?1 AND customer_id = ?2 ORDER BY id"
  )
  private static let checkouts = Query(
    """
    SELECT body FROM checkouts WHERE store_id = ?1 AND customer_id = ?2
    ORDER BY started_at DESC, token
    """
  )

  /// Visits the customers of a set, oldest first. An import of records in this order creates the
  /// customers in the same order.
  package func customersOldestFirst(in set: CustomerSet, _ visit: CustomerVisitor) throws {
    switch set {
    case .all:
      try transaction.forEachWhile(Self.oldest, store.name) { row in
        try visit(row.int64(0), row.span(1), row.span(2))
      }
    case .matching(let text): try customersOldestFirst(matching: text, visit)
    case .oneOf, .from, .below, .any, .every:
      try customerIDsOldestFirst(in: set) { id in try customer(.id(id), visit) ?? true }
    }
  }

  /// Visits the encoded checkouts of a customer, newest first.
  package func checkouts(
    of customerID: Int64,
    _ visit: (_ body: RawSpan) throws -> Void
  ) throws {
    try transaction.forEach(Self.checkouts, store.name, customerID) { row in
      try visit(row.span(0))
    }
  }

  /// Visits the encoded consent ledger of a customer, oldest row first.
  package func ledger(
    of customerID: Int64,
    _ visit: (_ body: RawSpan) throws -> Void
  ) throws {
    try transaction.forEach(Self.ledger, store.name, customerID) { row in
      try visit(row.span(0))
    }
  }
}
