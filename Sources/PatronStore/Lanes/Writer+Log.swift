internal import SQLite

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The write-ahead log: checkpoints, and the readers that keep it from being reset.
extension Writer {
  /// Size of a page of the database, in bytes.
  static let pageBytes = 4096
  /// Size of a page in the WAL, in bytes: with a frame header of 24.
  private static let logPageBytes = pageBytes + 24

  var logBytes: Int { connection.walPages * Self.logPageBytes }

  /// The size from which scans are ended: a quarter below the mark, at least 4 MiB or half of a
  /// small mark, so that the next batches still stay below it.
  private var reliefBytes: Int {
    let mark = settings.limits.logBytesMark
    return mark - max(mark / 4, min(mark / 2, 4 << 20))
  }

  /// Checkpoints the WAL between two batches if it is time. Replies have left by now.
  func maintainLog() {
    let pages = connection.walPages
    if pages < logPagesBefore { noteLogRestart() }
    logPagesBefore = pages
    takeSyncResult()
    if hasFailed { return }
    if logBytes >= reliefBytes, pages >= pagesForNextRelief {
      relieveLog()
    } else if transaction.truncatesLog, pages >= pagesForNextTruncation {
      truncateLog()
    } else {
      stepCheckpoint(pages)
    }
  }

  private func stepCheckpoint(_ pages: Int) {
    switch checkpoints.step(pages: pages) {
    case .none: return
    case .slice: copySlice(pages)
    case .sync:
      if databaseSync.begin() {
        checkpoints.noteSyncBegin()
      } else {
        checkpoints.noteSyncFailure()
      }
    case .whole:
      pin.release()
      let result = checkpoint(.passive)
      checkpoints.noteWhole(pages: pages, copied: result?.checkpointedPages ?? 0)
    }
  }

  /// Copies the pages that were in the WAL when the pin was moved, and moves it to the end. A pin
  /// that blocks the checkpoint is in the wrong place, so it is given up.
  private func copySlice(_ pages: Int) {
    guard pin.isHeld else {
      checkpoints.noteSlice(pages: pages, copied: nil)
      return pin.move()
    }
    let result = checkpoint(.passive)
    checkpoints.noteSlice(pages: pages, copied: result?.checkpointedPages)
    if let result, !result.busy { pin.move() } else { pin.release() }
  }

  /// Notes the end of a sync of the database file. One that failed is a failed disk: what it did
  /// not write is lost, though SQLite may not hear of it.
  private func takeSyncResult() {
    guard checkpoints.isSyncing, let code = databaseSync.takeResult() else { return }
    checkpoints.noteSyncEnd(pages: connection.walPages)
    // On a full disk the whole checkpoint fails as well, and is tried again.
    if code == 0 || code == ENOSPC || code == EDQUOT { return }
    failStop("the disk failed: cannot sync the database: \(StoreOpenError.text(errno: code))")
  }

  /// Truncates the WAL after an erasure, so that it holds no earlier state. Waits briefly for
  /// readers, but ends none. If a reader is in the way, the next attempt follows after
  /// ``logPagesBetweenAttempts`` more pages, or after a second without a write.
  func truncateLog() {
    connection.setBusyTimeout(milliseconds: settings.limits.checkpointWait.wholeMilliseconds)
    let result = checkpoint(.truncate)
    connection.setBusyTimeout(milliseconds: settings.limits.busyTimeout.wholeMilliseconds)
    if let result, !result.busy {
      noteTruncatedLog()
    } else {
      pagesForNextTruncation = connection.walPages + Self.logPagesBetweenAttempts
    }
  }

  private func noteTruncatedLog() {
    noteLogRestart()
    logPagesBefore = 0
    transaction.truncatesLog = false
  }

  /// Notes that the WAL is written from its beginning again.
  private func noteLogRestart() {
    checkpoints.noteRestart()
    pagesForNextRelief = 0
    pagesForNextTruncation = 0
  }

  /// Pages of the WAL, half a MiB, between two attempts to truncate it behind a reader.
  private static let logPagesBetweenAttempts = 128

  /// Returns true if writes may go on. At the hard limit it tries to reset the WAL first.
  func hasRoomInLog() -> Bool {
    guard logBytes >= settings.limits.logBytesHard else { return true }
    relieveLog()
    return logBytes < settings.limits.logBytesHard
  }

  /// Resets the WAL. If readers are in the way, waits briefly, then ends scans one by one, the
  /// oldest first.
  func relieveLog() {
    connection.setBusyTimeout(milliseconds: settings.limits.checkpointWait.wholeMilliseconds)
    defer {
      connection.setBusyTimeout(milliseconds: settings.limits.busyTimeout.wholeMilliseconds)
    }
    while true {
      guard let result = checkpoint(.truncate) else { break }
      if !result.busy { return noteTruncatedLog() }
      guard settings.snapshots.endOldest(.log, wait: .seconds(1)) else { break }
    }
    // A reader that is not a scan is in the way: retry after another eighth of the mark.
    pagesForNextRelief =
      connection.walPages + settings.limits.logBytesMark / Self.logPageBytes / 8
  }

  /// Runs a checkpoint, on a full disk with the reserve. One that truncates the log gives up the
  /// pin first. Returns nil if it failed. A full disk is not a reason to stop, because the WAL
  /// still holds everything; any other I/O error is.
  func checkpoint(_ mode: CheckpointMode) -> CheckpointResult? {
    assertOwner()
    if mode == .truncate { pin.release() }
    do {
      let start = ContinuousClock.now
      let result = try connection.checkpoint(mode)
      let duration = start.duration(to: .now)
      settings.meter.note(checkpoint: duration.seconds, logBytes: logBytes)
      settings.onEvent?(
        .checkpoint(pages: result.logPages, isBusy: result.busy, duration: duration)
      )
      return result
    } catch {
      if error.isDiskFull, giveUpReserve() { return checkpoint(mode) }
      if error.isIOError, !error.isDiskFull { failStop(error) }
      return nil
    }
  }

  /// Truncates the WAL, as the writer's last work. Returns the pages left in it.
  func finish() -> Int {
    endBackup(StoreError.closing)
    if !hasFailed { stopIfFilesAreLost() }
    guard !hasFailed else { return connection.walPages }
    connection.setBusyTimeout(milliseconds: 1000)
    guard let result = checkpoint(.truncate) else { return connection.walPages }
    return result.logPages - (result.busy ? 0 : result.checkpointedPages)
  }
}
