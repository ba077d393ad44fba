internal import DequeModule
internal import Synchronization

/// The bounded queue in front of the writer. Any thread may submit; only the writer takes.
final class WriteQueue: Sendable {
  private struct State: Sendable {
    var jobs = Deque<WriteJob>()
    var bytes = 0
    var refusal: StoreError?
    var isWriterWaiting = false
    /// True while the writer runs jobs that it took.
    var isWriterBusy = false
    /// Tokens of callers that are gone, for jobs that wait or were taken last.
    var abandoned: Set<ReplyToken> = []
    /// Moving average of batch durations, from which retry hints are computed.
    var batchDuration = Duration.milliseconds(5)
  }

  private let state = Monitor(State())
  /// True if `abandoned` is not empty, for a check without the lock.
  private let hasAbandoned = Atomic<Bool>(false)
  private let countMax: Int
  private let bytesMax: Int

  init(countMax: Int, bytesMax: Int) {
    self.countMax = countMax
    self.bytesMax = bytesMax
  }

  /// Queues a job, or throws the reason for refusing it.
  func submit(_ job: WriteJob) throws(StoreError) {
    let wasWaiting = try state.withLock { state throws(StoreError) in
      if let refusal = state.refusal { throw refusal }
      // A job larger than the whole bound is accepted when the queue is empty.
      let fits = state.jobs.isEmpty || state.bytes + job.bytes <= bytesMax
      guard fits, state.jobs.count < countMax else {
        throw .queueFull(retryAfter: Self.hint(state))
      }
      state.jobs.append(job)
      state.bytes += job.bytes
      defer { state.isWriterWaiting = false }
      return state.isWriterWaiting
    }
    // A wake-up costs a system call; a busy writer checks the queue by itself.
    if wasWaiting { state.update { _ in } }
  }

  /// Waits for jobs and takes up to `count`. Returns an empty array if none came within `patience`,
  /// and nil if the queue is closed and empty.
  func take(atMost count: Int, patience: Duration? = nil) -> [WriteJob]? {
    let batch: [WriteJob]? = state.wait(timeout: patience) { state in
      forgetAbandoned(&state)
      state.isWriterBusy = !state.jobs.isEmpty
      if state.jobs.isEmpty {
        if state.refusal != nil { return [] }
        state.isWriterWaiting = true
        return nil
      }
      let batch = Array(state.jobs.prefix(count))
      state.jobs.removeFirst(batch.count)
      for job in batch { state.bytes -= job.bytes }
      return batch
    }
    guard let batch else { return [] }
    return batch.isEmpty ? nil : batch
  }

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
    state.abandoned.formIntersection(state.jobs.map(\.token))
    hasAbandoned.store(!state.abandoned.isEmpty, ordering: .releasing)
  }

  /// Adds the duration of a batch to the average.
  func noteBatch(_ duration: Duration) {
    state.withLock { $0.batchDuration = ($0.batchDuration * 7 + duration) / 8 }
  }

  /// Refuses jobs from now on. Queued jobs can still be taken. Only the first reason counts.
  func close(_ refusal: StoreError) {
    state.update { if $0.refusal == nil { $0.refusal = refusal } }
  }

  /// The recommended delay before a caller's retry.
  var retryHint: Duration { state.withLock { Self.hint($0) } }

  /// Jobs that wait.
  var count: Int { state.withLock { $0.jobs.count } }

  private static func hint(_ state: State) -> Duration {
    min(max(state.batchDuration * 4, .milliseconds(10)), .seconds(1))
  }
}
