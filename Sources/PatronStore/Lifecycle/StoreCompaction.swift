internal import SQLite

extension Store {
  /// Rewrites the database of a directory that nobody has open: free pages go, and with them what
  /// the unused parts of pages and of the search index still hold of erased records.
  ///
  /// It needs free disk of about twice the size of the file, for SQLite's temporary copy and the
  /// write-ahead log. A process that ends in the middle leaves the file as it was.
  ///
  /// - Returns: the size of the database before and after, in bytes.
  public static func compact(
    _ options: StoreOptions
  ) throws(StoreOpenError) -> (before: Int64, after: Int64) {
    let directory = try DataDirectory(path: options.directory)
    defer { directory.release() }
    let path = directory.databasePath
    let connection = try ConnectionOpening.writer(path, options)
    do {
      let before = try size(connection)
      // The writer keeps temporary data in memory, where a copy of everything has no place.
      try connection.execute("PRAGMA temp_store=FILE")
      try connection.execute("INSERT INTO customer_search (customer_search) VALUES ('optimize')")
      try connection.execute("VACUUM")
      _ = try connection.checkpoint(.truncate)
      return (before, try size(connection))
    } catch {
      throw StoreOpenError(error, path: path)
    }
  }

  private static func size(_ connection: Connection) throws(SQLiteError) -> Int64 {
    let pages = try connection.integer("PRAGMA page_count") ?? 0
    return pages * (try connection.integer("PRAGMA page_size") ?? 0)
  }
}
