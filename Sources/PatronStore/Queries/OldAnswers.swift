internal import SQLite

/// The look-up of stores with expired data: answers kept for repeated requests, and unconfirmed
/// opt-in requests.
package struct OldAnswers {
  private let transaction: ReadTransaction

  package init(_ transaction: ReadTransaction) { self.transaction = transaction }

  private static let next = Query(
    """
    SELECT store_id FROM requests WHERE created_at < ?1 UNION ALL
    SELECT store_id FROM confirmations WHERE expires_at < ?2 LIMIT 1
    """
  )

  /// Returns a store that has answers from before `oldest`, or requests whose confirmation period
  /// ended before `end`. Returns nil if there is none. Both in microseconds since 1970.
  package func nextStore(before oldest: Int64, endedBefore end: Int64) throws -> String? {
    try transaction.first(Self.next, oldest, end) { $0.text(0) }
  }
}
