internal import PatronModel

extension Store {
  /// Memory of the job that writes the row, in bytes.
  private static let rowJobBytes = 1024

  /// Begins a backup, when its row in the audit log is on disk. Every write that was acknowledged
  /// before the call is in the copy. `caller` is who the row names. The task gets the result,
  /// unless this throws: ``BackupError``, or ``StoreError`` if the writer takes no more jobs. May
  /// be called on any thread.
  package func beginBackup(_ task: BackupTask, by caller: AuditCaller = .server) throws {
    try task.file.requireFree(beside: directory.path)
    try backups.claim(task)
    let job = WriteJob(
      deadline: nil,
      bytes: Self.rowJobBytes,
      sink: BackupStart(task, backups),
      token: ReplyToken(group: 0, item: 0),
      // A copy on another disk is wanted most when the disk of the database is full.
      usesReserve: true
    ) { transaction in
      transaction.auditCaller = caller
      transaction.record(.backupCreate, store: "*", [.file(task.file.name)])
      return []
    }
    do throws(StoreError) {
      try writer.submit(job)
    } catch {
      backups.withdraw()
      throw error
    }
  }
}

/// The sink of a row of the audit log that a backup waits for.
private final class BackupStart: ReplySink {
  private let task: BackupTask
  private let backups: Backups

  init(_ task: BackupTask, _ backups: Backups) {
    self.task = task
    self.backups = backups
  }

  func deliver(_ replies: [Reply]) {
    for reply in replies {
      switch reply.result {
      case .success: backups.start(task)
      case .failure(let error): backups.fail(task, error)
      }
    }
  }
}
