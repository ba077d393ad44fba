import PatronStore
import Synchronization
import TTRPC
import TestKit
import Testing

@testable import PatronServer

/// Tests of the reads that watches share, of the turns in which they get messages, and of the end
/// of a watch at any of these times.
struct WatchGroupTests {
  @Test func sameWatchesCostOneReadForEachCommit() throws {
    let bench = try WatchBench()
    let streams = try (0..<200).map { _ in try bench.open() }
    bench.loop.runAll()
    let before = bench.hub.readCount
    #expect(before == 1, "watches that begin at the end of the feed join those that have caught up")
    for _ in 0..<10 {
      bench.commit(FakeEvent(), FakeEvent())
      bench.loop.runAll()
    }
    #expect(bench.hub.readCount == before + 10)
    let all = bench.feed.all.map(\.sequence)
    #expect(streams.allSatisfy { $0.events == all })
  }

  @Test func commitsBeforeATurnCostOneRead() throws {
    let bench = try WatchBench()
    let streams = try (0..<5).map { _ in try bench.open() }
    bench.loop.runAll()
    let (reads, wakeUps) = (bench.hub.readCount, bench.hub.wakeUpCount)
    for _ in 0..<20 { bench.commit(FakeEvent()) }
    bench.loop.runAll()
    #expect(bench.hub.readCount == reads + 1 && bench.hub.wakeUpCount == wakeUps + 1)
    #expect(streams.allSatisfy { $0.events.count == 20 })
  }

  @Test func otherFiltersAndCustomersReadForThemselves() throws {
    let bench = try WatchBench()
    let all = try bench.open()
    let tagged = try bench.open(filter: 2)
    let customer = try bench.open(of: 7)
    let other = try bench.open(of: 8)
    bench.loop.runAll()
    let before = bench.hub.readCount
    bench.commit(FakeEvent(customerID: 7), FakeEvent(customerID: 9, tag: 2))
    bench.loop.runAll()
    let sequences = bench.feed.all.map(\.sequence)
    #expect(all.events == sequences && tagged.events == [sequences[1]])
    #expect(customer.events == [sequences[0]] && other.events.isEmpty)
    #expect(bench.hub.readCount == before + 3)
  }

  @Test func aTurnSendsABoundedNumberOfMessages() throws {
    let bench = try WatchBench { $0.turnMessages = 10 }
    let streams = try (0..<95).map { _ in try bench.open() }
    bench.loop.runAll()
    bench.commit(FakeEvent())
    var told: [Int] = []
    while bench.loop.runOne() { told.append(streams.map(\.events.count).reduce(0, +)) }
    let steps = zip(told, told.dropFirst()).map { $1 - $0 }
    #expect(steps.allSatisfy { $0 <= 10 } && told.last == 95)
  }

  @Test func storesTakeTurns() throws {
    let bench = try WatchBench { $0.turnTime = .zero }
    let large = try #require(StoreID("large"))
    let small = try #require(StoreID("small"))
    let crowd = try (0..<50).map { try bench.open(large, filter: UInt8($0)) }
    let one = try bench.open(small)
    bench.loop.runAll()
    let before = bench.hub.readCount
    bench.commit(FakeEvent(store: large), FakeEvent(store: small))
    while one.events.isEmpty, bench.loop.runOne() {}
    #expect(one.events.count == 1)
    #expect(bench.hub.readCount <= before + 2, "a store waits for one group of another")
    bench.loop.runAll()
    #expect(crowd.map(\.events.count).reduce(0, +) == 2, "filter 0 and filter 1 match")
  }

  @Test func aFullStreamLeavesItsGroupAndComesBack() throws {
    let bench = try WatchBench()
    let fast = try bench.open()
    let slow = try bench.open(room: 3)
    bench.loop.runAll()
    for _ in 0..<5 { bench.commit(FakeEvent()) }
    bench.loop.runAll()
    let all = bench.feed.all.map(\.sequence)
    #expect(
      fast.events == all && slow.events == Array(all.prefix(2)),
      "the first message is a position"
    )
    slow.take(2)
    bench.loop.runAll()
    #expect(slow.events == Array(all.prefix(4)))
    slow.take(.max)
    bench.loop.runAll()
    #expect(slow.events == all)
    // Both are in one group again.
    let before = bench.hub.readCount
    bench.commit(FakeEvent())
    bench.loop.runAll()
    #expect(bench.hub.readCount == before + 1)
    #expect(fast.events == slow.events && fast.events.count == 6)
  }

  @Test func watchesThatGoOnAtOnePlaceShareTheirReads() throws {
    let bench = try WatchBench()
    bench.feed.pageRows.withLock { $0 = 10 }
    for _ in 0..<95 { bench.commit(FakeEvent()) }
    let streams = try (0..<50).map { _ in try bench.open(after: 1) }
    bench.loop.runAll()
    #expect(bench.hub.readCount == 10)
    let all = bench.feed.all.map(\.sequence)
    #expect(streams.allSatisfy { $0.events == all })
  }

  @Test func endingWhileAPageIsBeingSent() throws {
    let bench = try WatchBench { $0.turnMessages = 4 }
    let streams = try (0..<30).map { _ in try bench.open() }
    bench.loop.runAll()
    bench.commit(FakeEvent(), FakeEvent())
    // Some have the page, others do not.
    while streams.allSatisfy(\.events.isEmpty) { bench.loop.runOne() }
    let cancelled = stride(from: 0, to: 30, by: 3).map { streams[$0] }
    let before = cancelled.map(\.events)
    for stream in cancelled { stream.cancel() }
    #expect(bench.hub.watchCount == 20)
    bench.loop.runAll()
    #expect(cancelled.map(\.events) == before, "an ended watch gets nothing more")
    let all = bench.feed.all.map(\.sequence)
    let others = streams.enumerated().filter { $0.offset % 3 != 0 }.map(\.element)
    #expect(others.allSatisfy { $0.events == all })
    for stream in others { stream.cancel() }
    #expect(bench.hub.watchCount == 0)
    let wakeUps = bench.hub.wakeUpCount
    bench.commit(FakeEvent())
    #expect(bench.loop.runAll() == 0 && bench.hub.wakeUpCount == wakeUps)
  }

  @Test func theServerStopsWhileAPageIsBeingSent() throws {
    let bench = try WatchBench { $0.turnMessages = 4 }
    let streams = try (0..<30).map {
      try bench.open(filter: UInt8($0 % 2), room: $0 % 5 == 0 ? 1 : .max)
    }
    bench.loop.runAll()
    bench.commit(FakeEvent())
    for _ in 0..<3 { bench.loop.runOne() }
    bench.hub.end()
    bench.loop.runAll()
    #expect(bench.hub.watchCount == 0)
    #expect(streams.allSatisfy { $0.error?.reason == "SHUTTING_DOWN" })
    let late = #expect(throws: RPCError.self) { try bench.open() }
    #expect(late?.reason == "SHUTTING_DOWN")
  }

  @Test func anErrorEndsEveryWatchOfItsGroupOnly() throws {
    let bench = try WatchBench { $0.turnMessages = 4 }
    let failing = try (0..<20).map { _ in try bench.open(of: 1) }
    let others = try (0..<5).map { _ in try bench.open(of: 2) }
    bench.loop.runAll()
    bench.feed.failure.withLock { $0 = RPCError(code: .aborted, message: "moved") }
    bench.commit(FakeEvent(customerID: 1))
    bench.loop.runAll()
    #expect(failing.allSatisfy { $0.error?.code == .aborted })
    #expect(others.allSatisfy { !$0.isFinished } && bench.hub.watchCount == 5)
    bench.feed.failure.withLock { $0 = nil }
    bench.commit(FakeEvent(customerID: 2))
    bench.loop.runAll()
    #expect(others.allSatisfy { $0.events.count == 1 })
  }

  @Test func heartbeatsComeInTurnsToo() throws {
    let bench = try WatchBench {
      $0.turnMessages = 4
      // Every watch is quiet for so long.
      $0.heartbeat = .nanoseconds(4)
    }
    let streams = try (0..<30).map { try bench.open(of: Int64($0 % 2)) }
    bench.loop.runAll()
    bench.commit(FakeEvent(customerID: 5))
    bench.loop.fireTimers()
    var told: [Int] = []
    while bench.loop.runOne() { told.append(streams.map(\.messages.count).reduce(0, +)) }
    #expect(zip(told, told.dropFirst()).allSatisfy { $1 - $0 <= 4 })
    let beat = FakeStream.Message(isEvent: false, sequence: bench.feed.last)
    #expect(streams.allSatisfy { $0.messages.count == 2 && $0.messages.last == beat })
  }
}
