internal import SQLite

/// The writer thread's state: the connection and its jobs. Created and used on that thread only.
final class Writer {
  /// The snapshot behind which pages of the WAL are copied in slices. Declared first: properties go
  /// in their order, and the last connection, which can write, removes the WAL.
  let pin: LogPin
  let connection: Connection
  let settings: WriterSettings
  let queue: WriteQueue
  let transaction: WriteTransaction
  /// The records of the I/O loops that the open transaction changes. Nil without a cache.
  let changedRecords: ChangedRecords?
  private let owner = ThreadIdentity()
  /// The files that must be in their places before a reply leaves.
  let files: OwnFiles
  /// The earliest time of the next look at ``files``.
  var nextLookAtFiles: ContinuousClock.Instant
  /// The space on disk that is kept for deletions and checkpoints.
  var reserve: DiskReserve
  var replies = ReplyGroups()
  private(set) var hasFailed = false
  /// The time for which the jobs that were taken last have run, commits excluded.
  var runDuration = Duration.zero
  /// The seconds of their COMMITs, and those for which each of them was queued.
  var syncSeconds: [Double] = []
  private var waitSeconds: [Double] = []
  /// Their cost, without the jobs whose deadline had passed.
  private var runCost = 0
  /// The sync of the database file between slices and a whole checkpoint.
  let databaseSync: DatabaseSync
  var checkpoints: CheckpointCycle
  /// Pages of the WAL after the batch before.
  var logPagesBefore = 0
  /// Pages of the WAL from which another attempt to reset it is worthwhile.
  var pagesForNextRelief = 0
  /// Pages of the WAL from which another attempt to truncate it after an erasure is worthwhile.
  var pagesForNextTruncation = 0
  /// The wait for jobs before the next step of an index rebuild. Nil if no rebuild is due.
  var searchPause: Duration?
  /// The time of the next step of the upkeep. Nil if the store has none.
  var upkeepDue: ContinuousClock.Instant?
  /// The copy in the making. Nil if no backup runs, or if its copy is complete.
  var backup: BackupCopy?

  init(
    _ connection: Connection,
    _ settings: WriterSettings,
    _ queue: WriteQueue,
    _ files: OwnFiles,
    _ reserve: DiskReserve,
    pin: LogPin,
    databaseSync: DatabaseSync,
    changedRecords: ChangedRecords?
  ) {
    self.connection = connection
    self.pin = pin
    self.changedRecords = changedRecords
    self.databaseSync = databaseSync
    checkpoints = CheckpointCycle(wholeEveryPages: settings.limits.checkpointEveryPages)
    self.files = files
    self.reserve = reserve
    self.nextLookAtFiles = settings.now()
    self.settings = settings
    self.queue = queue
    self.transaction = WriteTransaction(connection)
    transaction.maxKeptAnswers = settings.limits.maxKeptAnswers
    transaction.numbers.beginsStores = settings.beginsStores
    connection.takeOverCheckpoints()
    // The first step finds out if a rebuild was interrupted.
    searchPause = settings.mendsSearch ? .zero : nil
    upkeepDue = settings.upkeep.map { _ in .now }
  }

  /// Runs batches until the queue is closed and empty.
  func work() {
    let batchMax = settings.groupCommit ? settings.limits.writeBatchCount : 1
    while let jobs = queue.take(atMost: batchMax, patience: patience) {
      if jobs.isEmpty {
        let hasLooked = lookAtFiles()
        if hasFailed { continue }
        if hasLooked, transaction.truncatesLog { truncateLog() }
        maintainSearch()
        maintainUpkeep()
        maintainBackup(isShared: false)
        continue
      }
      let start = ContinuousClock.now
      runDuration = .zero
      runCost = 0
      syncSeconds.removeAll(keepingCapacity: true)
      waitSeconds.removeAll(keepingCapacity: true)
      process(jobs, now: start)
      let whole = start.duration(to: .now)
      queue.noteBatch(cost: runCost, run: runDuration, whole: whole)
      settings.meter.note(
        batch: waitSeconds.count,
        seconds: whole.seconds,
        syncs: syncSeconds,
        waits: waitSeconds,
        logBytes: logBytes
      )
      settings.onEvent?(.batch(items: runCost, run: runDuration, whole: whole))
    }
  }

  /// The wait for jobs before other work is due. The search index is rebuilt as quickly as writes
  /// allow. The WAL is truncated after an erasure even if a reader delayed it and no write
  /// followed; such an attempt comes with the next look at the files. Upkeep can wait for both. A
  /// backup goes on at once while nobody writes.
  private var patience: Duration? {
    if hasFailed { return nil }
    let wait = searchPause ?? upkeepWait ?? Self.pauseBetweenLooks
    return min(wait, durationToNextLook, backupWait ?? wait)
  }

  /// Runs a batch, delivers its replies, then maintains the WAL.
  private func process(_ jobs: [WriteJob], now: ContinuousClock.Instant) {
    assertOwner()
    let live = withoutLate(jobs, now)
    let hasRoom = hasFailed || live.isEmpty || hasRoomInLog()
    if hasFailed {
      refuseTransaction(live, .failStop)
    } else if !hasRoom {
      refuseTransaction(live, .logFull(retryAfter: hint))
    } else if !live.isEmpty {
      noteCost(of: live)
      runBatch(live)
    }
    _ = lookAtFiles()
    replies.deliver()
    if !hasFailed { maintainLog() }
    maintainSearch()
    maintainUpkeep()
    maintainBackup(isShared: true)
  }

  private var hint: Duration { max(queue.retryHint, .milliseconds(100)) }

  /// Replies to the jobs whose deadline has passed, and returns the others.
  private func withoutLate(_ jobs: [WriteJob], _ now: ContinuousClock.Instant) -> [WriteJob] {
    for job in jobs { waitSeconds.append(job.madeAt.duration(to: now).seconds) }
    return jobs.filter { job in
      guard let deadline = job.deadline, deadline <= now else { return true }
      reply(job, .failure(StoreError.deadlineExceeded))
      return false
    }
  }

  /// Takes the next jobs of the transaction whose jobs run since `start`. Returns nil at its end.
  func moreJobs(since start: ContinuousClock.Instant) -> [WriteJob]? {
    let now = ContinuousClock.now
    guard let jobs = queue.takeMore(after: start.duration(to: now)) else { return nil }
    let live = withoutLate(jobs, now)
    noteCost(of: live)
    return live
  }

  private func noteCost(of jobs: [WriteJob]) { runCost += jobs.reduce(0) { $0 + $1.cost } }

  /// Runs a transaction that begins with these jobs.
  private func runBatch(_ first: [WriteJob]) {
    var jobs = first
    switch attemptWithSearch(&jobs, takesMore: true) {
    case .finished(let results): publish(jobs, results)
    case .failed(let error): failStop(error, jobs)
    case .rolledBack:
      // A job of the batch failed after it wrote. Run alone, every job gets its own outcome.
      for (index, job) in jobs.enumerated() {
        switch attemptAlone(job) {
        case .finished(let results): publish([job], results)
        case .failed(let error): return failStop(error, Array(jobs[index...]))
        case .rolledBack, .searchFailed: preconditionFailure("a single job was to be replayed")
        }
      }
    case .searchFailed: preconditionFailure("the search index failed though it was not in use")
    }
  }

  private func publish(_ jobs: [WriteJob], _ results: [Outcome]) {
    for (job, result) in zip(jobs, results) { reply(job, result) }
  }

  /// Announces a commit. The readers' counter comes first, so that an observer's read sees the
  /// commit.
  func announce(_ changes: [RecordChange]) {
    if transaction.changesSettings {
      transaction.changesSettings = false
      settings.commits.bumpSettings()
    }
    if transaction.changesLimits {
      transaction.changesLimits = false
      settings.commits.bumpLimits()
    }
    if transaction.changesKeys {
      transaction.changesKeys = false
      settings.commits.bumpKeys()
    }
    settings.commits.bump()
    if !changes.isEmpty { settings.commitObserver?(changes) }
  }

  /// Stops acknowledging writes for good.
  func failStop(_ error: SQLiteError, _ jobs: [WriteJob] = []) {
    failStop("the disk failed: \(error)")
    refuse(jobs, .failStop)
  }

  /// Does the same for a reason in words, a sentence for the operator.
  func failStop(_ reason: String) {
    hasFailed = true
    settings.meter.note(failure: reason)
    queue.close(.failStop)
    settings.onFailStop(reason)
  }

  /// Refuses jobs, and those of the same transaction that follow.
  private func refuseTransaction(_ jobs: [WriteJob], _ error: StoreError) {
    refuse(jobs, error)
    while let more = queue.takeMore(after: .zero) { refuse(more, error) }
  }

  private func refuse(_ jobs: [WriteJob], _ error: StoreError) {
    for job in jobs { reply(job, .failure(error)) }
  }

  private func reply(_ job: WriteJob, _ result: Outcome) {
    replies.add(Reply(job.token, result, note: job.note), to: job.sink)
  }

  func assertOwner() {
    precondition(owner.isCurrent, "the writer's connection was used by another thread")
  }
}
