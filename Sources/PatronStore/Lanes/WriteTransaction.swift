package import SQLite

/// A customer that a commit changed.
package struct RecordChange: Sendable, Hashable {
  /// The store of the record.
  package let store: String
  /// The customer whose record or timeline changed.
  package let customerID: Int64
  /// The range of sequences of the events that were recorded or replaced. Nil if there were none.
  package private(set) var events: ClosedRange<Int64>?

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

/// The writer's open transaction, as a write handler gets it.
///
/// Validate and read first, write last. A handler that throws before it changed anything costs the
/// batch nothing; a handler that throws later makes the writer roll back and run the jobs of the
/// batch one by one. The transaction belongs to the writer's thread and to one call.
package final class WriteTransaction {
  /// Reads inside the transaction, which see the changes of this job and of earlier jobs of the
  /// batch.
  package let read: ReadTransaction
  @usableFromInline let connection: Connection
  private(set) var changes: [RecordChange] = []
  /// The writer's terms, and the pending changes of their counts.
  let terms = TermLedger()
  /// Cache: true for a store that has erased customers.
  let erasures = StoreMemory<Bool>()
  /// The writer's knowledge of the search index.
  let search: SearchIndex
  /// The failure of the search index in the open transaction, if it failed. The records are intact.
  private(set) var searchFault: String?
  /// Cache of the shared identifiers of stores.
  let settings = StoreMemory<Set<String>>()
  /// True after an erasure: the WAL must be truncated, so that erased data does not stay there.
  var truncatesLog = false
  /// True after a change of a store's settings, until the commit is announced.
  var changesSettings = false
  /// True after a change of the limits of a store's calls, until the commit is announced.
  var changesLimits = false
  /// True after a change of API keys, of their names or of the list of stores, until the commit is
  /// announced.
  var changesKeys = false
  /// The stores that are being deleted.
  let closures: ClosedStores
  let numbers = RecordNumbers()
  /// The rows of the audit log that the current job has noted.
  let audit = AuditTrail()
  /// See ``StoreLimits/maxKeptAnswers``.
  var maxKeptAnswers = StoreLimits().maxKeptAnswers
  /// Records that the current job has moved in merges.
  var movedRecords: Int64 = 0
  /// The first failure of the engine itself. A handler cannot hide it by catching the error.
  private(set) var fault: SQLiteError?

  init(_ connection: Connection) {
    self.connection = connection
    self.read = ReadTransaction(connection)
    self.search = SearchIndex(connection)
    self.closures = ClosedStores(connection)
    read.noteEngineError = { [unowned self] in note($0) }
    read.settings = settings
  }

  /// Runs a statement that changes rows. Binds parameters to `?1`, `?2`, ... in order. Throws
  /// ``StoreError/constraint(_:)`` if the schema refuses; the transaction stays usable.
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

  /// Runs a statement that changes the search index or makes it write. If the index fails, the
  /// writer rolls back, marks the index for a rebuild and runs the jobs again without it. Callers
  /// do not see the failure.
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

  /// Marks the search index for a rebuild after this job. Does nothing while the index is not in
  /// use.
  @discardableResult
  func noteSearchFault(_ reason: String) -> StoreError {
    if searchFault == nil, search.isInUse { searchFault = reason }
    return .corrupt(reason)
  }

  /// Runs a statement with RETURNING and reads its first row.
  @inlinable
  package func first<each Value: Bindable, Result>(
    _ query: Query,
    _ values: repeat each Value,
    row: (borrowing Row) throws -> Result
  ) throws -> Result? {
    try read.first(query, repeat each values, row: row)
  }

  @inlinable
  package func forEach<each Value: Bindable>(
    _ query: Query,
    _ values: repeat each Value,
    row: (borrowing Row) throws -> Void
  ) throws {
    try read.forEach(query, repeat each values, row: row)
  }

  /// Rows inserted, updated and deleted on the writer's connection since it was opened.
  package var totalChanges: Int64 { connection.totalChanges }

  private static let mark = Query("SAVEPOINT tentative")
  private static let goBack = Query("ROLLBACK TO tentative")
  private static let unmark = Query("RELEASE tentative")

  /// Runs `body`, which sees its own changes, and rolls all of them back. Returns the result that a
  /// dry run reports.
  package func tentatively<Result>(_ body: () throws -> Result) throws -> Result {
    let before = (changes: changes, moved: movedRecords, terms: terms.gains, numbers: numbers.place)
    let audited = audit.place
    try runOnSearch(Self.mark)
    let result = Swift.Result { try body() }
    // After a fault the whole transaction is rolled back.
    if fault == nil, searchFault == nil {
      try runOnSearch(Self.goBack)
      try runOnSearch(Self.unmark)
    }
    changes = before.changes
    movedRecords = before.moved
    terms.takeBack(to: before.terms)
    numbers.takeBack(to: before.numbers)
    audit.takeBack(to: audited)
    return try result.get()
  }

  /// Notes that the transaction changes this customer's record or timeline. Commit observers get
  /// the list once it is on disk. `sequence` is the sequence of an event.
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

  /// Removes the changes after `count`, which a failed job noted.
  func dropChanges(after count: Int) { changes.removeSubrange(count...) }

  /// Returns the changes of the transaction that ended, and begins a new list.
  func reset() -> [RecordChange] {
    fault = nil
    searchFault = nil
    guard !changes.isEmpty else { return [] }
    let taken = changes
    changes = []
    return taken
  }
}
