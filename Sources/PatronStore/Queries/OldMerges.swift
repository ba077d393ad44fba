internal import SQLite

/// Merges of all stores that cannot be undone any more.
package struct OldMerges {
  private let transaction: ReadTransaction

  /// Reads in a transaction.
  package init(_ transaction: ReadTransaction) { self.transaction = transaction }

  private static let next = Query(
    """
    SELECT store_id FROM merges WHERE merged_at < ?1 AND secondary <> x'' ORDER BY store_id LIMIT 1
    """
  )

  /// A store whose journal still keeps records of merges that are older than `oldest`, microseconds
  /// since 1970; nil when there is none.
  package func nextStore(before oldest: Int64) throws -> String? {
    try transaction.first(Self.next, oldest) { $0.text(0) }
  }
}
