internal import SQLite

extension Store {
  /// Rewrites the database of a directory that nobody has open: free pages go, and with them what
  /// the unused parts of pages and of the search index still hold of erased records. The search
  /// index is made again, and checked when all is done.
  ///
  /// It needs free disk of about twice the size of the file, for SQLite's temporary copy and the
  /// write-ahead log. A process that ends in the middle leaves the records as they were, and a
  /// search index that the next start goes on with. `progress` is told the customers indexed so
  /// far.
  ///
  /// - Returns: the size of the database before and after, in bytes.
  package static func compact(
    _ options: StoreOptions,
    progress: (Int) -> Void = { _ in }
  ) throws(StoreOpenError) -> (before: Int64, after: Int64) {
    let directory = try DataDirectory(path: options.directory)
    defer { directory.release() }
    let path = directory.databasePath
    let connection = try ConnectionOpening.writer(path, options)
    do {
      let before = try size(connection)
      try rebuildSearch(connection, progress)
      // The writer keeps temporary data in memory, where a copy of everything has no place.
      try connection.execute("PRAGMA temp_store=FILE")
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

  /// Customers of a step where nobody waits.
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
    // One segment: the quickest to search.
    try connection.execute("INSERT INTO customer_search (customer_search) VALUES ('optimize')")
  }

  private static func size(_ connection: Connection) throws(SQLiteError) -> Int64 {
    let pages = try connection.integer("PRAGMA page_count") ?? 0
    return pages * (try connection.integer("PRAGMA page_size") ?? 0)
  }
}
