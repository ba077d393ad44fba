internal import SQLite

/// The state of a database that no process has open, seen without a change of its records.
package struct DatabaseLook: Sendable, Equatable {
  /// The version of the schema; 0 for an empty database.
  package let schemaVersion: Int
  /// The names of the tables that Litestream made, separated by commas; empty if there are none.
  package let litestreamTables: String

  /// Looks at the database of a directory, which exists. Takes the locks for that time.
  ///
  /// - Throws: ``StoreOpenError`` if the database is in use, damaged, not Patron's or of a newer
  ///   version than `migrations`.
  package init(at path: String, migrations: [Migration]) throws(StoreOpenError) {
    let directory = try DataDirectory(path: path)
    defer { directory.release() }
    let connection = try ConnectionOpening.reader(directory, StoreLimits(), nil)
    let runner = MigrationRunner(path: directory.databasePath, migrations: migrations)
    schemaVersion = try runner.inspect(connection)
    do {
      litestreamTables =
        try connection.text(
          """
          SELECT coalesce(group_concat(name, ', '), '') FROM sqlite_schema
          WHERE name GLOB '_litestream_*'
          """
        ) ?? ""
    } catch {
      throw StoreOpenError(error, path: directory.databasePath)
    }
  }
}
