internal import SQLite

/// The files under the database: a database that was taken away acknowledges no write.
extension Writer {
  /// The shortest time between two looks at the files, and the longest without one.
  static let pauseBetweenLooks = Duration.seconds(1)

  /// The time until the next look is due; zero if it is.
  var durationToNextLook: Duration {
    max(.zero, settings.now().duration(to: nextLookAtFiles))
  }

  /// Stops if a file of the database was removed, renamed or replaced, and takes back the replies
  /// that wait. Also restores the reserve on disk. Call it before replies leave, and when no job
  /// came. Looks at most once a second. Returns true if it looked.
  func lookAtFiles() -> Bool {
    assertOwner()
    let now = settings.now()
    guard !hasFailed, now >= nextLookAtFiles else { return false }
    nextLookAtFiles = now.advanced(by: Self.pauseBetweenLooks)
    stopIfFilesAreLost()
    if !hasFailed {
      restoreReserve()
      measure()
    }
    return true
  }

  /// Publishes what an operator wants to know of the files.
  private func measure() {
    let pages = try? connection.integer("PRAGMA freelist_count")
    settings.meter.note(
      freeBytes: pages.map { Int($0) * Self.pageBytes },
      isDiskFull: reserve.isGivenUp
    )
  }

  /// Looks without regard to the time of the last look.
  func stopIfFilesAreLost() {
    guard let loss = files.loss() else { return }
    failStop(loss)
    replies.fail(.failStop)
  }
}
