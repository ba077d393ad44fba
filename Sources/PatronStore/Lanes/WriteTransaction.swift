package import SQLite

/// A record that a commit changed.
package struct RecordChange: Sendable, Hashable {
  /// The store (tenant) of the record.
  package let store: String
  /// The customer whose record or timeline changed.
  package let customerID: Int64
  /// The lowest and the highest sequence of the events that were recorded or replaced; nil when
  /// there were none.
  package private(set) var events: ClosedRange<Int64>?

  /// A change of this customer.
  package init(store: String, customerID: Int64, events: ClosedRange<Int64>? = nil) {
    self.store = store
    self.customerID = customerID
    self.events = events
  }

  mutating func add(_ sequence: Int64) {
    guard let known = events else { return events = sequence...sequence }
    events = min(known.lowerBound, sequence)...max(known.upperBound, sequence)
  }
}

/// What write handlers get: the open transaction of the one writer.
///
/// Validate and read first, write last: a handler that throws before it changed anything costs the
/// batch nothing, one that throws later makes the writer roll back and run the batch's jobs one by
/// one. It belongs to the writer's thread and to one call.
package final class WriteTransaction {
  /// Reads inside the transaction: it sees what this and earlier jobs of the batch have changed.
  package let read: ReadTransaction
  @usableFromInline let connection: Connection
  private(set) var changes: [RecordChange] = []
  /// Terms of this writer, and what the transaction changes in their counts.
  let terms = TermLedger()
  /// True for stores that erased customers, as far as this writer has asked.
  let erasures = StoreMemory<Bool>()
  /// What this writer knows of the search index.
  let search: SearchIndex
  /// The search index failed in the open transaction, and how. The records are well.
  private(set) var searchFault: String?
  /// The shared identifiers of stores, as far as this writer has asked for them.
  let settings = StoreMemory<Set<String>>()
  /// Something was erased: the log is to be emptied, so that it does not stay there.
  var emptiesLog = false
  /// Numbers for new records.
  let numbers = RecordNumbers()
  /// Records that merges moved in the present job.
  var movedRecords: Int64 = 0
  /// The first error in which the engine itself failed; a handler cannot hide it by catching.
  private(set) var fault: SQLiteError?

  init(_ connection: Connection) {
    self.connection = connection
    self.read = ReadTransaction(connection)
    self.search = SearchIndex(connection)
    read.noteEngineError = { [unowned self] in note($0) }
    read.settings = settings
  }

  /// Runs a statement that changes something. Parameters are bound to `?1`, `?2`, ... in order.
  /// Throws ``StoreError/constraint(_:)`` where the schema refuses; the transaction goes on then.
  @inlinable
  package func run<each Value: Bindable>(
    _ query: Query,
    _ values: repeat each Value
  ) throws(StoreError) {
    do {
      try connection.run(query, repeat each values)
    } catch {
      throw failed(error)
    }
  }

  /// Runs a statement that changes the search index, or makes it write. Where the index itself
  /// fails, the writer takes everything back, marks the index to be made again, and runs the jobs
  /// once more without it: no caller hears of it.
  func runOnSearch<each Value: Bindable>(
    _ query: Query,
    _ values: repeat each Value
  ) throws(StoreError) {
    do {
      try connection.run(query, repeat each values)
    } catch {
      throw failedOnSearch(error)
    }
  }

  private func failedOnSearch(_ error: SQLiteError) -> StoreError {
    guard search.isInUse, error.canBeOfVirtualTable else { return failed(error) }
    return noteSearchFault(error.description)
  }

  /// Has the search index marked to be made again when this job has run. Does nothing while it is
  /// not in use.
  @discardableResult
  func noteSearchFault(_ reason: String) -> StoreError {
    if searchFault == nil, search.isInUse { searchFault = reason }
    return .corrupt(reason)
  }

  /// Runs a changing statement and reads the first row it returns (`RETURNING`).
  @inlinable
  package func first<each Value: Bindable, Result>(
    _ query: Query,
    _ values: repeat each Value,
    row: (borrowing Row) throws -> Result
  ) throws -> Result? {
    try read.first(query, repeat each values, row: row)
  }

  /// Reads every row of a query.
  @inlinable
  package func forEach<each Value: Bindable>(
    _ query: Query,
    _ values: repeat each Value,
    row: (borrowing Row) throws -> Void
  ) throws {
    try read.forEach(query, repeat each values, row: row)
  }

  /// Rows inserted, updated and deleted on the writer's connection so far.
  package var totalChanges: Int64 { connection.totalChanges }

  /// The row id of the latest insert into a rowid table.
  package var lastInsertRowID: Int64 { connection.lastInsertRowID }

  private static let mark = Query("SAVEPOINT tentative")
  private static let goBack = Query("ROLLBACK TO tentative")
  private static let unmark = Query("RELEASE tentative")

  /// Runs `body`, which sees its own changes, and then takes all of them back: what would be, as
  /// the answer to a dry run.
  package func tentatively<Result>(_ body: () throws -> Result) throws -> Result {
    let before = (changes: changes, moved: movedRecords, terms: terms.gains, numbers: numbers.place)
    try runOnSearch(Self.mark)
    let result = Swift.Result { try body() }
    // After a fault nothing of the transaction stays.
    if fault == nil, searchFault == nil {
      try runOnSearch(Self.goBack)
      try runOnSearch(Self.unmark)
    }
    changes = before.changes
    movedRecords = before.moved
    terms.takeBack(to: before.terms)
    numbers.takeBack(to: before.numbers)
    return try result.get()
  }

  /// Notes that the transaction changes this customer's record or timeline. Observers of commits
  /// get the list once the change is on disk. `sequence` is that of an event.
  package func recordChange(store: String, customerID: Int64, sequence: Int64? = nil) {
    if changes.last?.store != store || changes.last?.customerID != customerID {
      changes.append(RecordChange(store: store, customerID: customerID))
    }
    if let sequence { changes[changes.count - 1].add(sequence) }
  }

  @usableFromInline
  func failed(_ error: SQLiteError) -> StoreError {
    note(error)
    return StoreError(error)
  }

  private func note(_ error: SQLiteError) {
    if fault == nil, error.poisonsTransaction { fault = error }
  }

  /// Forgets changes past `count`: those of a job that failed.
  func dropChanges(after count: Int) { changes.removeSubrange(count...) }

  /// Takes the list of the transaction that was committed, or throws it away, and begins anew.
  func reset() -> [RecordChange] {
    fault = nil
    searchFault = nil
    guard !changes.isEmpty else { return [] }
    let taken = changes
    changes = []
    return taken
  }
}
