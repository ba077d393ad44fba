internal import CSQLite

/// The current row of a statement. Columns count from 0.
///
/// A row cannot leave the closure that receives it, nor can spans read from it.
public struct Row: ~Copyable {
  private let handle: OpaquePointer
  /// The account of bytes. Its connection outlives the row; a counted reference would cost more
  /// than the row.
  private unowned(unsafe) let progress: Progress

  /// Creates the row of a statement whose `step` returned true.
  public init(_ statement: Statement) {
    handle = statement.handle
    progress = statement.progress
  }

  /// Returns true if the column is NULL.
  public func isNull(_ column: Int32) -> Bool {
    sqlite3_column_type(handle, column) == SQLITE_NULL
  }

  /// Returns the column as an integer; NULL is 0.
  public func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  /// Returns the column as an integer, or nil for NULL.
  public func optionalInt64(_ column: Int32) -> Int64? { isNull(column) ? nil : int64(column) }

  /// Returns true if the column as an integer is not 0.
  public func bool(_ column: Int32) -> Bool { int64(column) != 0 }

  /// Returns the column as a floating-point number; NULL is 0.
  public func double(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }

  /// Returns a copy of the column as text; NULL is the empty string.
  public func text(_ column: Int32) -> String {
    String(decoding: textBytes(column), as: UTF8.self)
  }

  /// Returns a copy of the column as text, or nil for NULL.
  public func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

  /// Returns the text of the column in SQLite's memory; NULL is empty.
  @_lifetime(borrow self)
  public func utf8(_ column: Int32) -> RawSpan {
    _overrideLifetime(textBytes(column).bytes, borrowing: self)
  }

  /// Returns the bytes of the column in SQLite's memory; NULL is empty.
  @_lifetime(borrow self)
  public func span(_ column: Int32) -> RawSpan {
    _overrideLifetime(bytes(column).bytes, borrowing: self)
  }

  /// Returns a copy of the column's bytes; NULL is empty.
  public func array(_ column: Int32) -> [UInt8] { Array(bytes(column)) }

  private func textBytes(_ column: Int32) -> UnsafeRawBufferPointer {
    // The order matters: column_text may convert, and column_bytes counts the converted bytes.
    let base = sqlite3_column_text(handle, column)
    let count = Int(sqlite3_column_bytes(handle, column))
    progress.countBytes(count)
    return UnsafeRawBufferPointer(start: base, count: count)
  }

  private func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
    let base = sqlite3_column_blob(handle, column)
    let count = Int(sqlite3_column_bytes(handle, column))
    progress.countBytes(count)
    return UnsafeRawBufferPointer(start: base, count: count)
  }
}
