/// The guarantee that an acknowledged write is on disk.
package enum Durability: String, Sendable, CaseIterable {
  /// An acknowledged write survives a power cut.
  case full
  /// An acknowledged write survives a crash of the process. A power cut may lose the latest writes.
  case normal
  /// A power cut may destroy the database. Use it only in tests and to fill a new database.
  case off
}

/// The options for opening a database.
package struct StoreOptions: Sendable {
  /// The data directory. It is created if it does not exist.
  package var directory: String
  /// The migrations of the schema, oldest first.
  package var migrations: [Migration]
  package var limits = StoreLimits()
  /// The guarantee that an acknowledged write is on disk.
  package var durability = Durability.full
  /// True to commit writes in groups. False gives each its own transaction, for measurements.
  package var groupCommit = true
  /// The name of a registered SQLite VFS; nil selects the default. For fault tests.
  package var vfs: String?
  /// Receives the changes of every commit, on the writer's thread, before the replies leave. Keep
  /// it short.
  package var commitObserver: (@Sendable ([RecordChange]) -> Void)?
  /// True to rebuild a search index that is damaged or has grown, at the start and while writes
  /// continue. False leaves it as it is, for checks.
  package var mendsSearch = true
  /// True if a store begins with its first write. False where stores are made on purpose: a write
  /// to one that is not in the list is refused, such as a write that waited while its store was
  /// deleted.
  package var beginsStores = true
  /// Work that falls due with time.
  package var upkeep: Upkeep?
  /// Receives messages for the operator, on the writer's thread, without personal data.
  package var onNotice: (@Sendable (String) -> Void)?
  /// Receives events for a log, on the writer's thread. Keep it short.
  package var onEvent: (@Sendable (StoreEvent) -> Void)?
  /// Called once if the disk fails under the writer, or if a file of the database is removed,
  /// renamed or replaced. It gets the reason, a sentence for the operator. Nil prints one line to
  /// stderr and ends the process with status 74.
  package var onFailStop: (@Sendable (String) -> Void)?
  /// Returns the free space of the disk that has a path, in bytes; nil if it is unknown. For tests.
  package var freeBytes: @Sendable (String) -> Int? = { DiskReserve.freeSpace(at: $0) }
  /// The clock that tells when the files of the database are looked at again. For tests.
  package var now: @Sendable () -> ContinuousClock.Instant = { .now }

  /// Makes options for a directory and a schema, with defaults for everything else.
  package init(directory: String, migrations: [Migration]) {
    self.directory = directory
    self.migrations = migrations
  }
}
