import SQLite
import Testing

@testable import PatronStore

@Suite("The write-ahead log stays small")
struct LogLimitTests {
  private static let mark = 1 << 20

  /// Writes several times the mark, in small commits. Returns the maximum size of the file.
  private func writeAlot(_ lane: LaneStore, from first: Int = 0) throws -> Int {
    var largest = 0
    for value in 0..<200 {
      try lane.insert(first + value, bytes: 20_000)
      largest = max(largest, lane.logBytes)
    }
    return largest
  }

  private func open(_ change: (inout StoreOptions) -> Void = { _ in }) throws -> LaneStore {
    try LaneStore {
      $0.limits.logBytesMark = Self.mark
      $0.limits.logBytesHard = 2 * Self.mark
      $0.limits.checkpointWait = .milliseconds(5)
      $0.limits.scanStallMax = .seconds(600)
      $0.durability = .off
      change(&$0)
    }
  }

  @Test func checkpointsComeByPages() throws {
    let lane = try open { $0.limits.checkpointEveryPages = 20 }
    let largest = try writeAlot(lane)
    #expect(largest > 0)
    #expect(largest < 60 * 4120)
  }

  /// Pages are copied behind a pin, the file is synced aside, and then the log begins anew.
  @Test func slicesLeadToAWholeCheckpoint() throws {
    let lane = try LaneStore {
      $0.limits.checkpointEveryPages = 2 * CheckpointCycle.restPages
      $0.limits.logBytesMark = 1 << 30
      $0.limits.logBytesHard = 2 << 30
    }
    var count = 0
    // The file keeps its size when the log begins anew, so it holds less than was written.
    while lane.logBytes >= count * 900_000, count < 500 {
      try lane.insert(count, bytes: 900_000)
      count += 1
    }
    #expect(count > 2 * CheckpointCycle.restPages * 4096 / 1_000_000)
    #expect(count < 500, "the log grew with every write")
    #expect(try lane.values() == (0..<Int64(count)).map { $0 })
  }

  @Test(arguments: [1, 2])
  func stalledScansAreEndedOldestFirst(scans: Int) throws {
    let lane = try open()
    try lane.insert(-1)
    let sinks = try (0..<scans).map { _ in
      let sink = WindowSink(window: 1)
      _ = try lane.store.scans.submit(
        ScanJob(deadline: nil, sink: sink) { tx, stream in
          // The statement stops in the middle of its rows, so the snapshot is held.
          try tx.forEach(LaneStore.values) { _ in while true { try stream.send([1]) } }
        }
      )
      try sink.waitUntilFull()
      return sink
    }
    let largest = try writeAlot(lane)
    #expect(largest <= Self.mark)
    for sink in sinks {
      #expect(try sink.waitForEnd() as? StoreError == .snapshotTooOld(.log))
    }
    #expect(try lane.values().count == 201)
  }

  @Test func aComputingScanIsEndedToo() throws {
    let lane = try open()
    try lane.insert(-1)
    let sink = WindowSink(window: 1)
    let gate = Gate()
    gate.open()
    _ = try lane.store.scans.submit(
      ScanJob(deadline: nil, sink: sink) { tx, _ in
        _ = try tx.first(LaneStore.count) { $0.int64(0) }
        gate.pass()
        _ = try tx.first(LaneStore.countTo, Int64.max) { $0.int64(0) }
      }
    )
    try gate.waitForArrival()
    #expect(try writeAlot(lane) <= Self.mark)
    #expect(try sink.waitForEnd() as? StoreError == .snapshotTooOld(.log))
  }

  @Test func aScanWithoutLogTroubleIsLeftAlone() throws {
    let lane = try open()
    let sink = WindowSink(window: 1)
    let handle = try lane.store.scans.submit(
      ScanJob(deadline: nil, sink: sink) { tx, stream in
        _ = try tx.first(LaneStore.count) { $0.int64(0) }
        for number in 0..<5 { try stream.send([UInt8(number)]) }
      }
    )
    try sink.waitUntilFull()
    for value in 0..<5 { try lane.insert(value, bytes: 20_000) }
    #expect(try sink.drain(handle).count == 5)
    #expect(try sink.waitForEnd() == nil)
  }

  @Test func pastTheHardLimitWritesAreRefusedUntilItShrinks() throws {
    let lane = try open()
    try lane.insert(-1)
    // A foreign reader, whose snapshot the store cannot end.
    let foreign = try Connection(
      path: lane.store.directory.databasePath,
      mode: .readOnly,
      busyTimeoutMilliseconds: 1000
    )
    try foreign.begin()
    #expect(try foreign.integer("SELECT count(*) FROM rows") == 1)
    var refused: StoreError?
    var accepted = 0
    for value in 0..<400 {
      do {
        try lane.insert(value, bytes: 20_000)
        accepted += 1
      } catch let error as StoreError {
        refused = error
        break
      }
    }
    guard case .logFull(let retryAfter) = refused else {
      Issue.record("expected a refusal, got \(String(describing: refused))")
      return
    }
    #expect(retryAfter > .zero)
    #expect(lane.logBytes < 2 * Self.mark + 100_000)
    #expect(try lane.values().count == accepted + 1, "reads go on")
    try foreign.commit()
    try lane.insert(1000)
    #expect(lane.logBytes < Self.mark)
    #expect(try lane.values().count == accepted + 2)
  }
}
