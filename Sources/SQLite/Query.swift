internal import Synchronization

/// An SQL statement of the program, prepared once for each connection and found by its number.
///
/// Keep queries in `static let`s. Each new query takes a number for the life of the process, so
/// never create one for each request: SQL built at run time goes through
/// ``Connection/prepare(_:)``.
public struct Query: Sendable {
  /// The SQL text, with parameters written `?1`, `?2`, ...
  public let sql: String
  /// The index in every connection's array of statements.
  let number: Int

  private static let count = Atomic<Int>(0)

  /// Creates a query and takes a number for the life of the process. May be called on any thread.
  public init(_ sql: String) {
    self.sql = sql
    self.number = Self.count.add(1, ordering: .relaxed).oldValue
  }
}

extension Connection {
  /// Prepares SQL that is built at run time. The statement belongs to the connection's thread.
  public func prepare(_ sql: String) throws(SQLiteError) -> Statement {
    try Statement(handle, sql, progress)
  }

  /// Returns the statement of `query`, marked busy: reset it after use. Inside the rows of the same
  /// query it returns a fresh statement.
  @usableFromInline
  func statement(_ query: Query) throws(SQLiteError) -> Statement {
    if query.number < statements.count, let statement = statements[query.number] {
      guard !statement.isBusy else { return try prepare(query.sql) }
      statement.isBusy = true
      return statement
    }
    let statement = try prepare(query.sql)
    statement.isBusy = true
    if query.number >= statements.count {
      statements.append(
        contentsOf: repeatElement(nil, count: query.number + 1 - statements.count)
      )
    }
    statements[query.number] = statement
    return statement
  }
}
