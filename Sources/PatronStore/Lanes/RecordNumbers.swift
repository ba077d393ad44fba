internal import SQLite

/// The sequence of record ids, owned by the writer. It counts in memory and writes the last number
/// once, just before the commit: an UPDATE per record would cost more than most records do.
final class RecordNumbers {
  /// The last number issued. Nil if only the database knows it.
  private var last: Int64?
  private var isWritten = true

  private static let find = Query("SELECT value FROM sequences WHERE name = 'record'")
  private static let write = Query("UPDATE sequences SET value = ?1 WHERE name = 'record'")

  /// Returns the next number, greater than every number that a committed transaction issued in any
  /// store.
  func next(in transaction: ReadTransaction) throws -> Int64 {
    let known = try last ?? transaction.first(Self.find) { $0.int64(0) }
    guard let known else {
      throw StoreError.corrupt("the table of sequences has lost its row `record`")
    }
    last = known + 1
    isWritten = false
    return known + 1
  }

  /// Writes the last number, if it changed since the last flush.
  func flush(_ connection: Connection) throws(SQLiteError) {
    guard let last, !isWritten else { return }
    try connection.run(Self.write, last)
    isWritten = true
  }

  /// The state to return to after a rollback to a savepoint.
  var place: (last: Int64?, isWritten: Bool) { (last, isWritten) }

  /// Returns to an earlier state, after a rollback to a savepoint.
  func takeBack(to place: (last: Int64?, isWritten: Bool)) { (last, isWritten) = place }

  /// Discards the numbers of a transaction that was rolled back.
  func forget() {
    last = nil
    isWritten = true
  }
}
