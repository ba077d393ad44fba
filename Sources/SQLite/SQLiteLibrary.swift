internal import CSQLite

/// The SQLite library as a whole: settings that hold for the process.
package enum SQLiteLibrary {
  /// The version of the library that is loaded, such as `3.40.1`.
  package static var version: String { String(cString: sqlite3_libversion()) }

  /// Whether SQLite counts its memory, which costs a process-wide mutex for each allocation. False
  /// unless something else in the process used SQLite before this module did.
  package static var countsMemory: Bool {
    configure()
    return csqlite_counts_memory() != 0
  }

  /// Sets what has to be set before the first connection. Every connection calls it; the first call
  /// counts.
  static func configure() { _ = configured }

  private static let configured: Int32 = csqlite_disable_memory_statistics()
}
