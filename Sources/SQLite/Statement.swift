internal import CSQLite

/// A prepared statement. It belongs to its connection's thread.
///
/// Prefer the connection's `run`, `first` and `forEach`, which reset the statement on every path.
public final class Statement {
  let handle: OpaquePointer
  private let database: OpaquePointer
  let progress: Progress
  /// True between taking and resetting the statement: the same query may be needed again inside its
  /// own rows.
  @usableFromInline var isBusy = false

  init(_ database: OpaquePointer, _ sql: String, _ progress: Progress) throws(SQLiteError) {
    var handle: OpaquePointer?
    let code = sqlite3_prepare_v3(
      database,
      sql,
      -1,
      UInt32(SQLITE_PREPARE_PERSISTENT),
      &handle,
      nil
    )
    guard code == SQLITE_OK, let handle else {
      guard code != SQLITE_OK else {
        throw SQLiteError(code: SQLITE_MISUSE, message: "the SQL is empty", messageIsSafe: true)
      }
      throw SQLiteError.latest(of: database, progress, messageIsSafe: true)
    }
    self.handle = handle
    self.database = database
    self.progress = progress
  }

  deinit { sqlite3_finalize(handle) }

  /// Moves to the next row. Returns false at the end. Throws ``SQLiteError/Stop/budgetExceeded`` at
  /// a row that the budget does not cover.
  public func step() throws(SQLiteError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW:
      if progress.stopsAtRow() { throw .overBudget }
      return true
    case SQLITE_DONE: return false
    default: throw SQLiteError.latest(of: database, progress, messageIsSafe: false)
    }
  }

  /// Makes the statement ready for its next use and clears its bindings, so that no pointer of the
  /// caller stays behind. Does not report the error of a failed step again.
  public func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
    isBusy = false
  }

  /// Runs the statement to its end once, without bindings.
  func runOnce() throws(SQLiteError) {
    defer { sqlite3_reset(handle) }
    while try step() {}
  }

  /// Binds the values to parameters 1, 2, 3, ... in order.
  @inlinable
  public func bind<each Value: Bindable>(_ values: repeat each Value) throws(SQLiteError) {
    var index: Int32 = 0
    for value in repeat each values {
      index += 1
      try value.bind(to: self, at: index)
    }
  }
}

// MARK: - Binding by index

extension Statement {
  /// Binds NULL. The first parameter has index 1.
  public func bindNull(_ index: Int32) throws(SQLiteError) {
    try check(sqlite3_bind_null(handle, index))
  }

  /// Binds an integer.
  public func bind(_ index: Int32, _ value: Int64) throws(SQLiteError) {
    try check(sqlite3_bind_int64(handle, index, value))
  }

  /// Binds a floating point number.
  public func bind(_ index: Int32, _ value: Double) throws(SQLiteError) {
    try check(sqlite3_bind_double(handle, index, value))
  }

  /// Binds text, which SQLite copies straight from the string's storage.
  public func bind(_ index: Int32, _ value: String) throws(SQLiteError) {
    var value = value
    let code = value.withUTF8 { utf8 in
      guard let base = utf8.baseAddress, let length = Int32(exactly: utf8.count) else {
        return utf8.isEmpty ? csqlite_bind_text_static(handle, index, "", 0) : SQLITE_TOOBIG
      }
      return base.withMemoryRebound(to: CChar.self, capacity: utf8.count) {
        csqlite_bind_text_copy(handle, index, $0, length)
      }
    }
    try check(code)
  }

  /// Binds text of the program's binary; nothing is copied.
  public func bind(_ index: Int32, _ value: StaticString) throws(SQLiteError) {
    guard value.hasPointerRepresentation else { return try bind(index, value.description) }
    let length = value.utf8CodeUnitCount
    let code = value.utf8Start.withMemoryRebound(to: CChar.self, capacity: length) {
      csqlite_bind_text_static(handle, index, $0, Int32(length))
    }
    try check(code)
  }

  /// Binds bytes that must stay in place until the statement is reset; nothing is copied.
  public func bind(_ index: Int32, _ value: UnsafeRawBufferPointer) throws(SQLiteError) {
    // A null pointer would bind NULL instead of an empty blob.
    guard let base = value.baseAddress, !value.isEmpty else {
      return try check(sqlite3_bind_zeroblob(handle, index, 0))
    }
    guard let length = Int32(exactly: value.count) else { return try check(SQLITE_TOOBIG) }
    try check(csqlite_bind_blob_static(handle, index, base, length))
  }

  /// Binds bytes, which SQLite copies.
  public func bind(_ index: Int32, _ value: [UInt8]) throws(SQLiteError) {
    let code = value.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, !bytes.isEmpty else {
        return sqlite3_bind_zeroblob(handle, index, 0)
      }
      guard let length = Int32(exactly: bytes.count) else { return SQLITE_TOOBIG }
      return csqlite_bind_blob_copy(handle, index, base, length)
    }
    try check(code)
  }

  private func check(_ code: Int32) throws(SQLiteError) {
    guard code != SQLITE_OK else { return }
    throw SQLiteError(
      code: code,
      message: "a value cannot be bound: no such parameter, or too big",
      messageIsSafe: true
    )
  }
}

extension SQLiteError {
  /// The error of a statement that is stopped at a row.
  fileprivate static var overBudget: SQLiteError {
    SQLiteError(
      code: SQLITE_INTERRUPT,
      message: "the budget of bytes or time is used up",
      stop: .budgetExceeded,
      messageIsSafe: true
    )
  }

  /// Returns the error that `database` reported last.
  static func latest(
    of database: OpaquePointer,
    _ progress: Progress,
    messageIsSafe: Bool
  ) -> SQLiteError {
    let code = sqlite3_extended_errcode(database)
    var stop: Stop?
    if code & 0xff == SQLITE_INTERRUPT {
      stop = progress.budgetExceeded ? .budgetExceeded : .interrupted
    }
    return SQLiteError(
      code: code,
      message: String(cString: sqlite3_errmsg(database)),
      systemError: systemError(of: code, database),
      stop: stop,
      messageIsSafe: messageIsSafe
    )
  }

  /// Returns the `errno` behind an I/O error, otherwise 0. A write that failed inside a statement
  /// left its `errno` with the file only.
  private static func systemError(of code: Int32, _ database: OpaquePointer) -> Int32 {
    guard code & 0xff == SQLITE_IOERR else { return 0 }
    let ofFile = code == IOErrorCode.write ? csqlite_file_errno(database) : 0
    return ofFile != 0 ? ofFile : sqlite3_system_errno(database)
  }
}
