internal import SQLite

/// The sequences of record ids, one for each store, and the sequence of the rows of the search
/// index, owned by the writer. A store that is not in the list of stores yet is put there with its
/// first number. It counts in memory and writes the last numbers once, just before
/// the commit: an UPDATE per record would cost more than most records do.
final class RecordNumbers {
  /// A store's sequence.
  fileprivate struct Sequence {
    /// The last number issued.
    var last: Int64
    /// True if the store has customers whose row in the search index is not their id.
    var hasSearchRows: Bool
    /// True if the store is in the list of stores.
    var isListed: Bool
  }

  /// The state to return to after a rollback to a savepoint.
  struct Place {
    fileprivate var sequences: [String: Sequence] = [:]
    /// The stores whose last number is not written.
    fileprivate var unwritten: Set<String> = []
    /// The stores that this transaction begins.
    fileprivate var beginning: Set<String> = []
    /// The last row of the search index. Nil if only the database knows it.
    fileprivate var lastRow: Int64?
    fileprivate var isRowWritten = true
  }

  /// Maximum number of stores. The memory is emptied when it is full.
  private static let capacity = 10_000

  /// See ``StoreOptions/beginsStores``.
  var beginsStores = true
  private var state = Place()

  private static let find = Query(
    """
    SELECT coalesce((SELECT value FROM store_sequences WHERE store_id = ?1),
        (SELECT value FROM sequences WHERE name = 'store')),
      EXISTS (SELECT 1 FROM search_rows WHERE store_id = ?1),
      EXISTS (SELECT 1 FROM stores WHERE store_id = ?1)
    """
  )
  private static let write = Query(
    """
    INSERT INTO store_sequences (store_id, value) VALUES (?1, ?2)
    ON CONFLICT (store_id) DO UPDATE SET value = ?2
    """
  )
  private static let begin = Query(
    """
    INSERT INTO stores (store_id, created_at)
    VALUES (?1, CAST(strftime('%s', 'now') AS INTEGER) * 1000000) ON CONFLICT (store_id) DO NOTHING
    """
  )
  private static let findRow = Query("SELECT value FROM sequences WHERE name = 'record'")
  private static let writeRow = Query("UPDATE sequences SET value = ?1 WHERE name = 'record'")

  /// Returns the store's next number, greater than every number that a committed transaction issued
  /// in it. Throws ``StoreError/storeDeleting`` for a store that must not begin.
  func next(of store: String, in transaction: ReadTransaction) throws -> Int64 {
    var sequence = try known(store, in: transaction)
    if !sequence.isListed { try begin(store) }
    sequence.last += 1
    state.sequences[store] = sequence
    state.unwritten.insert(store)
    return sequence.last
  }

  /// Begins a store with a write that takes no number, if it is not in the list of stores. Throws
  /// as ``next(of:in:)`` does.
  func noteUse(of store: String, in transaction: ReadTransaction) throws {
    let sequence = try known(store, in: transaction)
    state.sequences[store] = sequence
    if !sequence.isListed { try begin(store) }
  }

  private func begin(_ store: String) throws {
    guard beginsStores else { throw StoreError.storeDeleting }
    state.beginning.insert(store)
  }

  /// Notes that a store was put into the list of stores.
  func noteBegin(of store: String) { state.sequences[store]?.isListed = true }

  /// Notes that a store was taken out of the list of stores. Its next write begins it again.
  func noteEnd(of store: String) { state.sequences[store]?.isListed = false }

  /// Returns the row of a new customer in the search index: its id, or a greater number if another
  /// store had come that far. Rows grow in the order in which customers of all stores are made,
  /// because FTS5 writes a segment whenever a row comes before the last one.
  func nextSearchRow(
    of customerID: Int64,
    in store: String,
    _ transaction: ReadTransaction
  ) throws -> Int64 {
    let last = try state.lastRow ?? transaction.first(Self.findRow) { $0.int64(0) }
    guard let last else { throw Self.lost }
    let row = max(last + 1, customerID)
    state.lastRow = row
    state.isRowWritten = false
    if row != customerID { state.sequences[store]?.hasSearchRows = true }
    return row
  }

  /// True if the store has customers whose row in the search index is not their id.
  func hasSearchRows(_ store: String, in transaction: ReadTransaction) throws -> Bool {
    let sequence = try known(store, in: transaction)
    state.sequences[store] = sequence
    return sequence.hasSearchRows
  }

  private func known(_ store: String, in transaction: ReadTransaction) throws -> Sequence {
    if let sequence = state.sequences[store] { return sequence }
    let found = try transaction.first(Self.find, store) { row in
      row.optionalInt64(0).map {
        Sequence(last: $0, hasSearchRows: row.bool(1), isListed: row.bool(2))
      }
    }
    guard let sequence = found ?? nil else { throw Self.lost }
    return sequence
  }

  private static let lost = StoreError.corrupt(
    "the table of sequences has lost its row `store` or `record`"
  )

  /// Writes the last numbers that changed since the last flush, and the stores that begin.
  func flush(_ connection: Connection) throws(SQLiteError) {
    if !state.beginning.isEmpty { try flushBeginning(connection) }
    for store in state.unwritten {
      guard let sequence = state.sequences[store] else { continue }
      try connection.run(Self.write, store, sequence.last)
    }
    state.unwritten.removeAll(keepingCapacity: true)
    if state.sequences.count > Self.capacity { state.sequences.removeAll() }
    guard let row = state.lastRow, !state.isRowWritten else { return }
    try connection.run(Self.writeRow, row)
    state.isRowWritten = true
  }

  private func flushBeginning(_ connection: Connection) throws(SQLiteError) {
    for store in state.beginning {
      try connection.run(Self.begin, store)
      state.sequences[store]?.isListed = true
    }
    state.beginning.removeAll()
  }

  /// The state to return to after a rollback to a savepoint.
  var place: Place { state }

  /// Returns to an earlier state, after a rollback to a savepoint.
  func takeBack(to place: Place) { state = place }

  /// Discards the numbers of a transaction that was rolled back.
  func forget() { state = Place() }
}
