internal import SQLite

/// The look-up of stores with merges that can no longer be undone.
package struct OldMerges {
  private let transaction: ReadTransaction

  package init(_ transaction: ReadTransaction) { self.transaction = transaction }

  private static let next = Query(
    """
    SELECT store_id FROM merges WHERE merged_at < ?1 AND secondary <> x'' ORDER BY store_id LIMIT 1
    """
  )

  /// Returns a store whose journal still holds records of merges from before `oldest`, in
  /// microseconds since 1970. Returns nil if there is none.
  package func nextStore(before oldest: Int64) throws -> String? {
    try transaction.first(Self.next, oldest) { $0.text(0) }
  }
}
