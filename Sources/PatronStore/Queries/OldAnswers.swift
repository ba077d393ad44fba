internal import SQLite

/// What stores keep for a time only: first answers, and requests that wait for their confirmation.
package struct OldAnswers {
  private let transaction: ReadTransaction

  /// Reads in a transaction.
  package init(_ transaction: ReadTransaction) { self.transaction = transaction }

  private static let next = Query(
    """
    SELECT store_id FROM requests WHERE created_at < ?1 UNION ALL
    SELECT store_id FROM confirmations WHERE expires_at < ?2 LIMIT 1
    """
  )

  /// A store that still has answers of before `oldest`, or requests whose time for confirming ended
  /// before `end`, microseconds since 1970; nil when there is none.
  package func nextStore(before oldest: Int64, endedBefore end: Int64) throws -> String? {
    try transaction.first(Self.next, oldest, end) { $0.text(0) }
  }
}
