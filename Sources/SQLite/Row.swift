internal import CSQLite

/// The row that a statement stands on. Columns count from 0.
///
/// It cannot leave the closure it is given to; buffers read from it are valid until that closure
/// returns.
package struct Row: ~Copyable {
  private let handle: OpaquePointer

  /// The current row of a statement whose `step` returned true.
  package init(_ statement: Statement) { self.handle = statement.handle }

  /// Whether the column is NULL.
  package func isNull(_ column: Int32) -> Bool {
    sqlite3_column_type(handle, column) == SQLITE_NULL
  }

  /// The column as an integer; NULL is 0.
  package func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  /// The column as an integer, nil for NULL.
  package func optionalInt64(_ column: Int32) -> Int64? { isNull(column) ? nil : int64(column) }

  /// The column as a truth value: not 0.
  package func bool(_ column: Int32) -> Bool { int64(column) != 0 }

  /// The column as a floating point number; NULL is 0.
  package func double(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }

  /// The column as text; NULL is the empty string.
  package func text(_ column: Int32) -> String { String(decoding: utf8(column), as: UTF8.self) }

  /// The column as text, nil for NULL.
  package func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

  /// The text of the column in SQLite's memory; NULL is empty.
  package func utf8(_ column: Int32) -> UnsafeRawBufferPointer {
    // The order matters: column_text may convert, column_bytes counts what it converted to.
    let base = sqlite3_column_text(handle, column)
    return UnsafeRawBufferPointer(start: base, count: Int(sqlite3_column_bytes(handle, column)))
  }

  /// The bytes of the column in SQLite's memory; NULL is empty.
  package func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
    let base = sqlite3_column_blob(handle, column)
    return UnsafeRawBufferPointer(start: base, count: Int(sqlite3_column_bytes(handle, column)))
  }

  /// A copy of the column's bytes; NULL is empty.
  package func array(_ column: Int32) -> [UInt8] { Array(bytes(column)) }
}
