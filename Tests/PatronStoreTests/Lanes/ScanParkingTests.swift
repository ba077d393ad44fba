import SQLite
import Testing

@testable import PatronStore

@Suite("Scans that wait for their clients")
struct ScanParkingTests {
  /// Reads forever, until it is stopped.
  private let endless: @Sendable (ReadTransaction, ScanStream) throws -> Void = { tx, _ in
    _ = try tx.first(LaneStore.countTo, Int64.max) { $0.int64(0) }
  }

  /// Sends forever, until it is stopped.
  private let chatty: @Sendable (ReadTransaction, ScanStream) throws -> Void = { tx, stream in
    _ = try tx.first(LaneStore.count) { $0.int64(0) }
    while true { try stream.send([1]) }
  }

  /// Submits a scan of a store, by default of a connection of its own.
  private func submit(
    _ store: String,
    connection: UInt64? = nil,
    to sink: WindowSink,
    in lane: LaneStore,
    _ run: @escaping @Sendable (ReadTransaction, ScanStream) throws -> Void
  ) throws -> ScanHandle {
    let job = ScanJob(
      store: try #require(StoreID(store)),
      connection: connection ?? UInt64(store.hashValue.magnitude),
      deadline: nil,
      sink: sink,
      run: run
    )
    return try lane.store.scans.submit(job)
  }

  /// Submits a scan that sends forever, and waits until its client is full.
  private func park(
    _ store: String,
    to sink: WindowSink,
    in lane: LaneStore
  ) throws -> ScanHandle {
    let handle = try submit(store, to: sink, in: lane, chatty)
    try sink.waitUntilFull()
    return handle
  }

  @Test func aLongTurnCostsNoMoreThanAFewTurns() throws {
    let lane = try LaneStore { $0.limits.scanTurn = .milliseconds(10) }
    let before = ContinuousClock.now
    let turn = ScanTurn(ScanControl(deadline: nil), lane.store.scans)
    let early = turn.cost(at: before.advanced(by: .milliseconds(10)))
    #expect(early <= 10_000_000)
    let late = turn.cost(at: before.advanced(by: .seconds(3600)))
    #expect(late == 40_000_000, "the scan was alone, and kept nobody waiting")
  }

  @Test func aFullClientLetsOthersRun() throws {
    let lane = try LaneStore { $0.limits.scanThreads = 1 }
    let slow = (0..<3).map { _ in WindowSink(window: 2) }
    let handles = try slow.enumerated().map { try park("slow-\($0)", to: $1, in: lane) }
    let other = WindowSink(window: 2)
    _ = try submit("other", to: other, in: lane) { _, stream in try stream.send([1]) }
    #expect(try other.waitForEnd() == nil)
    try lane.poll("all three wait") { lane.store.scans.parkedCount == 3 }
    #expect(slow.map(\.count) == [2, 2, 2])
    // Each goes on in its own snapshot when its client reads.
    slow[1].takeOne()
    handles[1].resume()
    try slow[1].waitFor(3)
    for handle in handles { handle.cancel() }
    for sink in slow { #expect(try sink.waitForEnd() as? StoreError == .cancelled) }
  }

  @Test func aResumedScanNeedsAPermitAgain() throws {
    let lane = try LaneStore { $0.limits.scanThreads = 1 }
    let slow = WindowSink(window: 2)
    let handle = try park("slow", to: slow, in: lane)
    let gate = Gate()
    let other = WindowSink(window: 2)
    _ = try submit("other", to: other, in: lane) { _, _ in gate.pass() }
    try gate.waitForArrival()
    slow.takeOne()
    handle.resume()
    try lane.poll("it waits for a permit") { lane.store.scans.isContended }
    #expect(lane.store.scans.parkedCount == 0 && slow.count == 2)
    gate.open()
    try slow.waitFor(3)
    #expect(try other.waitForEnd() == nil)
    handle.cancel()
    #expect(try slow.waitForEnd() as? StoreError == .cancelled)
  }

  @Test func aScanThatIsCancelledWhileItWaitsForAPermitEnds() throws {
    let lane = try LaneStore { $0.limits.scanThreads = 1 }
    let slow = WindowSink(window: 2)
    let handle = try park("slow", to: slow, in: lane)
    let gate = Gate()
    let other = WindowSink(window: 2)
    _ = try submit("other", to: other, in: lane) { _, _ in gate.pass() }
    try gate.waitForArrival()
    slow.takeOne()
    handle.resume()
    try lane.poll("it waits for a permit") { lane.store.scans.isContended }
    handle.cancel()
    #expect(try slow.waitForEnd() as? StoreError == .cancelled)
    #expect(slow.count == 2)
    gate.open()
    #expect(try other.waitForEnd() == nil)
  }

  @Test func theLongestParkedGivesWay() throws {
    let lane = try LaneStore {
      $0.limits.scanThreads = 1
      $0.limits.maxParkedScans = 1
      $0.limits.scanEvictableAfter = .milliseconds(1)
    }
    let sinks = (0..<3).map { _ in WindowSink(window: 2) }
    let first = try park("first", to: sinks[0], in: lane)
    try lane.poll("the first is parked") { lane.store.scans.parkedCount == 1 }
    let second = try park("second", to: sinks[1], in: lane)
    try lane.poll("the second is parked") { lane.store.scans.parkedCount == 2 }
    let third = try park("third", to: sinks[2], in: lane)
    #expect(try sinks[0].waitForEnd() as? StoreError == .snapshotTooOld(.pressure))
    #expect("\(StoreError.snapshotTooOld(.pressure))".contains("--max-parked-scans"))
    second.cancel()
    third.cancel()
    #expect(try sinks[1].waitForEnd() as? StoreError == .cancelled)
    #expect(try sinks[2].waitForEnd() as? StoreError == .cancelled)
    first.cancel()
  }

  @Test func aParkedScanIsLeftAloneWhileThereIsRoom() throws {
    let lane = try LaneStore {
      $0.limits.scanThreads = 1
      $0.limits.maxParkedScans = 1
      $0.limits.scanEvictableAfter = .zero
    }
    let slow = WindowSink(window: 2)
    let handle = try park("slow", to: slow, in: lane)
    for _ in 0..<5 {
      let sink = WindowSink(window: 2)
      _ = try submit("other", to: sink, in: lane) { _, stream in try stream.send([1]) }
      #expect(try sink.waitForEnd() == nil)
      try lane.poll("it has left") { lane.store.scans.placedCount == 1 }
    }
    #expect(lane.store.scans.parkedCount == 1)
    handle.cancel()
    #expect(try slow.waitForEnd() as? StoreError == .cancelled)
  }

  @Test(arguments: [true, false])
  func furtherScansOfAConnectionOrAStoreWait(ofStore: Bool) throws {
    let lane = try LaneStore {
      $0.limits.maxScansPerStore = ofStore ? 2 : 8
      $0.limits.maxScansPerConnection = ofStore ? 8 : 2
    }
    let sinks = (0..<3).map { _ in WindowSink(window: 1) }
    let handles = try sinks.enumerated().map { number, sink in
      let store = ofStore ? "same" : "store-\(number)"
      let connection = ofStore ? UInt64(number) : 1
      return try submit(store, connection: connection, to: sink, in: lane, chatty)
    }
    for sink in sinks[..<2] { try sink.waitUntilFull() }
    #expect(lane.store.scans.queuedCount == 1)
    let other = WindowSink(window: 1)
    _ = try submit("other", connection: 9, to: other, in: lane) { _, _ in }
    #expect(try other.waitForEnd() == nil)
    #expect(sinks[2].count == 0)
    handles[0].cancel()
    try sinks[2].waitUntilFull()
    for handle in handles { handle.cancel() }
    for sink in sinks { #expect(try sink.waitForEnd() as? StoreError == .cancelled) }
  }

  @Test func longScansTakeTurns() throws {
    let lane = try LaneStore {
      $0.limits.scanThreads = 1
      $0.limits.scanTurn = .milliseconds(1)
    }
    let long = WindowSink(window: 2)
    let started = Gate()
    started.open()
    let endless = endless
    let handle = try submit("long", to: long, in: lane) { tx, stream in
      started.pass()
      try endless(tx, stream)
    }
    try started.waitForArrival()
    for _ in 0..<5 {
      let short = WindowSink(window: 2)
      _ = try submit("short", to: short, in: lane) { tx, stream in
        _ = try tx.first(LaneStore.countTo, 100_000) { $0.int64(0) }
        try stream.send([1])
      }
      #expect(try short.waitForEnd() == nil)
    }
    handle.cancel()
    #expect(try long.waitForEnd() as? StoreError == .cancelled)
  }

  @Test func readsOfOthersRunBetweenTheTurnsOfLongOnes() throws {
    let lane = try LaneStore {
      $0.limits.readThreads = 1
      $0.limits.scanTurn = .milliseconds(1)
    }
    func read(_ store: String, group: UInt64, _ count: Int64) throws -> ReplyToken {
      let token = ReplyToken(group: group, item: lane.replies.makeToken().item)
      let job = ReadJob(
        store: try #require(StoreID(store)),
        deadline: nil,
        sink: lane.replies,
        token: token
      ) { tx in
        _ = try tx.first(LaneStore.countTo, count) { $0.int64(0) }
        return []
      }
      try lane.store.reads.submit(job)
      return token
    }
    let long = try (1...4).map { try read("long", group: $0, .max) }
    let short = try (5...8).map { try read("short", group: $0, 100_000) }
    for token in short { #expect(try lane.replies.error(of: token) == nil) }
    for token in long { lane.store.reads.abandon(token) }
    for token in long { #expect(try lane.replies.error(of: token) == .cancelled) }
    #expect(lane.store.reads.queuedCount == 0)
  }

  @Test func readsDoNotWaitForStreams() throws {
    let lane = try LaneStore()
    let gate = Gate()
    let sinks = (0..<2).map { _ in WindowSink(window: 1) }
    for sink in sinks { _ = try submit("streams", to: sink, in: lane) { _, _ in gate.pass() } }
    try gate.waitForArrival()
    let token = lane.replies.makeToken()
    try lane.store.reads.submit(
      ReadJob(deadline: nil, sink: lane.replies, token: token) { tx in
        _ = try tx.first(LaneStore.countTo, 100_000) { $0.int64(0) }
        return []
      }
    )
    #expect(try lane.replies.error(of: token) == nil)
    gate.open()
    for sink in sinks { #expect(try sink.waitForEnd() == nil) }
  }

  @Test func threadsComeWithScansAndGoWithoutWork() throws {
    let lane = try LaneStore {
      $0.limits.scanThreads = 1
      $0.limits.idleThreadAge = .milliseconds(1)
    }
    let scans = lane.store.scans
    #expect(scans.threadCount == 1)
    for _ in 0..<2 {
      let sinks = (0..<5).map { _ in WindowSink(window: 1) }
      let handles = try sinks.enumerated().map { try park("store-\($0)", to: $1, in: lane) }
      #expect(scans.threadCount >= 5)
      for handle in handles { handle.cancel() }
      for sink in sinks { #expect(try sink.waitForEnd() as? StoreError == .cancelled) }
      try lane.poll("the threads end") { scans.threadCount == 1 }
    }
  }
}
