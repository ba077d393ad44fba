internal import DequeModule
internal import SQLite

/// The scan lane: a small pool of threads, each with its own read-only connection.
package final class ScanLane: Sendable {
  private struct State: Sendable {
    var waiting = Deque<QueuedScan>()
    /// Scans taken by a thread. A scan is in `waiting` or `running` until it has ended.
    var running: [ScanControl] = []
    var isClosed = false
  }

  private let state: Monitor<State>
  private let countMax: Int
  private let threads: [LaneThread]

  /// Starts the threads. Each opens its connection with `open`; returns when all have.
  init(
    _ limits: StoreLimits,
    _ snapshots: SnapshotRegistry,
    _ shortCalls: ShortCalls,
    _ onSearchFault: @escaping @Sendable (SQLiteError) -> Void,
    open: @escaping @Sendable () throws(StoreOpenError) -> Connection
  ) throws(StoreOpenError) {
    let state = Monitor(State())
    let opened = Monitor<[Result<Void, StoreOpenError>]>([])
    let count = max(1, limits.scanThreads)
    self.state = state
    self.countMax = limits.scanQueueCount
    self.threads = (0..<count).map { number in
      LaneThread(name: "patron-scan-\(number)", inBackground: true) {
        let worker: ScanWorker
        do throws(StoreOpenError) {
          worker = ScanWorker(try open(), limits, snapshots, shortCalls, onSearchFault)
        } catch {
          opened.update { $0.append(.failure(error)) }
          return
        }
        opened.update { $0.append(.success(())) }
        while let scan = Self.next(state) {
          worker.run(scan)
          state.withLock { $0.running.removeAll { $0 === scan.control } }
        }
      }
    }
    let results = opened.wait { $0.count == count ? $0 : nil } ?? []
    do throws(StoreOpenError) {
      for result in results { try result.get() }
    } catch {
      close()
      throw error
    }
  }

  /// Queues a scan. Throws ``StoreError/queueFull(retryAfter:)`` or ``StoreError/closing``; the
  /// sink is not called then.
  package func submit(_ job: ScanJob) throws(StoreError) -> ScanHandle {
    try enqueue(.stream(job), deadline: job.deadline)
  }

  /// Queues a read with a single reply. Throws as ``submit(_:)-(ScanJob)`` does.
  @discardableResult
  package func submit(_ job: ReadJob) throws(StoreError) -> ScanHandle {
    try enqueue(.unary(job), deadline: job.deadline, token: job.token)
  }

  /// Scans that wait for a thread now.
  package var queuedCount: Int { state.withLock { $0.waiting.count } }

  private func enqueue(
    _ work: QueuedScan.Work,
    deadline: ContinuousClock.Instant?,
    token: ReplyToken? = nil
  ) throws(StoreError) -> ScanHandle {
    let control = ScanControl(deadline: deadline, token: token)
    try state.update { state throws(StoreError) in
      if state.isClosed { throw .closing }
      guard state.waiting.count < countMax else {
        throw .queueFull(retryAfter: .seconds(1))
      }
      state.waiting.append(QueuedScan(work: work, control: control))
    }
    return ScanHandle(control: control, lane: self)
  }

  /// Cancels the read with this token, because its caller is gone.
  package func abandon(_ token: ReplyToken) { cancel { $0.token == token } }

  /// Cancels a scan. A waiting scan leaves the queue at once and makes room for another.
  func cancel(_ isMeant: (ScanControl) -> Bool) {
    let found: (waiting: QueuedScan?, running: ScanControl?) = state.withLock { state in
      if let place = state.waiting.firstIndex(where: { isMeant($0.control) }) {
        return (state.waiting.remove(at: place), nil)
      }
      return (nil, state.running.first(where: isMeant))
    }
    found.running?.stop(.cancelled)
    found.waiting?.drop()
  }

  private static func next(_ state: Monitor<State>) -> QueuedScan? {
    let next: QueuedScan?? = state.wait { state in
      if let scan = state.waiting.popFirst() {
        state.running.append(scan.control)
        return .some(scan)
      }
      return state.isClosed ? .some(nil) : nil
    }
    return next ?? nil
  }

  /// Ends running and waiting scans with ``StoreError/closing`` and joins the threads.
  func close() {
    stop()
    for thread in threads { thread.join() }
  }

  /// Does the same as ``close()`` without joining the threads.
  func stop() {
    let scans = state.update { state in
      state.isClosed = true
      return state.waiting.map(\.control) + state.running
    }
    for scan in scans { scan.stop(.closing) }
  }
}

/// A scan in the queue of its lane.
struct QueuedScan: Sendable {
  enum Work: Sendable {
    case stream(ScanJob)
    case unary(ReadJob)
  }

  let work: Work
  let control: ScanControl

  /// Reports to the sink that the scan was cancelled before it began.
  func drop() {
    switch work {
    case .stream(let job): job.sink.finish(StoreError.cancelled)
    case .unary(let job): job.sink.deliver([Reply(job.token, .failure(StoreError.cancelled))])
    }
  }
}
