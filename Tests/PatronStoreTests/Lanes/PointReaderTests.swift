import SQLite
import Testing

@testable import PatronStore

@Suite("Point readers")
struct PointReaderTests {
  @Test func oneSnapshotForATick() throws {
    let lane = try LaneStore()
    try lane.insert(1)
    let opened = Counter()
    let reader = try lane.store.makePointReader { opened.add() }
    for _ in 0..<3 { #expect(try count(reader) == 1) }
    #expect(opened.count == 1)
    reader.endTick()
    reader.endTick()
    #expect(try count(reader) == 1)
    #expect(opened.count == 2)
    reader.endTick()
  }

  /// A request that is refused before it reads costs no snapshot.
  @Test func theFirstStatementOpensTheSnapshot() throws {
    let lane = try LaneStore()
    try lane.insert(1)
    let opened = Counter()
    let reader = try lane.store.makePointReader { opened.add() }
    #expect(throws: Rejected.self) { try reader.read { _ -> Void in throw Rejected() } }
    try reader.read { _ in }
    #expect(opened.count == 0)
    #expect(try count(reader) == 1)
    #expect(opened.count == 1)
    // The read sees a commit that came after its beginning.
    try reader.read { tx in
      try lane.insert(2)
      #expect(try tx.first(LaneStore.count) { $0.int64(0) } == 2)
    }
    reader.endTick()
  }

  @Test func aCommitRenewsTheSnapshotWithinATick() throws {
    let lane = try LaneStore()
    let opened = Counter()
    let reader = try lane.store.makePointReader { opened.add() }
    for value in 1...5 {
      try lane.insert(value)
      #expect(try count(reader) == Int64(value))
    }
    #expect(opened.count == 1, "the owner ends the tick once")
    reader.endTick()
  }

  /// Several loops write and read their own rows, with ticks left open across writes. Every read
  /// must return the loop's latest acknowledged write.
  @Test func callersReadTheirOwnWrites() throws {
    let lane = try LaneStore { $0.durability = .off }
    let stale = Counter()
    let reads = Counter()
    let loops = (1...4).map { loop in
      LaneThread(name: "loop-\(loop)") {
        guard let reader = try? lane.store.makePointReader(onSnapshotOpened: {}) else { return }
        for round in 1...300 {
          // Values are unique across loops.
          let value = Int64(round * 10 + loop)
          let written = try? lane.write { tx in
            try tx.run(LaneStore.upsert, loop, value)
            return []
          }
          let seen = try? reader.read { try $0.first(LaneStore.value, loop) { $0.int64(0) } }
          if written != nil { reads.add() }
          if seen != value { stale.add() }
          if round % 7 == 0 { reader.endTick() }
        }
        reader.endTick()
      }
    }
    for loop in loops { loop.join() }
    #expect(reads.count == 1200)
    #expect(stale.count == 0)
  }

  @Test func aReadBeyondItsBudgetRestartsOnTheScanLane() throws {
    let lane = try LaneStore()
    let reader = try lane.store.makePointReader {}
    let work: @Sendable (ReadTransaction) throws -> [UInt8] = { tx in
      let count = try tx.first(LaneStore.countTo, 100_000) { $0.int64(0) } ?? 0
      return Array("\(count)".utf8)
    }
    #expect(throws: StoreError.budgetExceeded) { try reader.read(work) }
    #expect(try count(reader) == 0, "the reader goes on")
    let token = lane.replies.makeToken()
    try lane.store.scans.submit(
      ReadJob(deadline: nil, sink: lane.replies, token: token, run: work)
    )
    #expect(try lane.replies.wait(for: token).get() == Array("100000".utf8))
    reader.endTick()
  }

  static let budgets: [@Sendable (inout StoreLimits) -> Void] = [
    { $0.pointBudgetBytes = 64 << 10 },
    { $0.pointBudgetTime = .zero },
  ]

  /// The bytes and the time that a handler takes for rows count, whatever SQLite did for them.
  @Test(arguments: budgets)
  func aReadOfManyBytesRestartsOnTheScanLane(
    _ budget: @escaping @Sendable (inout StoreLimits) -> Void
  ) throws {
    let lane = try LaneStore { budget(&$0.limits) }
    try lane.write { tx in
      for value in 1...300 {
        try tx.run(LaneStore.insert, value, [UInt8](repeating: 7, count: 999))
      }
      return []
    }
    let reader = try lane.store.makePointReader {}
    let work: @Sendable (ReadTransaction) throws -> [UInt8] = { tx in
      var bytes = 0
      try tx.forEach(LaneStore.bodies) { bytes += $0.span(0).byteCount }
      return Array("\(bytes)".utf8)
    }
    #expect(throws: StoreError.budgetExceeded) { try reader.read(work) }
    #expect(try count(reader) == 300, "the reader goes on")
    let token = lane.replies.makeToken()
    try lane.store.scans.submit(
      ReadJob(deadline: nil, sink: lane.replies, token: token, run: work)
    )
    #expect(try lane.replies.wait(for: token).get() == Array("299700".utf8))
    reader.endTick()
  }

  @Test func eachReadHasItsOwnBudget() throws {
    let lane = try LaneStore()
    let reader = try lane.store.makePointReader {}
    for _ in 0..<50 {
      let count = try reader.read(budgetSteps: 20_000) {
        try $0.first(LaneStore.countTo, 500) { $0.int64(0) }
      }
      #expect(count == 500)
    }
    #expect(throws: StoreError.budgetExceeded) {
      try reader.read(budgetSteps: 20_000) { tx in
        for _ in 0..<50 { _ = try tx.first(LaneStore.countTo, 500) { $0.int64(0) } }
      }
    }
    reader.endTick()
  }

  @Test func errorsOfHandlersPassThrough() throws {
    let lane = try LaneStore()
    let reader = try lane.store.makePointReader {}
    #expect(throws: Rejected.self) {
      try reader.read { tx in try tx.first(LaneStore.count) { _ in throw Rejected() } }
    }
    #expect(try count(reader) == 0)
    reader.endTick()
  }

  #if os(Linux)
    @Test func twoThreadsEndTheProcess() async {
      await #expect(processExitsWith: .failure) {
        let lane = try LaneStore()
        let reader = try lane.store.makePointReader {}
        _ = try reader.read { try $0.first(LaneStore.count) { $0.int64(0) } }
        nonisolated(unsafe) let same = reader
        LaneThread(name: "other") { same.endTick() }.join()
      }
    }
  #endif

  private func count(_ reader: PointReader) throws -> Int64? {
    try reader.read { try $0.first(LaneStore.count) { $0.int64(0) } }
  }
}
