internal import SQLite

/// The writer thread's own state: the connection and the work on it. Made and used on that thread
/// only.
final class Writer {
  let connection: Connection
  let settings: WriterSettings
  let queue: WriteQueue
  let transaction: WriteTransaction
  private let owner = ThreadIdentity()
  private var replies = ReplyGroups()
  private(set) var hasFailed = false
  /// Where the log stood at the latest checkpoint, in pages.
  var pagesAtCheckpoint = 0
  /// Where the log has to be before it is worth trying again to reset it, in pages.
  var pagesForNextRelief = 0
  /// Where the log has to be before it is worth trying again to empty it after an erasure.
  var pagesForNextEmptying = 0

  init(_ connection: Connection, _ settings: WriterSettings, _ queue: WriteQueue) {
    self.connection = connection
    self.settings = settings
    self.queue = queue
    self.transaction = WriteTransaction(connection)
    connection.takeOverCheckpoints()
  }

  /// Works until the queue is closed and empty.
  func work() {
    let batchMax = settings.groupCommit ? settings.limits.writeBatchCount : 1
    while let jobs = queue.take(atMost: batchMax, patience: patience) {
      if jobs.isEmpty {
        emptyLog()
        continue
      }
      let start = ContinuousClock.now
      process(jobs, now: start)
      queue.noteBatch(start.duration(to: .now))
    }
  }

  /// How long to wait for jobs before the log is looked after: an erasure is not left in it because
  /// a reader was in the way and nothing was written since.
  private var patience: Duration? {
    transaction.emptiesLog && !hasFailed ? .seconds(1) : nil
  }

  /// Runs a batch, delivers its replies, then looks after the log.
  private func process(_ jobs: [WriteJob], now: ContinuousClock.Instant) {
    assertOwner()
    let live = jobs.filter { job in
      guard let deadline = job.deadline, deadline <= now else { return true }
      reply(job, .failure(StoreError.deadlineExceeded))
      return false
    }
    let hasRoom = hasFailed || live.isEmpty || hasRoomInLog()
    if hasFailed {
      refuse(live, .failStop)
    } else if !hasRoom {
      refuse(live, .logFull(retryAfter: hint))
    } else if !live.isEmpty {
      runBatch(live)
    }
    replies.deliver()
    if !hasFailed { maintainLog() }
  }

  private var hint: Duration { max(queue.retryHint, .milliseconds(100)) }

  private func runBatch(_ jobs: [WriteJob]) {
    switch attempt(jobs) {
    case .finished(let results): publish(jobs, results)
    case .failed(let error): failStop(error, jobs)
    case .rolledBack:
      // Something in the batch failed late. Alone, every job gets its own outcome.
      for (index, job) in jobs.enumerated() {
        switch attempt([job]) {
        case .finished(let results): publish([job], results)
        case .failed(let error): return failStop(error, Array(jobs[index...]))
        case .rolledBack: preconditionFailure("a single job was asked to be replayed")
        }
      }
    }
  }

  private func publish(_ jobs: [WriteJob], _ results: [Outcome]) {
    for (job, result) in zip(jobs, results) { reply(job, result) }
  }

  /// Announces a commit: first to the readers' counter, so that whoever hears of it can see it.
  func announce(_ changes: [RecordChange]) {
    settings.commits.bump()
    if !changes.isEmpty { settings.commitObserver?(changes) }
  }

  /// Stops acknowledging for good.
  func failStop(_ error: SQLiteError, _ jobs: [WriteJob] = []) {
    hasFailed = true
    queue.close(.failStop)
    settings.onFailStop(error.description)
    refuse(jobs, .failStop)
  }

  private func refuse(_ jobs: [WriteJob], _ error: StoreError) {
    for job in jobs { reply(job, .failure(error)) }
  }

  private func reply(_ job: WriteJob, _ result: Outcome) {
    replies.add(Reply(job.token, result), to: job.sink)
  }

  func assertOwner() {
    precondition(owner.isCurrent, "the writer's connection was used by another thread")
  }
}
