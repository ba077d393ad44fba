internal import DequeModule
internal import Synchronization

/// The bounded queue in front of the writer.
final class WriteQueue: Sendable {
  private struct State: Sendable {
    var jobs = Deque<WriteJob>()
    var bytes = 0
    var refusal: StoreError?
    var isWriterWaiting = false
    /// True when jobs that were taken are being run.
    var isWriterBusy = false
    /// Tokens of callers that are gone: of jobs that wait, or were taken last.
    var abandoned: Set<ReplyToken> = []
    /// How long the latest batches took, smoothed: what a retry hint is made of.
    var batchDuration = Duration.milliseconds(5)
  }

  private let state = Monitor(State())
  /// True when there are any, for a look without the lock.
  private let hasAbandoned = Atomic<Bool>(false)
  private let countMax: Int
  private let bytesMax: Int

  init(countMax: Int, bytesMax: Int) {
    self.countMax = countMax
    self.bytesMax = bytesMax
  }

  /// Queues a job, or says at once why not.
  func submit(_ job: WriteJob) throws(StoreError) {
    let wasWaiting = try state.withLock { state throws(StoreError) in
      if let refusal = state.refusal { throw refusal }
      // A single job larger than the whole bound gets through when the queue is empty.
      let fits = state.jobs.isEmpty || state.bytes + job.bytes <= bytesMax
      guard fits, state.jobs.count < countMax else {
        throw .queueFull(retryAfter: Self.hint(state))
      }
      state.jobs.append(job)
      state.bytes += job.bytes
      defer { state.isWriterWaiting = false }
      return state.isWriterWaiting
    }
    // Waking costs a system call; while the writer is busy it looks by itself.
    if wasWaiting { state.update { _ in } }
  }

  /// Waits for jobs and takes up to `count`; nil when the queue is closed and empty. None when
  /// `patience` passed without any.
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

  /// Notes that a caller is gone: its job is not run, unless it has begun.
  func abandon(_ token: ReplyToken) {
    state.withLock { state in
      guard state.isWriterBusy || !state.jobs.isEmpty else { return }
      state.abandoned.insert(token)
      hasAbandoned.store(true, ordering: .releasing)
    }
  }

  /// True when the caller of a job that was taken is gone. Costs next to nothing while none is.
  func isAbandoned(_ job: WriteJob) -> Bool {
    guard hasAbandoned.load(ordering: .acquiring), !job.isBegun else { return false }
    return state.withLock { $0.abandoned.contains(job.token) }
  }

  /// Forgets the tokens of jobs that have run.
  private func forgetAbandoned(_ state: inout State) {
    guard !state.abandoned.isEmpty else { return }
    state.abandoned.formIntersection(state.jobs.map(\.token))
    hasAbandoned.store(!state.abandoned.isEmpty, ordering: .releasing)
  }

  /// Notes how long a batch took.
  func noteBatch(_ duration: Duration) {
    state.withLock { $0.batchDuration = ($0.batchDuration * 7 + duration) / 8 }
  }

  /// Refuses jobs from now on. Those that are queued can still be taken. The first reason stays.
  func close(_ refusal: StoreError) {
    state.update { if $0.refusal == nil { $0.refusal = refusal } }
  }

  /// What a caller should wait before it tries again.
  var retryHint: Duration { state.withLock { Self.hint($0) } }

  /// Jobs that wait.
  var count: Int { state.withLock { $0.jobs.count } }

  private static func hint(_ state: State) -> Duration {
    min(max(state.batchDuration * 4, .milliseconds(10)), .seconds(1))
  }
}
