/// Functions that run queries. Each resets its statement on every path, so that neither a lock nor
/// a pointer of the caller outlives the call.
///
/// They are public, as all of this module, because the compiler specializes functions with
/// parameter packs in other modules only then.
extension Connection {
  /// Runs a query to its end and ignores its rows.
  @inlinable
  public func run<each Value: Bindable>(
    _ query: Query,
    _ values: repeat each Value
  ) throws(SQLiteError) {
    let statement = try statement(query)
    defer { statement.reset() }
    try statement.bind(repeat each values)
    while try statement.step() {}
  }

  /// Reads the first row of a query. Returns nil if there is none.
  @inlinable
  public func first<each Value: Bindable, Result>(
    _ query: Query,
    _ values: repeat each Value,
    row: (borrowing Row) throws -> Result
  ) throws -> Result? {
    let statement = try statement(query)
    defer { statement.reset() }
    try statement.bind(repeat each values)
    return try statement.step() ? try row(Row(statement)) : nil
  }

  /// Reads every row of a query. An error thrown by `row` ends the query.
  @inlinable
  public func forEach<each Value: Bindable>(
    _ query: Query,
    _ values: repeat each Value,
    row: (borrowing Row) throws -> Void
  ) throws {
    let statement = try statement(query)
    defer { statement.reset() }
    try statement.bind(repeat each values)
    while try statement.step() { try row(Row(statement)) }
  }

  /// Reads rows of a query while `row` returns true.
  @inlinable
  public func forEachWhile<each Value: Bindable>(
    _ query: Query,
    _ values: repeat each Value,
    row: (borrowing Row) throws -> Bool
  ) throws {
    let statement = try statement(query)
    defer { statement.reset() }
    try statement.bind(repeat each values)
    while try statement.step() {
      guard try row(Row(statement)) else { return }
    }
  }

  /// Lends the statement of `query` for binding and stepping by hand.
  @inlinable
  public func withStatement<Result>(
    _ query: Query,
    _ body: (Statement) throws -> Result
  ) throws -> Result {
    let statement = try statement(query)
    defer { statement.reset() }
    return try body(statement)
  }

  /// Lends a statement with SQL that is built at run time; it is prepared for this call.
  @inlinable
  public func withStatement<Result>(
    sql: String,
    _ body: (Statement) throws -> Result
  ) throws -> Result {
    let statement = try prepare(sql)
    defer { statement.reset() }
    return try body(statement)
  }
}
