internal import SQLite

/// The write-ahead log: when it is checkpointed, and what happens when readers keep it from being
/// reset.
extension Writer {
  /// Bytes of a page of the log: a page of 4096 and its frame header of 24.
  private static let logPageBytes = 4096 + 24

  private var logBytes: Int { connection.walPages * Self.logPageBytes }

  /// From here on scans are ended: a quarter below the mark, and half of a small one, so that the
  /// batches until then stay under it.
  private var reliefBytes: Int {
    let mark = settings.limits.logBytesMark
    return mark - max(mark / 4, min(mark / 2, 4 << 20))
  }

  /// Between two batches: checkpoints what has come together. Replies have left by now.
  func maintainLog() {
    let pages = connection.walPages
    if pages < pagesAtCheckpoint {
      // The log began anew.
      pagesAtCheckpoint = 0
      pagesForNextRelief = 0
      pagesForNextEmptying = 0
    }
    if logBytes >= reliefBytes, pages >= pagesForNextRelief {
      relieveLog()
    } else if transaction.emptiesLog, pages >= pagesForNextEmptying {
      emptyLog()
    } else if pages - pagesAtCheckpoint >= settings.limits.checkpointEveryPages {
      pagesAtCheckpoint = pages
      _ = checkpoint(.passive)
    }
  }

  /// Empties the log after an erasure, so that no earlier state stays in it. Readers are waited for
  /// a moment, but none is ended: where one is in the way it is tried again when the next
  /// ``logPagesBetweenAttempts`` pages are written, or when nothing was to be written for a second.
  func emptyLog() {
    connection.setBusyTimeout(milliseconds: settings.limits.checkpointWait.wholeMilliseconds)
    let result = checkpoint(.truncate)
    connection.setBusyTimeout(milliseconds: settings.limits.busyTimeout.wholeMilliseconds)
    if let result, !result.busy {
      noteEmptyLog()
    } else {
      pagesAtCheckpoint = connection.walPages
      pagesForNextEmptying = connection.walPages + Self.logPagesBetweenAttempts
    }
  }

  private func noteEmptyLog() {
    pagesAtCheckpoint = 0
    pagesForNextRelief = 0
    pagesForNextEmptying = 0
    transaction.emptiesLog = false
  }

  /// Pages of the log, half a MiB, between attempts to empty it that a reader was in the way of.
  private static let logPagesBetweenAttempts = 128

  /// Whether writes may go on. At the hard limit it tries once more to reset the log.
  func hasRoomInLog() -> Bool {
    guard logBytes >= settings.limits.logBytesHard else { return true }
    relieveLog()
    return logBytes < settings.limits.logBytesHard
  }

  /// Resets the log. Where readers are in the way, it waits a moment, then ends one scan after the
  /// other, the oldest first.
  private func relieveLog() {
    connection.setBusyTimeout(milliseconds: settings.limits.checkpointWait.wholeMilliseconds)
    defer {
      connection.setBusyTimeout(milliseconds: settings.limits.busyTimeout.wholeMilliseconds)
    }
    while true {
      guard let result = checkpoint(.truncate) else { break }
      if !result.busy { return noteEmptyLog() }
      guard settings.snapshots.endOldest(.log, wait: .seconds(1)) else { break }
    }
    // Somebody else is in the way: try again when an eighth of the mark has been written.
    pagesAtCheckpoint = connection.walPages
    pagesForNextRelief =
      connection.walPages + settings.limits.logBytesMark / Self.logPageBytes / 8
  }

  /// Runs a checkpoint. nil when it failed: a full disk is no reason to stop, since the log still
  /// holds everything; any other I/O error is.
  func checkpoint(_ mode: CheckpointMode) -> CheckpointResult? {
    assertOwner()
    do {
      return try connection.checkpoint(mode)
    } catch {
      if error.isIOError, !error.isDiskFull { failStop(error) }
      return nil
    }
  }

  /// The last work of the writer: empties the log. Returns the pages that are left in it.
  func finish() -> Int {
    guard !hasFailed else { return connection.walPages }
    connection.setBusyTimeout(milliseconds: 1000)
    guard let result = checkpoint(.truncate) else { return connection.walPages }
    return result.logPages - (result.busy ? 0 : result.checkpointedPages)
  }
}
