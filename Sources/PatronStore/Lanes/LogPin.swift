internal import SQLite

/// A snapshot that keeps checkpoints from reaching the end of the write-ahead log. SQLite syncs the
/// database file when a checkpoint has copied the whole log; with the pin it copies only what the
/// pin sees. Belongs to the writer's thread.
struct LogPin {
  private let connection: Connection

  /// `connection` reads the same file as the writer's and is used for nothing else.
  init(_ connection: Connection) { self.connection = connection }

  /// True if the pin holds a snapshot.
  var isHeld: Bool { connection.isInTransaction }

  /// Moves the pin to the end of the log. Call it only when the log has pages that no checkpoint
  /// has copied: a snapshot without any of the log would block checkpoints. After an error the pin
  /// is not held, and the next checkpoint copies all.
  func move() {
    release()
    do {
      try connection.begin()
      _ = try connection.integer("SELECT 1 FROM sqlite_schema LIMIT 1")
    } catch {
      release()
    }
  }

  /// Gives the snapshot up.
  func release() { try? connection.rollback() }
}
