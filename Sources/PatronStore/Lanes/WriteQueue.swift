internal import Synchronization

/// The bounded queue in front of the writer, fair to stores and to connections. Any thread may
/// submit; only the writer takes.
final class WriteQueue: Sendable {
  private struct State: Sendable {
    var jobs = FairQueue<WriteJob>(
      quantum: WriteQueue.quantum,
      maxCostAhead: WriteQueue.maxCostAhead
    )
    /// Memory of the jobs that wait, and of those that are being prepared.
    var bytes = 0
    /// Cost of the pieces that will follow those that wait, by store and in all.
    var following: [String: Int] = [:]
    var followingCost = 0
    var refusal: StoreError?
    var isWriterWaiting = false
    /// True while the writer runs jobs that it took.
    var isWriterBusy = false
    /// Tokens of callers that are gone, for jobs that wait or were taken last.
    var abandoned: Set<ReplyToken> = []
    var pace = WriterPace()
    /// The store of the last job that was taken in its turn; empty before the first.
    var lastStore = ""
    /// Transactions left that are kept short, because several stores write.
    var shortTransactions = 0
    var transaction = Filling()
  }

  /// The transaction that the writer fills.
  private struct Filling: Sendable {
    /// Jobs that it may still take, and their cost.
    var count = 0
    var cost = Int.max
    /// True if a store with few writes waits for its end.
    var isAwaited = false
  }

  /// Cost that a store, and a connection of it, may use in one turn: a third of a piece of a batch,
  /// so that single writes pass between pieces.
  private static let quantum = 32
  /// Cost of a store's writes up to which they go ahead of the turns.
  private static let maxCostAhead = 8
  /// Cost of the jobs that the writer takes at once. It looks for writes that go ahead in between.
  private static let portionCost = 8
  /// Transactions that stay short after one with jobs of several stores.
  private static let maxShortTransactions = 128
  /// Duration of the jobs of a short transaction, in seconds.
  private static let shortTransaction = 0.010
  /// Least cost of a short transaction, so that commits do not take most of the time.
  private static let minTransactionCost = 32

  private let state = Monitor(State())
  /// True if `abandoned` is not empty, for a check without the lock.
  private let hasAbandoned = Atomic<Bool>(false)
  /// Moves whenever a job that was refused might be accepted.
  private let roomChanges = Atomic<UInt64>(0)
  private let limits: StoreLimits
  /// ``StoreLimits/writeQueueWait`` in seconds.
  private let maxWait: Double

  init(_ limits: StoreLimits) {
    self.limits = limits
    maxWait = limits.writeQueueWait.seconds
  }

  /// Queues a job, or throws the reason for refusing it.
  func submit(_ job: WriteJob) throws(StoreError) {
    let wasWaiting = try state.withLock { state throws(StoreError) in
      if let refusal = state.refusal { throw refusal }
      if !job.isFurther { try admit(job.bytes, of: job.store, state) }
      let flow = Flow(store: job.store, connection: job.token.group)
      state.jobs.append(job, flow: flow, cost: job.cost)
      state.bytes += job.bytes
      if job.following > 0 {
        state.following[job.store, default: 0] += job.following
        state.followingCost += job.following
      }
      defer { state.isWriterWaiting = false }
      return state.isWriterWaiting
    }
    // A wake-up costs a system call; a busy writer checks the queue by itself.
    if wasWaiting { state.update { _ in } }
  }

  /// Waits for jobs and takes the first ones of a transaction of up to `count` jobs. The others
  /// follow by ``takeMore(after:)``. Returns an empty array if none came within `patience`, and nil
  /// if the queue is closed and empty.
  func take(atMost count: Int, patience: Duration? = nil) -> [WriteJob]? {
    let batch: [WriteJob]? = state.wait(timeout: patience) { state in
      forgetAbandoned(&state)
      state.isWriterBusy = !state.jobs.isEmpty
      if state.jobs.isEmpty {
        if state.refusal != nil { return [] }
        state.isWriterWaiting = true
        return nil
      }
      return beginTransaction(atMost: count, &state)
    }
    guard let batch else { return [] }
    noteRoom()
    return batch.isEmpty ? nil : batch
  }

  private func beginTransaction(atMost count: Int, _ state: inout State) -> [WriteJob] {
    // It has as many jobs as wait now, so that the first need not wait for all that come.
    state.transaction = Filling(count: min(count, state.jobs.count))
    if state.jobs.turnStoreCount > 1 {
      state.shortTransactions = Self.maxShortTransactions
    } else if state.shortTransactions > 0 {
      state.shortTransactions -= 1
    }
    guard let first = takeJob(&state) else { return [] }
    state.transaction.cost = transactionCost(state) - first.cost
    var portion = [first]
    fill(&portion, &state)
    return portion
  }

  /// Takes the next jobs of the transaction whose jobs have run for `run`. Returns nil at its end.
  ///
  /// A write of a store that has few goes ahead, and ends the transaction soon: as soon as it has
  /// run and all jobs together have taken as long as a commit. So the writer commits for half of
  /// its time at most. What was not taken keeps its place in the queue.
  func takeMore(after run: Duration) -> [WriteJob]? {
    let portion: [WriteJob] = state.withLock { state in
      let isLong = state.pace.isWorthCommit(run)
      let hasJobAhead = state.jobs.hasJobAhead
      if isLong, state.transaction.isAwaited, !hasJobAhead { return [] }
      var portion: [WriteJob] = []
      fill(&portion, &state, withJobsAheadOnly: isLong && hasJobAhead)
      return portion
    }
    guard !portion.isEmpty else { return nil }
    noteRoom()
    return portion
  }

  /// Adds jobs up to the cost of a portion.
  private func fill(
    _ portion: inout [WriteJob],
    _ state: inout State,
    withJobsAheadOnly: Bool = false
  ) {
    var cost = portion.first?.cost ?? 0
    while cost < Self.portionCost {
      if withJobsAheadOnly, !state.jobs.hasJobAhead { return }
      guard let job = takeJob(&state) else { return }
      cost += job.cost
      portion.append(job)
    }
  }

  /// Takes the next job of the transaction. Returns nil if it has no room for it.
  private func takeJob(_ state: inout State) -> WriteJob? {
    guard state.transaction.count > 0 else { return nil }
    let isAhead = state.jobs.hasJobAhead
    guard let job = state.jobs.popFirst(ifCosts: state.transaction.cost) else {
      state.transaction.count = 0
      return nil
    }
    state.transaction.count -= 1
    state.transaction.cost -= job.cost
    if isAhead { state.transaction.isAwaited = true }
    state.bytes -= job.bytes
    if job.following > 0 { removeFollowing(of: job, &state) }
    if !isAhead, !job.store.isEmpty {
      if !state.lastStore.isEmpty, job.store != state.lastStore {
        state.shortTransactions = Self.maxShortTransactions
      }
      state.lastStore = job.store
    }
    return job
  }

  /// Returns the cost of the next transaction. While several stores write, it is short: a write
  /// that comes while it runs waits for all of it.
  private func transactionCost(_ state: State) -> Int {
    let most = limits.writeBatchCost
    guard state.shortTransactions > 0, let cost = state.pace.cost(inSeconds: Self.shortTransaction)
    else { return most }
    return min(most, max(cost, Self.minTransactionCost))
  }

  private func removeFollowing(of job: WriteJob, _ state: inout State) {
    let rest = (state.following[job.store] ?? 0) - job.following
    state.following[job.store] = rest > 0 ? rest : nil
    state.followingCost -= job.following
  }

  /// Adds a batch to the measured pace. `cost` is that of the jobs that ran and `run` the time that
  /// they took; `whole` includes all other work.
  func noteBatch(cost: Int, run: Duration, whole: Duration) {
    state.withLock { $0.pace.note(cost: cost, run: run, whole: whole) }
    noteRoom()
  }

  /// Refuses jobs from now on. Queued jobs can still be taken. Only the first reason counts.
  func close(_ refusal: StoreError) {
    state.update { if $0.refusal == nil { $0.refusal = refusal } }
    noteRoom()
  }

  /// A number that stays as it is while the queue goes on refusing what it has just refused.
  var roomVersion: UInt64 { roomChanges.load(ordering: .acquiring) }

  private func noteRoom() { roomChanges.wrappingAdd(1, ordering: .releasing) }

  /// Jobs that wait.
  var count: Int { state.withLock { $0.jobs.count } }

  /// The jobs that wait, their memory and the expected time.
  var load: WriteLane.Load {
    state.withLock { state in
      let isIdle = state.jobs.isEmpty
      let cost = state.jobs.cost + state.followingCost
      return WriteLane.Load(
        jobs: state.jobs.count,
        bytes: state.bytes,
        wait: isIdle ? .zero : state.pace.wait(for: cost, transactionCost: transactionCost(state))
      )
    }
  }

  // MARK: - Callers who are gone

  /// Notes that a caller is gone. Its job is not run, unless it has begun.
  func abandon(_ token: ReplyToken) {
    state.withLock { state in
      guard state.isWriterBusy || !state.jobs.isEmpty else { return }
      state.abandoned.insert(token)
      hasAbandoned.store(true, ordering: .releasing)
    }
  }

  /// Returns true if the caller of a taken job is gone. Takes no lock while no caller is.
  func isAbandoned(_ job: WriteJob) -> Bool {
    guard hasAbandoned.load(ordering: .acquiring), !job.isBegun else { return false }
    return state.withLock { $0.abandoned.contains(job.token) }
  }

  /// Removes the tokens of jobs that have run.
  private func forgetAbandoned(_ state: inout State) {
    guard !state.abandoned.isEmpty else { return }
    var waiting: Set<ReplyToken> = []
    state.jobs.forEach { job in
      if state.abandoned.contains(job.token) { waiting.insert(job.token) }
    }
    state.abandoned = waiting
    hasAbandoned.store(!waiting.isEmpty, ordering: .releasing)
  }
}

// MARK: - Admission

extension WriteQueue {
  /// Queued writes up to which a store may use the last places of the queue.
  private static let smallCount = 8
  /// The part of the places and bytes that is kept for stores with few writes: an eighth.
  private static let reservedPart = 8

  /// Writes, and bytes of them, up to which any store may use the queue.
  private var sharedCount: Int {
    limits.writeQueueCount - limits.writeQueueCount / Self.reservedPart
  }
  private var sharedBytes: Int {
    limits.writeQueueBytes - limits.writeQueueBytes / Self.reservedPart
  }

  /// Counts the memory of a job that is being prepared, or throws the reason for refusing it.
  /// ``release(_:)`` gives it back.
  func reserve(_ bytes: Int, for store: String) throws(StoreError) {
    try state.withLock { state throws(StoreError) in
      if let refusal = state.refusal { throw refusal }
      try admit(bytes, of: store, state)
      // Jobs in preparation leave the last part to stores with few writes. A single one may be
      // larger than the bound.
      guard state.bytes == 0 || state.bytes + bytes <= sharedBytes else {
        throw .queueFull(
          retryAfter: hint(for: store, state),
          flag: StoreLimits.writeQueueBytesFlag
        )
      }
      state.bytes += bytes
    }
  }

  /// Gives back the memory of a job that was being prepared.
  func release(_ bytes: Int) {
    state.withLock { $0.bytes -= bytes }
    noteRoom()
  }

  /// Throws the reason for which the queue does not take a new job.
  ///
  /// A store's backlog never keeps another store out: the time to wait is that of the store's own
  /// share of the writer, and the last places are kept for stores with few writes.
  private func admit(_ bytes: Int, of store: String, _ state: State) throws(StoreError) {
    if isQuiet(bytes, state) { return }
    let waiting = state.jobs.count(of: store)
    let isSmall = waiting < Self.smallCount
    guard state.jobs.count < (isSmall ? limits.writeQueueCount : sharedCount) else {
      throw .queueFull(retryAfter: hint(for: store, state))
    }
    // A job larger than the whole bound is accepted when the queue is empty.
    guard state.bytes + bytes <= (isSmall ? limits.writeQueueBytes : sharedBytes) else {
      throw .queueFull(
        retryAfter: hint(for: store, state),
        flag: StoreLimits.writeQueueBytesFlag
      )
    }
    guard waiting > 0, wait(of: store, state) > limits.writeQueueWait else { return }
    throw .queueFull(
      retryAfter: hint(for: store, state),
      flag: StoreLimits.writeQueueWaitFlag
    )
  }

  /// Returns true if no store's share of the queue can be full, which needs no look at the stores.
  private func isQuiet(_ bytes: Int, _ state: State) -> Bool {
    if state.jobs.isEmpty, state.bytes <= 0 { return true }
    guard state.jobs.count < sharedCount, state.bytes + bytes <= sharedBytes else { return false }
    let cost = state.jobs.cost + state.followingCost
    return state.pace.seconds(for: cost, transactionCost: transactionCost(state)) <= maxWait
  }

  /// Returns the time until a new job of the store would be committed. Each other store gets at
  /// most as much of the writer in that time as this one.
  private func wait(of store: String, _ state: State) -> Duration {
    let own = state.jobs.cost(of: store) + (state.following[store] ?? 0)
    let all = state.jobs.cost + state.followingCost
    let stores = state.jobs.storeCount + (state.jobs.count(of: store) == 0 ? 1 : 0)
    let ahead = min(all, (own + Self.quantum) * stores)
    return state.pace.wait(for: ahead, transactionCost: transactionCost(state))
  }

  /// Returns the time to recommend before another attempt: 10 ms to 5 s.
  private func hint(for store: String, _ state: State) -> Duration {
    min(max(wait(of: store, state), .milliseconds(10)), .seconds(5))
  }

  /// The time after which a writer that could not write now may have caught up.
  var retryHint: Duration {
    state.withLock { state in
      let wait = state.pace.wait(for: state.jobs.cost, transactionCost: limits.writeBatchCost)
      return min(max(wait, .milliseconds(10)), .seconds(1))
    }
  }
}
