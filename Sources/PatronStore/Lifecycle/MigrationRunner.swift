internal import SQLite

/// The update of a database to the program's schema version. Each migration is one transaction.
struct MigrationRunner {
  /// `PTRN`: marks a SQLite file as Patron's.
  static let applicationID: Int64 = 0x5054_524E

  /// Litestream replicates a file by checkpointing it itself, from a second connection.
  private static let litestreamTables = """
    SELECT count(*) FROM sqlite_schema WHERE name IN ('_litestream_seq', '_litestream_lock')
    """

  let path: String
  let migrations: [Migration]

  init(path: String, migrations: [Migration]) {
    precondition(
      migrations.map(\.version) == Array(1..<(migrations.count + 1)),
      "migrations must be numbered 1, 2, 3, ... in order"
    )
    self.path = path
    self.migrations = migrations
  }

  /// Returns the schema version of a file, 0 if it is still empty. Throws for a file that is
  /// damaged, not Patron's, replicated by Litestream, or newer than the program. Changes nothing.
  func inspect(_ connection: Connection) throws(StoreOpenError) -> Int {
    let application: Int64
    let version: Int
    let objects: Int64
    let replicas: Int64
    do {
      application = try connection.integer("PRAGMA application_id") ?? 0
      version = Int(try connection.integer("PRAGMA user_version") ?? 0)
      objects = try connection.integer("SELECT count(*) FROM sqlite_schema") ?? 0
      replicas = try connection.integer(Self.litestreamTables) ?? 0
    } catch {
      throw StoreOpenError(error, path: path)
    }
    let isFresh = application == 0 && version == 0 && objects == 0
    guard isFresh || application == Self.applicationID else { throw .notPatron(path: path) }
    guard replicas == 0 else { throw .litestream(path: path) }
    guard version >= 0 else {
      throw .damaged(path: path, detail: "its schema has the version \(version)")
    }
    guard version <= migrations.count else {
      throw .newerVersion(path: path, found: version, supported: migrations.count)
    }
    return version
  }

  /// Returns true if a database of this version lacks migrations. A new database does not count.
  func isBehind(_ version: Int) -> Bool { version > 0 && version < migrations.count }

  /// Applies all migrations after `version`.
  func run(_ connection: Connection, from version: Int) throws(StoreOpenError) {
    for migration in migrations.dropFirst(version) { try apply(migration, connection) }
  }

  private func apply(_ migration: Migration, _ connection: Connection) throws(StoreOpenError) {
    do {
      try connection.beginImmediate()
      // Both numbers are in the file's header page, and so are part of the transaction.
      try connection.execute("PRAGMA application_id=\(Self.applicationID)")
      try connection.execute(migration.sql)
      guard connection.isInTransaction else {
        throw StoreOpenError.migration(
          version: migration.version,
          name: migration.name,
          detail: "it ends the transaction by itself; take COMMIT out of it"
        )
      }
      try connection.execute("PRAGMA user_version=\(migration.version)")
      try connection.commit()
    } catch let error as SQLiteError {
      // The first error is the relevant one; closing the connection rolls back as well.
      try? connection.rollback()
      if error.isDiskFull { throw .diskFull(path: path) }
      throw .migration(
        version: migration.version,
        name: migration.name,
        detail: error.description
      )
    } catch let error as StoreOpenError {
      throw error
    } catch {
      throw .migration(version: migration.version, name: migration.name, detail: "\(error)")
    }
  }
}
