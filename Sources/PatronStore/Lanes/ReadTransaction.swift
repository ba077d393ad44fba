internal import Crypto
package import SQLite

/// The open snapshot that a read handler gets.
///
/// It belongs to one thread and one call: never keep it beyond the closure that receives it.
package final class ReadTransaction {
  @usableFromInline let connection: Connection
  /// Returns the reason why a statement was stopped, if the connection alone does not know it.
  private let stopReason: (() -> StoreError?)?
  /// True until the first statement has opened the snapshot.
  @usableFromInline var awaitsSnapshot = false
  /// Opens the snapshot, on lanes that leave this to the first statement.
  var openSnapshot: (() throws -> Void)?

  /// Called when the search index fails.
  private let onSearchFault: ((SQLiteError) -> Void)?
  /// True if the engine has met damage since the last `readSearch` began, in the search index or
  /// elsewhere.
  private(set) var hasMetDamage = false

  init(
    _ connection: Connection,
    onSearchFault: ((SQLiteError) -> Void)? = nil,
    stopReason: (() -> StoreError?)? = nil
  ) {
    self.connection = connection
    self.onSearchFault = onSearchFault
    self.stopReason = stopReason
  }

  /// Runs `body`, which reads the search index. Returns nil if the engine met damage: the caller
  /// can answer from the records themselves.
  func readSearch<Result>(_ body: () throws -> Result) throws -> Result? {
    hasMetDamage = false
    do {
      return try body()
    } catch let error as StoreError {
      guard hasMetDamage else { throw error }
      return nil
    }
  }

  @usableFromInline
  func begin() throws {
    awaitsSnapshot = false
    try openSnapshot?()
  }

  /// The records that the I/O loops share. Nil on other lanes.
  var records: RecordCache?
  /// The number of commits that were counted before the snapshot of the tick began.
  var snapshotCount: UInt64 = 0

  /// The number of commits that the snapshot of this call has at least; nil before it is opened.
  var openCount: UInt64? { awaitsSnapshot ? nil : snapshotCount }

  /// Returns the first row of a query, or nil if there is none. Binds parameters to `?1`, `?2`, ...
  /// in order. Throws ``StoreError`` and whatever `row` throws.
  @inlinable
  package func first<each Value: Bindable, Result>(
    _ query: Query,
    _ values: repeat each Value,
    row: (borrowing Row) throws -> Result
  ) throws -> Result? {
    if awaitsSnapshot { try begin() }
    do {
      return try connection.first(query, repeat each values, row: row)
    } catch {
      throw translate(error)
    }
  }

  /// Reads every row of a query. Stops at the first row that throws, and rethrows.
  @inlinable
  package func forEach<each Value: Bindable>(
    _ query: Query,
    _ values: repeat each Value,
    row: (borrowing Row) throws -> Void
  ) throws {
    if awaitsSnapshot { try begin() }
    do {
      try connection.forEach(query, repeat each values, row: row)
    } catch {
      throw translate(error)
    }
  }

  /// Reads rows of a query while `row` returns true.
  @inlinable
  package func forEachWhile<each Value: Bindable>(
    _ query: Query,
    _ values: repeat each Value,
    row: (borrowing Row) throws -> Bool
  ) throws {
    if awaitsSnapshot { try begin() }
    do {
      try connection.forEachWhile(query, repeat each values, row: row)
    } catch {
      throw translate(error)
    }
  }

  /// Lends the cached statement of a query, to be bound and stepped by the caller.
  @inlinable
  package func withStatement<Result>(
    _ query: Query,
    _ body: (Statement) throws -> Result
  ) throws -> Result {
    if awaitsSnapshot { try begin() }
    do {
      return try connection.withStatement(query, body)
    } catch {
      throw translate(error)
    }
  }

  /// Lends a statement of SQL composed at run time. It is prepared for this call only.
  @inlinable
  package func withStatement<Result>(
    sql: String,
    _ body: (Statement) throws -> Result
  ) throws -> Result {
    if awaitsSnapshot { try begin() }
    do {
      return try connection.withStatement(sql: sql, body)
    } catch {
      throw translate(error)
    }
  }

  /// Maps errors of SQLite to ``StoreError``; passes others on.
  @usableFromInline
  func translate(_ error: any Error) -> any Error {
    guard let error = error as? SQLiteError else { return error }
    noteEngineError?(error)
    if error.isOfVirtualTable { onSearchFault?(error) }
    if error.isOfVirtualTable || error.isCorrupt { hasMetDamage = true }
    if error.stop == .interrupted, let reason = stopReason?() { return reason }
    return StoreError(error)
  }

  /// The writer's cache of shared identifiers. Nil on other connections, which do not learn of
  /// changes.
  var settings: StoreMemory<Set<String>>?

  /// The key of the hashes of addresses, once it was read. An export needs it for every row.
  var addressKey: SymmetricKey?

  /// Called with every error of the engine, including those that a handler swallows.
  var noteEngineError: ((SQLiteError) -> Void)?
}
