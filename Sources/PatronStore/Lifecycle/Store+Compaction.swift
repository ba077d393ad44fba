internal import SQLite

extension Store {
  /// Rewrites the database of a directory that no process has open. This removes free pages, and
  /// with them the traces of erased records in unused parts of pages and of the search index. The
  /// search index is rebuilt, and checked at the end.
  ///
  /// It needs free disk space of about twice the size of the file, for SQLite's temporary copy and
  /// the write-ahead log. If the process ends halfway, the records are unchanged and the next start
  /// continues the rebuild of the search index. `progress` receives the number of customers indexed
  /// so far.
  ///
  /// - Returns: The size of the database before and after, in bytes.
  package static func compact(
    _ options: StoreOptions,
    progress: (Int) -> Void = { _ in }
  ) throws(StoreOpenError) -> (before: Int64, after: Int64) {
    let directory = try DataDirectory(path: options.directory)
    defer { directory.release() }
    let path = directory.databasePath
    let connection = try ConnectionOpening.writer(directory, options)
    do {
      let before = try size(connection)
      try rebuildSearch(connection, progress)
      // The writer keeps temporary data and a transaction's pages in memory, which has no room for
      // a copy of the database.
      try connection.execute("PRAGMA temp_store=FILE; PRAGMA cache_spill=ON")
      try connection.execute("VACUUM")
      _ = try connection.checkpoint(.truncate)
      if let finding = try SearchInspection.findings(connection).first {
        throw StoreOpenError.search(path: path, detail: finding)
      }
      return (before, try size(connection))
    } catch {
      throw StoreOpenError(error, working: path)
    }
  }

  /// Customers per step. No caller waits for the lane here, so steps are larger than the server's.
  private static let customersPerStep = 5000

  private static func rebuildSearch(
    _ connection: Connection,
    _ progress: (Int) -> Void
  ) throws {
    _ = try SearchRebuild.mark("compact", connection)
    let transaction = WriteTransaction(connection)
    while true {
      try connection.beginImmediate()
      let step: Int?
      do {
        step = try SearchRebuild.step(transaction, customers: customersPerStep)
        try connection.commit()
      } catch {
        try? connection.rollback()
        throw error
      }
      progress(transaction.search.rebuiltCount)
      guard step != nil else { break }
    }
    // One segment is the fastest to search.
    try connection.execute("INSERT INTO customer_search (customer_search) VALUES ('optimize')")
  }

  private static func size(_ connection: Connection) throws(SQLiteError) -> Int64 {
    let pages = try connection.integer("PRAGMA page_count") ?? 0
    return pages * (try connection.integer("PRAGMA page_size") ?? 0)
  }
}
