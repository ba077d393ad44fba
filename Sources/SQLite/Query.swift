internal import Synchronization

/// One SQL statement of the program, prepared once for each connection and found by its number.
///
/// Keep queries in `static let`s. Each one made takes a number for the life of the process, so
/// never make one for each request: SQL that is put together at run time goes through
/// ``Connection/prepare(_:)``.
package struct Query: Sendable {
  /// The SQL, with parameters written `?1`, `?2`, ...
  package let sql: String
  /// The place in every connection's array of statements.
  let number: Int

  private static let count = Atomic<Int>(0)

  /// A query with this SQL.
  package init(_ sql: String) {
    self.sql = sql
    self.number = Self.count.add(1, ordering: .relaxed).oldValue
  }
}

extension Connection {
  /// Prepares SQL that is put together at run time.
  package func prepare(_ sql: String) throws(SQLiteError) -> Statement {
    try Statement(handle, sql, progress)
  }

  /// The statement of `query`, marked busy: reset it after use. Inside the rows of the same query
  /// it is another one.
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
