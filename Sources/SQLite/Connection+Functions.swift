internal import CSQLite

/// The arguments of a function of SQL, during its call. They count from 0.
public struct FunctionArguments: ~Copyable {
  private let values: UnsafeMutablePointer<OpaquePointer?>
  private let count: Int

  fileprivate init(_ values: UnsafeMutablePointer<OpaquePointer?>, count: Int) {
    self.values = values
    self.count = count
  }

  /// False if there is no memory for the text of an argument.
  fileprivate var areReadable: Bool {
    for argument in 0..<count where sqlite3_value_type(values[argument]) == SQLITE_TEXT {
      if sqlite3_value_text(values[argument]) == nil { return false }
    }
    return true
  }

  /// Returns true if the argument is NULL.
  public func isNull(_ argument: Int) -> Bool {
    sqlite3_value_type(values[argument]) == SQLITE_NULL
  }

  /// Returns the argument as an integer; NULL is 0.
  public func int64(_ argument: Int) -> Int64 { sqlite3_value_int64(values[argument]) }

  /// Returns the text of the argument in SQLite's memory; NULL is empty.
  @_lifetime(borrow self)
  public func utf8(_ argument: Int) -> RawSpan {
    let base = sqlite3_value_text(values[argument])
    let count = Int(sqlite3_value_bytes(values[argument]))
    let bytes = UnsafeRawBufferPointer(start: base, count: count).bytes
    return _overrideLifetime(bytes, borrowing: self)
  }
}

extension Connection {
  /// Adds a function of SQL that gives its arguments to `body` and returns NULL. Triggers call it
  /// to report rows. It lives as long as the connection, on the connection's thread.
  public func observe(
    _ function: String,
    argumentCount: Int32,
    _ body: @escaping (borrowing FunctionArguments) -> Void
  ) throws(SQLiteError) {
    let context = Unmanaged.passRetained(Observer(argumentCount, body)).toOpaque()
    let result = sqlite3_create_function_v2(
      handle,
      function,
      argumentCount,
      SQLITE_UTF8,
      context,
      { call, _, values in
        guard let values, let context = sqlite3_user_data(call) else { return }
        let observer = Unmanaged<Observer>.fromOpaque(context).takeUnretainedValue()
        let arguments = FunctionArguments(values, count: Int(observer.argumentCount))
        // The statement fails, rather than that a row is reported under another name.
        guard arguments.areReadable else { return sqlite3_result_error_nomem(call) }
        observer.body(arguments)
      },
      nil,
      nil,
      { context in
        guard let context else { return }
        Unmanaged<Observer>.fromOpaque(context).release()
      }
    )
    // SQLite has released the context if it refused the function.
    guard result == SQLITE_OK else { throw lastError() }
  }

  private final class Observer {
    let argumentCount: Int32
    let body: (borrowing FunctionArguments) -> Void

    init(_ argumentCount: Int32, _ body: @escaping (borrowing FunctionArguments) -> Void) {
      self.argumentCount = argumentCount
      self.body = body
    }
  }
}
