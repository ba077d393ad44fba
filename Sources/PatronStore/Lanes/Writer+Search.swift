internal import SQLite

/// The search index: its failure and its rebuild in steps.
extension Writer {
  /// Runs a single job as ``attemptWithSearch(_:takesMore:)`` does.
  func attemptAlone(_ job: WriteJob) -> Attempt {
    var jobs = [job]
    return attemptWithSearch(&jobs, takesMore: false)
  }

  /// Runs jobs as ``attempt(_:takesMore:)`` does. If the search index fails, marks it for a rebuild
  /// and runs the jobs again without it: a damaged index neither loses nor stops a write.
  ///
  /// A single job that may use the reserve of a full disk is tried again if there is more room
  /// then.
  func attemptWithSearch(_ jobs: inout [WriteJob], takesMore: Bool) -> Attempt {
    let result = attemptMarkingSearch(&jobs, takesMore)
    guard jobs.count == 1, jobs[0].usesReserve, case .finished(let outcomes) = result,
      case .failure(StoreError.diskFull) = outcomes[0], makeRoom()
    else { return result }
    return attemptAlone(jobs[0])
  }

  private func attemptMarkingSearch(_ jobs: inout [WriteJob], _ takesMore: Bool) -> Attempt {
    let result = attempt(&jobs, takesMore: takesMore)
    guard case .searchFailed(let reason) = result else { return result }
    if let error = markSearch(reason) { return give(up: jobs, because: error) }
    return attempt(&jobs, takesMore: takesMore)
  }

  /// Runs one step of a rebuild of the search index, if one is due.
  func maintainSearch() {
    guard !hasFailed else { return }
    if transaction.search.isGrown, let error = markSearch("it has grown to many levels") {
      if error.isIOError, !error.isDiskFull { failStop(error) }
      return
    }
    guard searchPause != nil else { return }
    // The pace of writes is measured without this.
    let run = runDuration
    defer { runDuration = run }
    let step = WriteJob(
      deadline: nil,
      bytes: 0,
      sink: NobodyWaits(),
      token: ReplyToken(group: 0, item: 0)
    ) { transaction in
      try SearchRebuild.step(transaction)
      return []
    }
    switch attemptAlone(step) {
    case .finished(let results): stepEnded(results[0])
    case .failed(let error): failStop(error)
    case .rolledBack, .searchFailed: preconditionFailure("a single step was to be replayed")
    }
    if !hasFailed { maintainLog() }
  }

  private func stepEnded(_ result: Outcome) {
    switch (result, transaction.search.extent) {
    case (.failure(StoreError.diskFull), _), (.failure(StoreError.busy), _):
      searchPause = .seconds(1)
    case (.failure(let error), _):
      transaction.search.abandon()
      abandonSearch("\(error)")
    case (.success, .whole):
      searchPause = nil
      if transaction.search.rebuiltCount > 0 { settings.onNotice?("the search index is whole") }
      transaction.search.rebuiltCount = 0
    case (.success, .abandoned): searchPause = nil
    case (.success, .unknown), (.success, .nobody), (.success, .upTo): searchPause = .zero
    }
  }

  /// Records that the index must be rebuilt. An index that fails during a rebuild is left alone
  /// until the next start. Returns the error if the mark could not be written.
  private func markSearch(_ reason: String) -> SQLiteError? {
    let wasMarked: Bool
    do {
      try connection.beginImmediate()
      wasMarked = try SearchRebuild.mark(reason, connection)
      try connection.commit()
    } catch {
      try? connection.rollback()
      return error
    }
    transaction.search.noteMark()
    announce([])
    if wasMarked {
      transaction.search.abandon()
      abandonSearch(reason)
    } else {
      settings.onNotice?(
        "the search index is made again (\(reason)); until then searches read every record"
      )
      if settings.mendsSearch { searchPause = .zero }
    }
    return nil
  }

  private func abandonSearch(_ reason: String) {
    searchPause = nil
    settings.onNotice?(
      "the search index cannot be made again (\(reason)): searches read every record, and it is "
        + "tried again at the next start"
    )
  }
}

/// A sink for jobs without a caller.
final class NobodyWaits: ReplySink {
  func deliver(_ replies: [Reply]) {}
}
