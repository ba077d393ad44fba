internal import DequeModule
internal import SQLite
internal import Synchronization

/// A lane of long reads, each in a snapshot of its own on a thread with a read-only connection.
///
/// Few scans run at a time. A scan whose client is full waits on its thread and lets others run,
/// and so does one whose turn is over while others wait. ``ScanSchedule`` has the rules. Threads
/// start when scans need them, and end after some time without work.
package final class ScanLane: Sendable {
  private struct State: Sendable {
    var schedule: ScanSchedule
    /// Scans with a permit that wait for a thread to take them.
    var starts = Deque<QueuedScan>()
    var threads = 0
    /// Threads that wait for a scan, or are about to.
    var idle = 0
    var threadsStarted = 0
    var isClosed = false
  }

  let limits: ScanLaneLimits
  private let state: Monitor<State>
  /// True while scans wait for a permit, for a check without the lock.
  private let contended = Atomic<Bool>(false)
  private let makeWorker: @Sendable () throws(StoreOpenError) -> ScanWorker

  /// Starts as many threads as scans may run. Each opens its connection with `makeWorker`; returns
  /// when all have.
  init(
    _ limits: ScanLaneLimits,
    _ makeWorker: @escaping @Sendable () throws(StoreOpenError) -> ScanWorker
  ) throws(StoreOpenError) {
    self.limits = limits
    self.makeWorker = makeWorker
    state = Monitor(State(schedule: ScanSchedule(limits)))
    let opened = Monitor<[Result<Void, StoreOpenError>]>([])
    for _ in 0..<limits.permits {
      let name = state.withLock { nextThread(&$0) }
      _ = LaneThread(name: name, inBackground: limits.inBackground) {
        self.work(stays: true) { result in opened.update { $0.append(result) } }
      }
    }
    let results = opened.wait { $0.count == limits.permits ? $0 : nil } ?? []
    do throws(StoreOpenError) {
      for result in results { try result.get() }
    } catch {
      close()
      throw error
    }
  }

  // MARK: Jobs

  /// Queues a scan. Throws ``StoreError/queueFull(retryAfter:flag:)`` or ``StoreError/closing``;
  /// the sink is not called then.
  package func submit(_ job: ScanJob) throws(StoreError) -> ScanHandle {
    let control = ScanControl(deadline: job.deadline)
    try enqueue(QueuedScan(work: .stream(job), flow: job.flow, control: control))
    return ScanHandle(control: control, lane: self)
  }

  /// Queues a read with a single reply. Throws as ``submit(_:)-(ScanJob)`` does.
  @discardableResult
  package func submit(_ job: ReadJob) throws(StoreError) -> ScanHandle {
    let control = ScanControl(deadline: job.deadline, token: job.token)
    try enqueue(QueuedScan(work: .unary(job), flow: job.flow, control: control))
    return ScanHandle(control: control, lane: self)
  }

  private func enqueue(_ scan: QueuedScan) throws(StoreError) {
    try change { state throws(StoreError) in
      if state.isClosed { throw .closing }
      try state.schedule.add(scan)
    }
  }

  /// Scans that have not begun.
  package var queuedCount: Int { state.withLock { $0.schedule.queuedCount } }

  /// Scans that wait for their clients.
  package var parkedCount: Int { state.withLock { $0.schedule.parkedCount } }

  /// The scans of the lane by their state.
  package var phases: Phases { state.withLock { $0.schedule.phases } }

  /// Numbers of scans.
  package struct Phases: Sendable, Equatable {
    /// Waiting for their first turn.
    package var queued = 0
    package var running = 0
    /// Waiting for their clients.
    package var parked = 0
    /// Waiting for a further turn.
    package var yielding = 0

    package init() {}
  }

  /// Scans that have begun or are next to begin, and have not ended.
  var placedCount: Int { state.withLock { $0.schedule.placedCount } }

  /// Threads of the lane now.
  var threadCount: Int { state.withLock { $0.threads } }

  /// Cancels the read with this token, because its caller is gone.
  package func abandon(_ token: ReplyToken) { cancel { $0.token == token } }

  /// Cancels a scan. One that has not begun leaves the queue at once and makes room for another.
  func cancel(_ isMeant: (ScanControl) -> Bool) {
    let unstarted = change { state in
      let unstarted = state.schedule.removeUnstarted(isMeant)
      if unstarted == nil { state.schedule.started(isMeant)?.stop(.cancelled) }
      return unstarted
    }
    unstarted?.drop(.cancelled)
  }

  /// Ends running and waiting scans with ``StoreError/closing`` and waits for the threads to end.
  func close() {
    stop()
    _ = state.wait { $0.threads == 0 ? true : nil }
  }

  /// Does the same as ``close()`` without waiting.
  func stop() {
    let unstarted = state.update { state in
      state.isClosed = true
      var unstarted: [QueuedScan] = []
      while let scan = state.schedule.removeUnstarted({ _ in true }) { unstarted.append(scan) }
      for scan in state.schedule.all { scan.control.stop(.closing) }
      return unstarted
    }
    for scan in unstarted { scan.drop(.closing) }
  }

  // MARK: Turns

  /// True while scans wait for a permit. Takes no lock.
  var isContended: Bool { contended.load(ordering: .relaxed) }

  /// Takes the permit of a scan that waits for its client.
  func park(_ scan: ScanControl, at now: ContinuousClock.Instant) {
    change { $0.schedule.park(scan, at: now) }
  }

  /// Queues a parked scan for its next turn, which ``ScanControl/waitForTurn()`` awaits. Its last
  /// turn took `cost` nanoseconds.
  func unpark(_ scan: ScanControl, cost: Int) {
    change { $0.schedule.unpark(scan, cost: cost) }
  }

  /// Takes the permit of a scan and queues it for its next turn.
  func yield(_ scan: ScanControl, cost: Int) {
    change { $0.schedule.yield(scan, cost: cost) }
  }

  /// Divides places and permits again, because time has passed.
  func reconsider() { change { _ in } }

  /// Changes the state and does what follows from it. Starts threads if scans need them.
  private func change<Result, Failure: Error>(
    _ body: (inout State) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let (result, names, wakes) = try state.withLock { state throws(Failure) in
      let result = try body(&state)
      let names = advance(&state)
      return (result, names, state.idle > 0 && !state.starts.isEmpty)
    }
    if wakes { state.update { _ in } }
    for name in names { startThread(name) }
    return result
  }

  /// Does the steps of the schedule. Returns the names of threads to start.
  private func advance(_ state: inout State) -> [String] {
    for step in state.schedule.advance(at: .now) {
      switch step {
      case .start(let scan): state.starts.append(scan)
      case .resume(let scan): scan.giveTurn()
      case .evict(let scan): scan.stop(.snapshotTooOld(.pressure))
      }
    }
    contended.store(state.schedule.isContended, ordering: .relaxed)
    var names: [String] = []
    while state.starts.count > state.idle, state.threads < limits.places {
      names.append(nextThread(&state))
    }
    return names
  }
}

// MARK: - Threads

extension ScanLane {
  /// Counts a thread that is about to start. Returns its name.
  private func nextThread(_ state: inout State) -> String {
    state.threads += 1
    state.idle += 1
    state.threadsStarted += 1
    return "\(limits.threadName)-\(state.threadsStarted)"
  }

  /// Starts a thread that ends after some time without work.
  private func startThread(_ name: String) {
    let code = LaneThread.start(name: name, inBackground: limits.inBackground) {
      self.work(stays: false) { result in
        if case .failure(let error) = result { self.failStart(.engine(code: 0, "\(error)")) }
      }
    }
    guard code != 0 else { return }
    state.withLock { $0.idle -= 1 }
    failStart(.engine(code: code, "the system starts no thread: errno \(code)"))
    endThread()
  }

  /// Ends a scan that waits for a thread, because none can be had.
  private func failStart(_ error: StoreError) {
    let scan = change { state in
      let scan = state.starts.popLast()
      if let scan { state.schedule.end(scan.control, cost: 0) }
      return scan
    }
    scan?.drop(error)
  }

  /// Runs scans until the lane closes, or until there have been none for some time.
  private func work(stays: Bool, _ opened: (Result<Void, StoreOpenError>) -> Void) {
    serve(stays: stays, opened)
    endThread()
  }

  private func serve(stays: Bool, _ opened: (Result<Void, StoreOpenError>) -> Void) {
    let worker: ScanWorker
    do throws(StoreOpenError) {
      worker = try makeWorker()
    } catch {
      state.withLock { $0.idle -= 1 }
      return opened(.failure(error))
    }
    opened(.success(()))
    while let scan = next(stays: stays) {
      let cost = worker.run(scan, on: self)
      change { state in
        state.schedule.end(scan.control, cost: cost)
        state.idle += 1
      }
    }
  }

  private func next(stays: Bool) -> QueuedScan? {
    let next: QueuedScan?? = state.wait(timeout: stays ? nil : limits.idleThreadAge) { state in
      if let scan = state.starts.popFirst() {
        state.idle -= 1
        return .some(scan)
      }
      guard state.isClosed else { return nil }
      state.idle -= 1
      return .some(nil)
    }
    if let next { return next }
    return state.withLock { state in
      state.idle -= 1
      // A scan may have come after the wait timed out.
      return state.starts.popFirst()
    }
  }

  /// Notes the end of a thread, which has closed its connection.
  private func endThread() {
    change { $0.threads -= 1 }
    state.update { _ in }
  }
}

/// A scan in the queue of its lane.
struct QueuedScan: Sendable {
  enum Work: Sendable {
    case stream(ScanJob)
    case unary(ReadJob)
  }

  let work: Work
  /// The store and the connection that the scan counts for.
  let flow: Flow
  let control: ScanControl
  let madeAt = ContinuousClock.now

  /// Reports to the sink that the scan ended before it began.
  func drop(_ error: StoreError) {
    switch work {
    case .stream(let job): job.sink.finish(error)
    case .unary(let job):
      job.sink.deliver([Reply(job.token, .failure(error), note: job.note)])
    }
  }
}
