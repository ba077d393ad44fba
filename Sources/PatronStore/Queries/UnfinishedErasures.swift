internal import SQLite

/// Erasures of all stores that a stop of the server interrupted.
public struct UnfinishedErasures {
  private let transaction: ReadTransaction

  /// Reads in a transaction.
  public init(_ transaction: ReadTransaction) { self.transaction = transaction }

  private static let next = Query(
    "SELECT store_id, id FROM erasures WHERE is_complete = 0 ORDER BY store_id, id LIMIT 1"
  )

  /// The next one; nil when all are finished.
  public func next() throws -> (store: String, id: Int64)? {
    try transaction.first(Self.next) { ($0.text(0), $0.int64(1)) }
  }
}
