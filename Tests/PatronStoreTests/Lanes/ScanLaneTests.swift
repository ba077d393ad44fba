import SQLite
import Testing

@testable import PatronStore

@Suite("Scan lane")
struct ScanLaneTests {
  private static let full = StoreError.queueFull(
    retryAfter: .seconds(1),
    flag: "--max-queued-scans"
  )

  /// Reads forever, until it is stopped.
  private let endless: @Sendable (ReadTransaction, ScanStream) throws -> Void = { tx, _ in
    _ = try tx.first(LaneStore.countTo, Int64.max) { $0.int64(0) }
  }

  /// Sends forever, until it is stopped.
  private let chatty: @Sendable (ReadTransaction, ScanStream) throws -> Void = { tx, stream in
    _ = try tx.first(LaneStore.count) { $0.int64(0) }
    while true { try stream.send([1]) }
  }

  @Test func messagesArriveInOrderUnderBackpressure() throws {
    let lane = try LaneStore()
    for value in 1...50 { try lane.insert(value) }
    let sink = WindowSink(window: 3)
    let handle = try lane.store.scans.submit(
      ScanJob(deadline: nil, sink: sink) { tx, stream in
        try tx.forEach(LaneStore.values) { try stream.send([UInt8($0.int64(0))]) }
      }
    )
    let taken = try sink.drain(handle)
    #expect(taken == (1...50).map { [UInt8($0)] })
    #expect(sink.overruns == 0, "a full sink was sent to")
    #expect(try sink.waitForEnd() == nil)
  }

  @Test func aClientThatMakesRoomAtOnceIsNotMissed() throws {
    // No later resume follows: a scan that missed the resume would end by its stall limit.
    let lane = try LaneStore { $0.limits.scanStallMax = .seconds(20) }
    let sink = HastySink()
    let handle = try lane.store.scans.submit(
      ScanJob(deadline: nil, sink: sink) { _, stream in
        sink.waitForHandle()
        for number in UInt8(0)..<5 { try stream.send([number]) }
      }
    )
    sink.use(handle)
    #expect(try sink.waitForEnd() == nil)
  }

  @Test func errorsOfHandlersPassThrough() throws {
    let lane = try LaneStore()
    let sink = WindowSink(window: 3)
    _ = try lane.store.scans.submit(ScanJob(deadline: nil, sink: sink) { _, _ in throw Rejected() })
    #expect(try sink.waitForEnd() is Rejected)
  }

  @Test func cancelledWhileItComputes() throws {
    let lane = try LaneStore()
    let started = Gate()
    started.open()
    let sink = WindowSink(window: 3)
    let endless = endless
    let handle = try lane.store.scans.submit(
      ScanJob(deadline: nil, sink: sink) { tx, stream in
        started.pass()
        try endless(tx, stream)
      }
    )
    try started.waitForArrival()
    handle.cancel()
    #expect(try sink.waitForEnd() as? StoreError == .cancelled)
  }

  /// Scans of callers that are gone make room in the queue.
  @Test func waitingScansOfCallersWhoAreGoneLeaveTheQueue() throws {
    let lane = try LaneStore {
      $0.limits.scanThreads = 1
      $0.limits.maxParkedScans = 0
      $0.limits.scanQueueCount = 6
    }
    let gate = Gate()
    let held = WindowSink(window: 3)
    _ = try lane.store.scans.submit(
      ScanJob(deadline: nil, sink: held) { _, _ in gate.pass() }
    )
    try gate.waitForArrival()
    let stream = WindowSink(window: 3)
    let handle = try lane.store.scans.submit(
      ScanJob(deadline: nil, sink: stream) { _, _ in Issue.record("it was run") }
    )
    let token = lane.replies.makeToken()
    func read() -> ReadJob {
      ReadJob(deadline: nil, sink: lane.replies, token: token) { _ in
        Issue.record("it was run")
        return []
      }
    }
    try lane.store.scans.submit(read())
    #expect(throws: Self.full) { try lane.store.scans.submit(read()) }
    lane.store.scans.abandon(token)
    #expect(try lane.replies.error(of: token) == .cancelled)
    handle.cancel()
    #expect(try stream.waitForEnd() as? StoreError == .cancelled)
    #expect(lane.store.scans.queuedCount == 0)
    lane.store.scans.abandon(token)
    gate.open()
    #expect(try held.waitForEnd() == nil)
  }

  @Test func aRunningReadStopsWhenItsCallerLeaves() throws {
    let lane = try LaneStore()
    let gate = Gate()
    gate.open()
    let token = lane.replies.makeToken()
    try lane.store.scans.submit(
      ReadJob(deadline: nil, sink: lane.replies, token: token) { tx in
        gate.pass()
        _ = try tx.first(LaneStore.countTo, Int64.max) { $0.int64(0) }
        return []
      }
    )
    try gate.waitForArrival()
    lane.store.scans.abandon(token)
    #expect(try lane.replies.error(of: token) == .cancelled)
  }

  /// An interrupt also ends a statement that is between two rows, where the handler's own code runs.
  @Test func aReadStopsAtTheNextRowAfterItsCallerLeft() throws {
    let lane = try LaneStore()
    for value in 1...3 { try lane.insert(value) }
    let gate = Gate()
    let rows = Counter()
    let token = lane.replies.makeToken()
    try lane.store.reads.submit(
      ReadJob(deadline: nil, sink: lane.replies, token: token) { tx in
        try tx.forEach(LaneStore.values) { _ in
          rows.add()
          gate.pass()
        }
        return []
      }
    )
    try gate.waitForArrival()
    lane.store.reads.abandon(token)
    gate.open()
    #expect(try lane.replies.error(of: token) == .cancelled)
    #expect(rows.count == 1)
  }

  @Test func cancelledWhileItsClientTakesNothing() throws {
    let lane = try LaneStore()
    let sink = WindowSink(window: 2)
    let handle = try lane.store.scans.submit(ScanJob(deadline: nil, sink: sink, run: chatty))
    try sink.waitUntilFull()
    handle.cancel()
    #expect(try sink.waitForEnd() as? StoreError == .cancelled)
  }

  @Test func cancelledAndExpiredWhileTheyWait() throws {
    let lane = try LaneStore { $0.limits.scanThreads = 1 }
    let gate = Gate()
    let first = WindowSink(window: 1)
    _ = try lane.store.scans.submit(ScanJob(deadline: nil, sink: first) { _, _ in gate.pass() })
    try gate.waitForArrival()
    let cancelled = WindowSink(window: 1)
    let expired = WindowSink(window: 1)
    let ran = Counter()
    let run: @Sendable (ReadTransaction, ScanStream) throws -> Void = { _, _ in ran.add() }
    try lane.store.scans.submit(ScanJob(deadline: nil, sink: cancelled, run: run)).cancel()
    let past = ContinuousClock.now.advanced(by: .milliseconds(-1))
    _ = try lane.store.scans.submit(ScanJob(deadline: past, sink: expired, run: run))
    gate.open()
    #expect(try cancelled.waitForEnd() as? StoreError == .cancelled)
    #expect(try expired.waitForEnd() as? StoreError == .deadlineExceeded)
    #expect(try first.waitForEnd() == nil)
    #expect(ran.count == 0)
  }

  @Test func aDeadlineEndsARunningScan() throws {
    let lane = try LaneStore()
    let sink = WindowSink(window: 1)
    let soon = ContinuousClock.now.advanced(by: .milliseconds(100))
    _ = try lane.store.scans.submit(ScanJob(deadline: soon, sink: sink, run: endless))
    #expect(try sink.waitForEnd() as? StoreError == .deadlineExceeded)
  }

  @Test func ageEndsAScanThatComputesAndOneThatWaits() throws {
    let lane = try LaneStore { $0.limits.scanAgeMax = .milliseconds(100) }
    for run in [endless, chatty] {
      let sink = WindowSink(window: 2)
      _ = try lane.store.scans.submit(ScanJob(deadline: nil, sink: sink, run: run))
      #expect(try sink.waitForEnd() as? StoreError == .snapshotTooOld(.age))
    }
  }

  @Test func aStalledClientEndsItsScan() throws {
    let lane = try LaneStore { $0.limits.scanStallMax = .milliseconds(50) }
    let sink = WindowSink(window: 2)
    _ = try lane.store.scans.submit(ScanJob(deadline: nil, sink: sink, run: chatty))
    #expect(try sink.waitForEnd() as? StoreError == .snapshotTooOld(.stall))
    #expect(sink.count == 2)
  }

  @Test func aFullQueueSaysSoAtOnce() throws {
    let lane = try LaneStore {
      $0.limits.scanThreads = 1
      $0.limits.maxParkedScans = 0
      $0.limits.scanQueueCount = 6
    }
    let gate = Gate()
    let sinks = (0..<4).map { _ in WindowSink(window: 1) }
    let job = { sink in ScanJob(deadline: nil, sink: sink) { _, _ in gate.pass() } }
    _ = try lane.store.scans.submit(job(sinks[0]))
    try gate.waitForArrival()
    for sink in sinks[1...2] { _ = try lane.store.scans.submit(job(sink)) }
    #expect(lane.store.scans.queuedCount == 2)
    #expect(throws: Self.full) { try lane.store.scans.submit(job(sinks[3])) }
    gate.open()
    for sink in sinks[0...2] { #expect(try sink.waitForEnd() == nil) }
  }

  @Test func theLimitsTellTheMaximumOfThreads() {
    var limits = StoreLimits()
    limits.scanThreads = 2
    limits.maxParkedScans = 3
    limits.readThreads = 1
    // Of unary reads, four have begun for each that runs.
    #expect(limits.maxReadThreads == 2 + 3 + 4)
  }

  @Test func closingEndsScansInEveryState() throws {
    let lane = try LaneStore {
      $0.limits.scanThreads = 1
      $0.limits.maxScansPerConnection = 3
    }
    let sinks = (0..<4).map { _ in WindowSink(window: 1) }
    _ = try lane.store.scans.submit(ScanJob(deadline: nil, sink: sinks[0], run: chatty))
    try sinks[0].waitUntilFull()
    let started = Gate()
    started.open()
    let endless = endless
    _ = try lane.store.scans.submit(
      ScanJob(deadline: nil, sink: sinks[1]) { tx, stream in
        started.pass()
        try endless(tx, stream)
      }
    )
    try started.waitForArrival()
    for sink in sinks[2...] {
      _ = try lane.store.scans.submit(ScanJob(deadline: nil, sink: sink, run: chatty))
    }
    #expect(lane.store.close() == 0)
    for sink in sinks { #expect(try sink.waitForEnd() as? StoreError == .closing) }
    #expect(throws: StoreError.closing) {
      try lane.store.scans.submit(ScanJob(deadline: nil, sink: sinks[0], run: chatty))
    }
  }
}
