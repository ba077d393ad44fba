internal import CSQLite

/// The SQLite library itself: settings of the whole process.
public enum SQLiteLibrary {
  /// The version of the loaded library, such as `3.40.1`.
  public static var version: String { String(cString: sqlite3_libversion()) }

  /// True if SQLite counts its memory, which costs a process-wide mutex for each allocation. False
  /// unless other code in the process used SQLite before this module did.
  public static var countsMemory: Bool {
    configure()
    return csqlite_counts_memory() != 0
  }

  /// Configures the library before the first connection. Every connection calls it; only the first
  /// call has an effect.
  static func configure() { _ = configured }

  private static let configured: Int32 = csqlite_disable_memory_statistics()
}
