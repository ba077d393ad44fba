internal import SQLite

/// The backup: its slices are copied between batches, and while nothing is written.
extension Writer {
  /// The wait until the next slice is due; nil if no backup runs.
  var backupWait: Duration? {
    backup.map { max(settings.now().duration(to: $0.nextSlice), .zero) }
  }

  /// Begins the backup that waits, and copies the next slice if it is due. Replies have left by
  /// now. `isShared` is true behind a batch of writes.
  func maintainBackup(isShared: Bool) {
    guard !hasFailed else { return endBackup(StoreError.failStop) }
    if backup == nil { beginBackup() }
    if isShared { backup?.isShared = true }
    guard let task = backup?.task, let due = backup?.nextSlice, due <= settings.now() else {
      return
    }
    let end = Result { try backup?.copySlice() ?? true }
    if case .success(false) = end { return }
    // Closes the copy before another thread opens it.
    backup = nil
    switch end {
    case .success: settings.backups.finish(task, migrations: settings.migrations)
    case .failure(let error): settings.backups.fail(task, error)
    }
  }

  private func beginBackup() {
    guard let task = settings.backups.take() else { return }
    do {
      backup = try BackupCopy(task, of: connection, in: files.directory, settings)
    } catch let error as SQLiteError {
      settings.backups.fail(task, BackupError(error, path: task.file.path))
    } catch {
      settings.backups.fail(task, error)
    }
  }

  /// Ends a backup that waits or runs.
  func endBackup(_ error: any Error) {
    let task = backup?.task ?? settings.backups.take()
    backup = nil
    if let task { settings.backups.fail(task, error) }
  }
}
