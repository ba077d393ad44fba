/// A value that can be a parameter of a statement.
public protocol Bindable {
  /// Binds the value to the parameter with this index; the first is 1.
  func bind(to statement: Statement, at index: Int32) throws(SQLiteError)
}

extension Int64: Bindable {
  /// Binds an integer.
  public func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
    try statement.bind(index, self)
  }
}

extension Int: Bindable {
  /// Binds an integer.
  public func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
    try statement.bind(index, Int64(self))
  }
}

extension Int32: Bindable {
  /// Binds an integer.
  public func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
    try statement.bind(index, Int64(self))
  }
}

extension Bool: Bindable {
  /// Binds 1 for true and 0 for false.
  public func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
    try statement.bind(index, Int64(self ? 1 : 0))
  }
}

extension Double: Bindable {
  /// Binds a floating point number.
  public func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
    try statement.bind(index, self)
  }
}

extension String: Bindable {
  /// Binds text, which SQLite copies.
  public func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
    try statement.bind(index, self)
  }
}

extension StaticString: Bindable {
  /// Binds text of the program's binary, which SQLite does not copy.
  public func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
    try statement.bind(index, self)
  }
}

extension Array: Bindable where Element == UInt8 {
  /// Binds bytes, which SQLite copies.
  public func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
    try statement.bind(index, self)
  }
}

extension UnsafeRawBufferPointer: Bindable {
  /// Binds bytes that must stay in place until the statement is reset, which functions of
  /// ``Connection`` do before they return. SQLite does not copy them.
  public func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
    try statement.bind(index, self)
  }
}

extension Optional: Bindable where Wrapped: Bindable {
  /// Binds the value, or NULL.
  public func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
    switch self {
    case .some(let value): try value.bind(to: statement, at: index)
    case .none: try statement.bindNull(index)
    }
  }
}
