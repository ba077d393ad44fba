internal import SQLite

/// Erasures of all stores that a stop of the server interrupted.
package struct UnfinishedErasures {
  private let transaction: ReadTransaction

  /// Reads in a transaction.
  package init(_ transaction: ReadTransaction) { self.transaction = transaction }

  private static let next = Query(
    """
    SELECT store_id, id FROM erasures WHERE is_complete = 0 AND (store_id, id) > (?1, ?2)
    ORDER BY store_id, id LIMIT 1
    """
  )

  /// The first one of the store `store` after the number `id`, or of the stores that follow; nil
  /// when there is none. Begin with an empty name.
  package func next(
    after store: String,
    _ id: Int64
  ) throws -> (store: String, id: Int64)? {
    try transaction.first(Self.next, store, id) { ($0.text(0), $0.int64(1)) }
  }
}
