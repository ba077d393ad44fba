import SQLite
import Testing

@testable import PatronStore

@Suite("Write failures")
struct WriteFailureTests {
  /// Queues ten inserts that wait together, the fifth replaced by `bad`. Returns their tokens.
  private func batch(
    _ lane: LaneStore,
    runs: Counter,
    bad: @escaping @Sendable (WriteTransaction) throws -> [UInt8]
  ) throws -> (bad: ReplyToken, good: [ReplyToken]) {
    try lane.whileWriterIsHeld {
      var good: [ReplyToken] = []
      var badToken: ReplyToken?
      for value in 1...10 {
        if value == 5 {
          badToken = try lane.submit(bad)
          continue
        }
        good.append(
          try lane.submit { tx in
            runs.add()
            try tx.run(LaneStore.insert, value, [UInt8]?.none)
            tx.recordChange(store: "s", customerID: Int64(value))
            return [UInt8(value)]
          }
        )
      }
      return (try #require(badToken), good)
    }
  }

  private let allButFive: [Int64] = [1, 2, 3, 4, 6, 7, 8, 9, 10]

  @Test func aJobThatFailsBeforeAChangeDisturbsNoOther() throws {
    let lane = try LaneStore()
    let runs = Counter()
    let tokens = try batch(lane, runs: runs) { _ in throw Rejected() }
    #expect(throws: Rejected.self) { try lane.replies.wait(for: tokens.bad).get() }
    for token in tokens.good { _ = try lane.replies.wait(for: token).get() }
    #expect(runs.count == 9)
    #expect(lane.store.commitCounter.current == 1)
    #expect(try lane.values() == allButFive)
  }

  @Test func aJobThatFailsAfterAChangeIsRolledBackAlone() throws {
    let lane = try LaneStore()
    let runs = Counter()
    let tokens = try batch(lane, runs: runs) { tx in
      try tx.run(LaneStore.insert, 500, [UInt8]?.none)
      throw Rejected()
    }
    #expect(throws: Rejected.self) { try lane.replies.wait(for: tokens.bad).get() }
    for token in tokens.good { _ = try lane.replies.wait(for: token).get() }
    // Four had run before the failure. Eight jobs had been taken, and ran in their own
    // transactions; the other two had one together.
    #expect(runs.count == 4 + 9)
    #expect(lane.store.commitCounter.current == 7 + 1)
    #expect(try lane.values() == allButFive)
  }

  @Test func observersSeeNoRolledBackChanges() throws {
    let seen = Monitor<[Int64]>([])
    let lane = try LaneStore {
      $0.commitObserver = { list in seen.update { $0 += list.map(\.customerID) } }
    }
    let tokens = try batch(lane, runs: Counter()) { tx in
      try tx.run(LaneStore.insert, 500, [UInt8]?.none)
      tx.recordChange(store: "s", customerID: 500)
      throw Rejected()
    }
    for token in tokens.good + [tokens.bad] { _ = try lane.replies.wait(for: token) }
    #expect(seen.withLock { $0 } == allButFive)
  }

  @Test func aRefusedConstraintCanBeCaught() throws {
    let lane = try LaneStore()
    let runs = Counter()
    let tokens = try batch(lane, runs: runs) { tx in
      do {
        try tx.run(LaneStore.insert, 1, [UInt8]?.none)
      } catch StoreError.constraint(let text) {
        #expect(text.contains("rows.value"))
        return [99]
      }
      return []
    }
    #expect(try lane.replies.wait(for: tokens.bad).get() == [99])
    #expect(runs.count == 9)
    #expect(lane.store.commitCounter.current == 1)
  }

  @Test func aFullDiskIsReportedAndReadsContinue() throws {
    let lane = try LaneStore()
    try lane.insert(1)
    try setPageLimit(lane, 12)
    // The insert that does not fit fails even if its handler hides the error; the small ones
    // succeed.
    let runs = Counter()
    let tokens = try batch(lane, runs: runs) { tx in
      try? tx.run(LaneStore.insert, 5, [UInt8](repeating: 1, count: 200_000))
      return []
    }
    #expect(try lane.replies.error(of: tokens.bad) == .diskFull)
    for token in tokens.good.dropFirst() { _ = try lane.replies.wait(for: token).get() }
    #expect(try lane.values() == allButFive)
    try setPageLimit(lane, 1_000_000)
    try lane.insert(5, bytes: 200_000)
    #expect(try lane.values() == Array(1...10))
  }

  /// Limits the file by `max_page_count`, which has the same effect on SQLite as a full disk.
  private func setPageLimit(_ lane: LaneStore, _ pages: Int) throws {
    let pragma = pages == 12 ? Self.smallFile : Self.largeFile
    try lane.write { tx in
      try tx.run(pragma)
      return []
    }
  }

  private static let smallFile = Query("PRAGMA max_page_count=12")
  private static let largeFile = Query("PRAGMA max_page_count=1000000")
}
