internal import Synchronization

/// A finished backup.
package struct BackupRecord: Sendable, Equatable {
  /// The path of the copy.
  package let path: String
  /// The time at which the copy had its name, in microseconds since 1970 UTC.
  package let finishedAt: Int64
  /// The size of the copy, in bytes.
  package let bytes: Int64
  /// The SHA-256 of the copy.
  package let sha256: [UInt8]
  /// The schema of the copy, and its last record.
  package let facts: CopyFacts
}

/// The progress of a backup, in pages of the database.
package struct BackupProgress: Sendable, Equatable {
  /// Pages that are copied.
  package let copied: Int
  /// Pages of the database. Grows while others write.
  package let total: Int
}

/// A backup that is to be made: shared by its caller, the writer, and the thread that finishes it.
package final class BackupTask: Sendable {
  package let file: BackupFile
  /// Receives the progress about once a second, on the writer's thread. Keep it short.
  let onProgress: @Sendable (BackupProgress) -> Void
  /// Receives the result once, on any thread.
  let onEnd: @Sendable (Result<BackupRecord, any Error>) -> Void
  private let cancelled = Atomic<Bool>(false)

  package init(
    _ file: BackupFile,
    onProgress: @escaping @Sendable (BackupProgress) -> Void = { _ in },
    onEnd: @escaping @Sendable (Result<BackupRecord, any Error>) -> Void
  ) {
    self.file = file
    self.onProgress = onProgress
    self.onEnd = onEnd
  }

  /// Asks for the end of the backup. The unfinished copy is removed, unless the copy was complete
  /// already. May be called on any thread, at any time.
  package func cancel() { cancelled.store(true, ordering: .releasing) }

  var isCancelled: Bool { cancelled.load(ordering: .acquiring) }
}
