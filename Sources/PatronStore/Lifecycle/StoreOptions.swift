/// When a write is on disk.
package enum Durability: String, Sendable, CaseIterable {
  /// Acknowledged means on disk: it survives a power cut.
  case full
  /// Acknowledged survives a crash of the process; a power cut may lose the latest writes.
  case normal
  /// A power cut may destroy the database. For tests and for filling a new database only.
  case off
}

/// How a store is opened.
package struct StoreOptions: Sendable {
  /// The data directory; it is made where there is none.
  package var directory: String
  /// The schema, oldest step first.
  package var migrations: [Migration]
  /// The limits.
  package var limits = StoreLimits()
  /// When a write is on disk.
  package var durability = Durability.full
  /// False: each write has a transaction of its own. For measurements.
  package var groupCommit = true
  /// A registered SQLite file system; nil is the default one. For fault tests.
  package var vfs: String?
  /// Told what every commit changed, on the writer's thread, before the replies leave. Keep it
  /// short.
  package var commitObserver: (@Sendable ([RecordChange]) -> Void)?
  /// A search index that is damaged or has grown is made again, at the start and while writes go
  /// on. False: it is left as it is, for whoever checks it.
  package var mendsSearch = true
  /// Told what whoever runs the server should know, on the writer's thread, without personal data.
  package var onNotice: (@Sendable (String) -> Void)?
  /// Called once when the disk failed under the writer. nil prints one line to stderr and ends the
  /// process with status 74.
  package var onFailStop: (@Sendable (String) -> Void)?

  /// Options for a directory and a schema, with the defaults for everything else.
  package init(directory: String, migrations: [Migration]) {
    self.directory = directory
    self.migrations = migrations
  }
}
