internal import SQLite

/// The upkeep: its steps run between batches, and while nothing is written.
extension Writer {
  /// The time between two steps of a pass, which leaves the thread to writes.
  private static let pauseBetweenSteps = Duration.milliseconds(20)

  /// The wait until the next step is due; nil if the store has no upkeep.
  var upkeepWait: Duration? {
    upkeepDue.map { max($0 - .now, .zero) }
  }

  /// Runs one step of the upkeep, if it is due. A step that fails ends its pass; the next pass
  /// tries again.
  func maintainUpkeep() {
    guard let upkeep = settings.upkeep, let due = upkeepDue, due <= .now, !hasFailed else { return }
    // The pace of writes is measured without this.
    let run = runDuration
    defer { runDuration = run }
    let step = WriteJob(
      deadline: nil,
      bytes: 0,
      sink: NobodyWaits(),
      token: ReplyToken(group: 0, item: 0)
    ) { transaction in
      try upkeep.step(transaction) ? [1] : []
    }
    var hasMore = false
    switch attemptAlone(step) {
    case .finished(let results): hasMore = (try? results[0].get()) == [1]
    case .failed(let error): failStop(error)
    case .rolledBack, .searchFailed: preconditionFailure("a single step was to be replayed")
    }
    upkeepDue = .now + (hasMore ? Self.pauseBetweenSteps : upkeep.interval)
    if !hasFailed { maintainLog() }
  }
}
