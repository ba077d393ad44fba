package import SQLite

/// What read handlers get: one snapshot of the store.
///
/// It belongs to one thread and to one call: never keep it beyond the closure it is given to.
package final class ReadTransaction {
  @usableFromInline let connection: Connection
  /// Says why a statement was stopped, where the connection alone does not know.
  private let stopReason: (() -> StoreError?)?
  /// True when the snapshot is still to be opened, by the first statement.
  @usableFromInline var awaitsSnapshot = false
  /// Opens the snapshot, where that is left to the first statement.
  var openSnapshot: (() throws -> Void)?

  /// Told when the search index fails.
  private let onSearchFault: ((SQLiteError) -> Void)?
  /// The engine met damage, in the search index or elsewhere.
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

  /// Runs `body`, which reads the search index. Returns nil where the engine met damage: the
  /// records themselves know what the index should have said.
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

  /// Reads the first row of a query; nil when there is none. Parameters are bound to `?1`, `?2`,
  /// ... in order. Throws ``StoreError`` and what `row` throws.
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

  /// Reads every row of a query; a row that throws ends it.
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

  /// Reads rows of a query for as long as `row` returns true.
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

  /// Lends the statement of a query for binding and stepping by hand.
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

  /// Lends a statement of SQL that was put together at run time. It is prepared for this call.
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

  /// Turns SQLite's errors into the store's.
  @usableFromInline
  func translate(_ error: any Error) -> any Error {
    guard let error = error as? SQLiteError else { return error }
    noteEngineError?(error)
    if error.isOfVirtualTable { onSearchFault?(error) }
    if error.isOfVirtualTable || error.isCorrupt { hasMetDamage = true }
    if error.stop == .interrupted, let reason = stopReason?() { return reason }
    return StoreError(error)
  }

  /// The writer's memory of shared identifiers; nil elsewhere: only the writer hears of changes.
  var settings: StoreMemory<Set<String>>?

  /// Told of every error of the engine, also of those that a handler goes on to swallow.
  var noteEngineError: ((SQLiteError) -> Void)?
}
