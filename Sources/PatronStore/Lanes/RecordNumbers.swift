internal import SQLite

/// The numbers that one writer gives to records. They are counted here, and the last one is written
/// once, just before the commit: a statement for each would cost more than most records do.
final class RecordNumbers {
  /// The last number that was given out; nil when only the database knows.
  private var last: Int64?
  private var isWritten = true

  private static let find = Query("SELECT value FROM sequences WHERE name = 'record'")
  private static let write = Query("UPDATE sequences SET value = ?1 WHERE name = 'record'")

  /// The next number: greater than every one that a committed transaction gave, in all stores.
  func next(in transaction: ReadTransaction) throws -> Int64 {
    let known = try last ?? transaction.first(Self.find) { $0.int64(0) }
    guard let known else {
      throw StoreError.corrupt("the table of sequences has lost its row `record`")
    }
    last = known + 1
    isWritten = false
    return known + 1
  }

  /// Writes the last number.
  func flush(_ connection: Connection) throws(SQLiteError) {
    guard let last, !isWritten else { return }
    try connection.run(Self.write, last)
    isWritten = true
  }

  /// Where the numbers stand.
  var place: (last: Int64?, isWritten: Bool) { (last, isWritten) }

  /// Goes back to where they stood, after records were taken back.
  func takeBack(to place: (last: Int64?, isWritten: Bool)) { (last, isWritten) = place }

  /// Forgets what a transaction that was rolled back brought.
  func forget() {
    last = nil
    isWritten = true
  }
}
