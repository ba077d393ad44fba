internal import SQLite

/// Erasures, in all stores, that a stop of the server interrupted.
package struct UnfinishedErasures {
  private let transaction: ReadTransaction

  package init(_ transaction: ReadTransaction) { self.transaction = transaction }

  private static let next = Query(
    """
    SELECT store_id, id FROM erasures WHERE is_complete = 0 AND (store_id, id) > (?1, ?2)
    ORDER BY store_id, id LIMIT 1
    """
  )

  /// Returns the next erasure behind the given store and id, or nil if there is none. Begin with an
  /// empty store name.
  package func next(
    after store: String,
    _ id: Int64
  ) throws -> (store: String, id: Int64)? {
    try transaction.first(Self.next, store, id) { ($0.text(0), $0.int64(1)) }
  }
}
