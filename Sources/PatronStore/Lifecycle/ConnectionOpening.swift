internal import SQLite

/// The opening of connections, with the settings that the lanes rely on.
enum ConnectionOpening {
  /// Opens the only read-write connection and brings the schema up to date. Refuses a file that is
  /// not Patron's before changing anything in it.
  static func writer(
    _ directory: DataDirectory,
    _ options: StoreOptions
  ) throws(StoreOpenError) -> Connection {
    let path = directory.databasePath
    let runner = MigrationRunner(path: path, migrations: options.migrations)
    let limits = options.limits
    do {
      let connection = try Connection(
        path: path,
        mode: .readWrite,
        busyTimeoutMilliseconds: limits.busyTimeout.wholeMilliseconds,
        vfs: options.vfs,
        gathersLog: true,
        retaining: directory.database
      )
      let version = try runner.inspect(connection)
      let mode = try connection.text("PRAGMA journal_mode=WAL")
      guard mode == "wal" else {
        throw StoreOpenError.engine(
          path: path,
          detail: "its file system does not support a write-ahead log (shared memory)"
        )
      }
      try connection.execute(
        """
        PRAGMA synchronous=\(options.durability.pragma.rawValue);
        PRAGMA secure_delete=ON;
        PRAGMA wal_autocheckpoint=0;
        PRAGMA journal_size_limit=\(limits.logBytesMark);
        PRAGMA cache_size=-\(limits.writerCacheBytes >> 10);
        PRAGMA temp_store=MEMORY;
        PRAGMA foreign_keys=ON;
        PRAGMA trusted_schema=OFF;
        PRAGMA mmap_size=0;
        """
      )
      let start = ContinuousClock.now
      try runner.run(connection, from: version)
      // SQLite (3.40.1 among others) may commit frames without checksums if pages went to the log
      // twice before a savepoint is rolled back. It loses that commit, and all later ones, when it
      // recovers the log after a crash. So no page goes there before its commit. Migrations run
      // before this line: they have no savepoints, and change more pages than memory may hold.
      try connection.execute("PRAGMA cache_spill=OFF")
      let last = options.migrations.count
      if version < last {
        options.onEvent?(.migration(from: version, to: last, duration: start.duration(to: .now)))
      }
      if options.mendsSearch,
        let reason = try SearchInspection.markIfNeeded(
          connection,
          closely: runner.isBehind(version)
        )
      {
        options.onNotice?("making the search index again, because \(reason)")
      }
      return connection
    } catch let error as SQLiteError {
      throw StoreOpenError(error, path: path)
    } catch let error as StoreOpenError {
      throw error
    } catch {
      throw .engine(path: path, detail: "\(error)")
    }
  }

  /// Opens a read-only connection, to be used by one thread. `cacheBytes` is its page cache; nil
  /// selects ``StoreLimits/readerCacheBytes``.
  static func reader(
    _ directory: DataDirectory,
    _ limits: StoreLimits,
    _ vfs: String?,
    cacheBytes: Int? = nil
  ) throws(StoreOpenError) -> Connection {
    let path = directory.databasePath
    do {
      let connection = try Connection(
        path: path,
        mode: .readOnly,
        busyTimeoutMilliseconds: limits.busyTimeout.wholeMilliseconds,
        vfs: vfs,
        retaining: directory.database
      )
      try connection.execute(
        """
        PRAGMA mmap_size=\(limits.readerMapBytes);
        PRAGMA cache_size=-\((cacheBytes ?? limits.readerCacheBytes) >> 10);
        PRAGMA trusted_schema=OFF;
        """
      )
      return connection
    } catch {
      throw StoreOpenError(error, path: path)
    }
  }
}

extension Durability {
  fileprivate var pragma: Connection.Synchronous {
    switch self {
    case .full: .full
    case .normal: .normal
    case .off: .off
    }
  }
}
