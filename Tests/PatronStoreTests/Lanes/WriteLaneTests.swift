import SQLite
import Synchronization
import TestKit
import Testing

@testable import PatronStore

@Suite("Write lane")
struct WriteLaneTests {
  @Test func acknowledgedWritesAreStored() throws {
    let lane = try LaneStore()
    let before = lane.store.commitCounter.current
    let answer = try lane.write { tx in
      try tx.run(LaneStore.insert, 7, [UInt8]?.none)
      let seen = try tx.read.first(LaneStore.values) { $0.int64(0) }
      return [UInt8(seen ?? 0)]
    }
    #expect(answer == [7])
    #expect(lane.store.commitCounter.current == before + 1)
    #expect(try lane.values() == [7])
  }

  @Test func tentativeChangesAreSeenAndRolledBack() throws {
    let lane = try LaneStore()
    let answer = try lane.write { tx in
      try tx.run(LaneStore.insert, 1, [UInt8]?.none)
      tx.recordChange(store: "default", customerID: 1, sequence: 1)
      let seen = try tx.tentatively {
        try tx.run(LaneStore.insert, 2, [UInt8]?.none)
        tx.recordChange(store: "default", customerID: 1, sequence: 2)
        tx.recordChange(store: "default", customerID: 2)
        return try tx.read.first(LaneStore.count) { $0.int64(0) }
      }
      #expect(throws: StoreError.self) {
        try tx.tentatively {
          try tx.run(LaneStore.insert, 3, [UInt8]?.none)
          throw StoreError.corrupt("given up")
        }
      }
      #expect(tx.changes == [RecordChange(store: "default", customerID: 1, events: 1...1)])
      return [UInt8(seen ?? 0)]
    }
    #expect(answer == [2])
    #expect(try lane.values() == [1])
  }

  @Test func jobsOfCallersWhoAreGoneAreDropped() throws {
    let lane = try LaneStore()
    let tokens = try lane.whileWriterIsHeld {
      let tokens = try submitInserts(lane, 1...10)
      for token in tokens where token.item % 2 == 0 { lane.store.writer.abandon(token) }
      // This token belongs to no waiting job.
      lane.store.writer.abandon(ReplyToken(group: 7, item: 7))
      return tokens
    }
    var kept: [Int64] = []
    for (value, token) in zip(Int64(1)..., tokens) {
      if token.item % 2 == 0 {
        #expect(try lane.replies.error(of: token) == .cancelled)
      } else {
        _ = try lane.replies.wait(for: token).get()
        kept.append(value)
      }
    }
    #expect(kept.count == 5)
    #expect(try lane.values() == kept)
    // An abandoned token does not drop a later job.
    lane.store.writer.abandon(ReplyToken(group: 1, item: 100))
    try lane.insert(100)
    #expect(try lane.values() == kept + [100])
  }

  /// A job whose caller leaves while its batch runs is dropped too.
  @Test func jobsOfTheRunningBatchAreDroppedToo() throws {
    let lane = try LaneStore()
    let gate = Gate()
    let (first, tokens) = try lane.whileWriterIsHeld {
      let first = try lane.submit { _ in
        gate.pass()
        return []
      }
      return (first, try submitInserts(lane, 1...3))
    }
    try gate.waitForArrival()
    lane.store.writer.abandon(tokens[1])
    lane.store.writer.abandon(first)
    gate.open()
    _ = try lane.replies.wait(for: first).get()
    #expect(try lane.replies.error(of: tokens[0]) == nil)
    #expect(try lane.replies.error(of: tokens[1]) == .cancelled)
    #expect(try lane.replies.error(of: tokens[2]) == nil)
    #expect(try lane.values() == [1, 3])
  }

  /// A job that continues work on disk runs even if its caller is gone.
  @Test func aJobThatContinuesAnotherIsNotDropped() throws {
    let lane = try LaneStore()
    let token = lane.replies.makeToken()
    try lane.whileWriterIsHeld {
      try lane.store.writer.submit(
        WriteJob(deadline: nil, bytes: 1, sink: lane.replies, token: token, isBegun: true) { tx in
          try tx.run(LaneStore.insert, 1, [UInt8]?.none)
          return []
        }
      )
      lane.store.writer.abandon(token)
    }
    _ = try lane.replies.wait(for: token).get()
    #expect(try lane.values() == [1])
  }

  @Test func waitingJobsShareATransactionAndADelivery() throws {
    let lane = try LaneStore()
    let tokens = try lane.whileWriterIsHeld { try submitInserts(lane, 1...40) }
    for token in tokens { _ = try lane.replies.wait(for: token).get() }
    #expect(lane.store.commitCounter.current == 1)
    #expect(lane.replies.batches == [1, 40])
    #expect(try lane.values() == Array(1...40))
  }

  @Test func aBatchHasItsLimit() throws {
    let lane = try LaneStore { $0.limits.writeBatchCount = 10 }
    let tokens = try lane.whileWriterIsHeld { try submitInserts(lane, 1...25) }
    for token in tokens { _ = try lane.replies.wait(for: token).get() }
    #expect(lane.replies.batches == [1, 10, 10, 5])
    #expect(lane.store.commitCounter.current == 3)
  }

  /// Queues 30 writes of a large store for one transaction, and one of a small store, which calls
  /// `small`, while the first of them runs. Returns their tokens, and the values in the order in
  /// which they were written.
  private func interrupt(
    _ lane: LaneStore,
    small: @escaping @Sendable (WriteTransaction) throws -> Void
  ) throws -> (large: [ReplyToken], small: ReplyToken, order: Monitor<[Int]>) {
    let gate = Gate()
    let order = Monitor<[Int]>([])
    let large = try lane.whileWriterIsHeld {
      try (1...30).map { value in
        try submit(lane, store: "large") { tx in
          if value == 1 {
            gate.pass()
            // Longer than a commit counts in the first transactions.
            let end = ContinuousClock.now.advanced(by: .milliseconds(10))
            while ContinuousClock.now < end {}
          }
          order.update { $0.append(value) }
          try tx.run(LaneStore.insert, value, [UInt8]?.none)
          return []
        }
      }
    }
    try gate.waitForArrival()
    let token = try submit(lane, store: "small") { tx in
      order.update { $0.append(100) }
      try tx.run(LaneStore.insert, 100, [UInt8]?.none)
      try small(tx)
      return []
    }
    gate.open()
    return (large, token, order)
  }

  private func submit(
    _ lane: LaneStore,
    store: String,
    _ run: @escaping @Sendable (WriteTransaction) throws -> [UInt8]
  ) throws -> ReplyToken {
    let token = lane.replies.makeToken()
    try lane.store.writer.submit(
      WriteJob(deadline: nil, bytes: 1, sink: lane.replies, token: token, store: store, run: run)
    )
    return token
  }

  /// It joins the running transaction, which ends with it. The jobs behind it keep their order.
  @Test func aSingleWriteEndsTheTransactionOfALargeStore() throws {
    let lane = try LaneStore()
    let (large, small, order) = try interrupt(lane) { _ in }
    for token in large + [small] { _ = try lane.replies.wait(for: token).get() }
    #expect(order.withLock { $0 } == Array(1...8) + [100] + Array(9...30))
    #expect(lane.replies.batches == [1, 9, 22])
    #expect(lane.store.commitCounter.current == 2)
  }

  /// Only the jobs that were taken run again one by one.
  @Test func aSingleWriteThatSpoilsTheTransactionIsRolledBackAlone() throws {
    let lane = try LaneStore()
    let (large, small, order) = try interrupt(lane) { _ in throw Rejected() }
    for token in large { _ = try lane.replies.wait(for: token).get() }
    let failed = try lane.replies.wait(for: small)
    #expect(throws: Rejected.self) { try failed.get() }
    let replayed = Array(1...8) + [100]
    #expect(order.withLock { $0 } == replayed + replayed + Array(9...30))
    #expect(lane.replies.batches == [1, 9, 22])
    #expect(lane.store.commitCounter.current == 8 + 1)
    #expect(try lane.values() == Array(1...30))
  }

  @Test func withoutGroupCommitEachJobHasATransaction() throws {
    let lane = try LaneStore { $0.groupCommit = false }
    let tokens = try lane.whileWriterIsHeld { try submitInserts(lane, 1...10) }
    for token in tokens { _ = try lane.replies.wait(for: token).get() }
    #expect(lane.store.commitCounter.current == 10)
    #expect(lane.replies.batches == Array(repeating: 1, count: 11))
  }

  @Test func repliesAreGroupedBySink() throws {
    let lane = try LaneStore()
    let other = CollectingSink()
    let tokens = try lane.whileWriterIsHeld {
      try (1...6).map { value in
        try lane.submit(to: value % 2 == 0 ? other : nil) { tx in
          try tx.run(LaneStore.insert, value, [UInt8]?.none)
          return []
        }
      }
    }
    for (index, token) in tokens.enumerated() {
      _ = try (index % 2 == 1 ? other : lane.replies).wait(for: token).get()
    }
    #expect(other.batches == [3])
    #expect(lane.replies.batches == [1, 3])
  }

  @Test func aJobWithoutChangesIsNotACommit() throws {
    let lane = try LaneStore()
    #expect(try lane.write { _ in [1] } == [1])
    #expect(lane.store.commitCounter.current == 0)
  }

  @Test func anExpiredJobIsDropped() throws {
    let lane = try LaneStore()
    let ran = Counter()
    let (expired, alive) = try lane.whileWriterIsHeld {
      let past = ContinuousClock.now.advanced(by: .milliseconds(-1))
      let future = ContinuousClock.now.advanced(by: .seconds(600))
      return (
        try lane.submit(deadline: past) { _ in
          ran.add()
          return []
        },
        try lane.submit(deadline: future) { _ in [2] }
      )
    }
    #expect(try lane.replies.error(of: expired) == .deadlineExceeded)
    #expect(try lane.replies.wait(for: alive).get() == [2])
    #expect(ran.count == 0)
  }

  @Test func aFullQueueSaysSoAtOnce() throws {
    let lane = try LaneStore { $0.limits.writeQueueCount = 3 }
    let tokens = try lane.whileWriterIsHeld {
      let tokens = try submitInserts(lane, 1...3)
      #expect(lane.store.writer.queuedCount == 3)
      expectQueueFull { try lane.submit { _ in [] } }
      return tokens
    }
    for token in tokens { _ = try lane.replies.wait(for: token).get() }
    try lane.insert(4)
    #expect(try lane.values() == [1, 2, 3, 4])
  }

  @Test func theQueueIsBoundedInBytes() throws {
    let lane = try LaneStore { $0.limits.writeQueueBytes = 1000 }
    let tokens = try lane.whileWriterIsHeld {
      // A job larger than the bound is accepted alone; no other job fits beside it.
      let large = try lane.submit(bytes: 5000) { _ in [] }
      expectQueueFull { try lane.submit(bytes: 1) { _ in [] } }
      return [large]
    }
    for token in tokens { _ = try lane.replies.wait(for: token).get() }
    let more = try lane.whileWriterIsHeld {
      let two = try [lane.submit(bytes: 600) { _ in [] }, lane.submit(bytes: 400) { _ in [] }]
      expectQueueFull { try lane.submit(bytes: 1) { _ in [] } }
      return two
    }
    for token in more { _ = try lane.replies.wait(for: token).get() }
  }

  @Test func observersSeeTheChangesOfACommit() throws {
    let seen = Monitor<[[RecordChange]]>([])
    let lane = try LaneStore { $0.commitObserver = { list in seen.update { $0.append(list) } } }
    let tokens = try lane.whileWriterIsHeld {
      let good = try (1...2).map { value in
        try lane.submit { tx in
          try tx.run(LaneStore.insert, value, [UInt8]?.none)
          for _ in 0..<2 { tx.recordChange(store: "s\(value)", customerID: Int64(value)) }
          return []
        }
      }
      let rejected = try lane.submit { tx in
        tx.recordChange(store: "none", customerID: 9)
        throw Rejected()
      }
      return good + [rejected]
    }
    for token in tokens { _ = try lane.replies.wait(for: token) }
    let expected = [
      RecordChange(store: "s1", customerID: 1), RecordChange(store: "s2", customerID: 2),
    ]
    #expect(seen.withLock { $0 } == [expected])
  }

  @Test func closingFinishesQueuedJobs() throws {
    let lane = try LaneStore()
    let gate = Gate()
    try lane.submit { _ in
      gate.pass()
      return []
    }
    try gate.waitForArrival()
    let tokens = try submitInserts(lane, 1...20)
    let left = Monitor<Int?>(nil)
    let closer = LaneThread(name: "closer") {
      let pages = lane.store.close()
      left.update { $0 = pages }
    }
    // The writer is held, so all jobs submitted until it refuses are still answered.
    var accepted = tokens
    for _ in 0..<100_000 {
      guard let token = try? lane.submit({ _ in [] }) else { break }
      accepted.append(token)
    }
    gate.open()
    closer.join()
    for token in accepted { _ = try lane.replies.wait(for: token).get() }
    #expect(left.withLock { $0 } == 0)
    #expect(throws: StoreError.closing) { try lane.store.writer.submit(noWork(lane)) }
    let again = try Store(
      StoreOptions(directory: lane.directory.path, migrations: LaneStore.migrations)
    )
    defer { again.close() }
    let reader = try again.makePointReader {}
    #expect(try reader.read { try $0.first(LaneStore.count) { $0.int64(0) } } == 20)
    reader.endTick()
  }

  private func noWork(_ lane: LaneStore) -> WriteJob {
    WriteJob(
      deadline: nil,
      bytes: 0,
      sink: lane.replies,
      token: lane.replies.makeToken(),
      run: { _ in [] }
    )
  }

  private func submitInserts(_ lane: LaneStore, _ values: ClosedRange<Int>) throws -> [ReplyToken] {
    try values.map { value in
      try lane.submit { tx in
        try tx.run(LaneStore.insert, value, [UInt8]?.none)
        return []
      }
    }
  }

  private func expectQueueFull(_ body: () throws -> Void) {
    do {
      try body()
      Issue.record("the job was taken")
    } catch StoreError.queueFull(let retryAfter, _) {
      #expect(retryAfter > .zero && retryAfter <= .seconds(1))
    } catch {
      Issue.record("\(error)")
    }
  }
}

/// A counter for several threads.
final class Counter: Sendable {
  private let value = Atomic<Int>(0)

  func add() { value.add(1, ordering: .relaxed) }

  var count: Int { value.load(ordering: .acquiring) }
}
