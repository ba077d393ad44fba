internal import SQLite

/// The reserve on disk: given up when the disk is full, restored when there is room again.
extension Writer {
  /// True if a job must not take what is left of the disk: the reserve is given up, and the job is
  /// an ordinary write.
  func isHeldBack(_ job: WriteJob) -> Bool { reserve.isGivenUp && !job.usesReserve }

  /// Makes room on a full disk for a job that may use the reserve: gives the reserve up, or resets
  /// the WAL. Returns true if there is more room than before.
  func makeRoom() -> Bool {
    if giveUpReserve() { return true }
    guard connection.walPages > 0 else { return false }
    relieveLog()
    return connection.walPages == 0
  }

  /// Gives the reserve up, and has the WAL truncated. Returns false if it is given up already.
  func giveUpReserve() -> Bool {
    guard reserve.giveUp() else { return false }
    transaction.truncatesLog = true
    tellThatReserveIsGivenUp()
    return true
  }

  /// Makes the reserve at the start, and tells the operator if it is not in place.
  func prepareReserve() {
    if reserve.restore() || !reserve.isLacking { return }
    if reserve.isGivenUp {
      transaction.truncatesLog = true
      return tellThatReserveIsGivenUp()
    }
    settings.onNotice?(
      "the disk has no room for the reserve of \(Self.mebibytes(reserve.bytes)) (patron.reserve): "
        + "if it fills up, customers cannot be erased; make room, or lower --disk-reserve-mib"
    )
  }

  /// Restores a reserve that is not in place, if there is room. Call it after a look at the files.
  func restoreReserve() {
    guard reserve.isLacking, reserve.restore() else { return }
    settings.onNotice?(
      "the disk has room again: the reserve of \(Self.mebibytes(reserve.bytes)) is in place, and "
        + "every write is accepted"
    )
  }

  private func tellThatReserveIsGivenUp() {
    settings.onNotice?(
      "the disk is full, and its reserve is in use: only deletions are accepted until "
        + "\(Self.mebibytes(reserve.bytesForRestart)) are free"
    )
  }

  private static func mebibytes(_ bytes: Int) -> String { "\((bytes + (1 << 20) - 1) >> 20) MiB" }
}
