import PatronProto
import PatronStore
import Synchronization
import Testing

@testable import PatronServer
@testable import TTRPC

/// Tests of the lines about calls, connections and the database.
struct EventLogTests {
  private static func call(_ id: UInt64, _ millis: Int64) -> EndedCall {
    EndedCall(
      method: 0,
      target: ReplyTarget(connection: 4, stream: 9),
      id: id,
      code: .ok,
      duration: .milliseconds(millis)
    )
  }

  @Test func aSlowCallThatWaitedHasItsTimesApart() throws {
    let log = LogCollector()
    let methods = [CustomerService.getCustomer.method]
    let slow = SlowCallLog(.zero, methods, log: log.log)
    let record = CallRecord(CallMarks(id: CallID(1), keyID: nil, trace: nil))
    #expect(record.queued == nil)
    record.begins()
    let queued = try #require(record.queued)
    record.begins()
    #expect(record.queued == queued, "only the first time counts")
    slow.expect(record)
    slow.ended(Peer(address: "10.0.0.1:80"), Self.call(1, 60_000_000))
    // A call that was answered at once has no record, and one record is for one call.
    slow.ended(Peer(address: "unix"), Self.call(1, 300))
    let first = try #require(log.messages.first)
    let start = "a slow call call=0000000000000001 method=\(methods[0]) code=OK ms="
    #expect(first.hasPrefix(start + "60000000 queue_ms="), "\(first)")
    #expect(first.contains(" run_ms=") && first.hasSuffix(" conn=4 peer=10.0.0.1:80"))
    #expect(log.messages.last == start + "300 conn=4 peer=unix")
  }

  @Test func recordsOfSlowCallsAreBounded() {
    let log = LogCollector()
    let slow = SlowCallLog(.zero, [], log: log.log)
    for id in 0...UInt64(SlowCallLog.maxRecords) {
      let record = CallRecord(CallMarks(id: CallID(id), keyID: nil, trace: nil))
      record.begins()
      slow.expect(record)
    }
    slow.ended(Peer(address: "unix"), Self.call(0, 300))
    slow.ended(Peer(address: "unix"), Self.call(UInt64(SlowCallLog.maxRecords), 300))
    #expect(log.messages.map { $0.contains("queue_ms") } == [false, true])
  }

  @Test func aQuickCallLeavesNoRecord() {
    let log = LogCollector()
    let slow = SlowCallLog(.seconds(3600), [], log: log.log)
    slow.expect(CallRecord(CallMarks(id: CallID(1), keyID: nil, trace: nil)))
    slow.ended(Peer(address: "unix"), Self.call(1, 300))
    #expect(log.messages.first?.contains("queue_ms") == false)
  }

  @Test func anOverloadHasAFewLinesOfEachSecond() {
    let log = LogCollector()
    let slow = SlowCallLog(.zero, [], log: log.log)
    let start = ContinuousClock.now + .seconds(60)
    for id in 1...UInt64(SlowCallLog.maxLines + 5) {
      slow.ended(Peer(address: "unix"), Self.call(id, 300), now: start)
    }
    #expect(log.messages.count == SlowCallLog.maxLines)
    for id in UInt64(100)...101 {
      slow.ended(Peer(address: "unix"), Self.call(id, 300), now: start + .seconds(1))
    }
    let later = log.messages.dropFirst(SlowCallLog.maxLines).map { $0.hasSuffix(" skipped=5") }
    #expect(later == [true, false])
  }

  @Test func refusalsAreCountedByReason() {
    let log = LogCollector()
    var lines = ConnectionLog(connections: log.log, calls: log.log)
    let counters = LoopCounters(methods: 1)
    lines.tell(counters.counts)
    #expect(log.messages.isEmpty)
    counters.refused(.queue)
    counters.refused(.queue)
    counters.opened(.tcp)
    counters.closed(.tcp, .headerTimeout)
    for reason in [nil, CloseReason.drained] {
      counters.opened(.tcp)
      counters.closed(.tcp, reason)
    }
    lines.tell(counters.counts)
    lines.tell(counters.counts)
    counters.refused(.queue)
    lines.tell(counters.counts)
    #expect(
      log.messages == [
        "refused calls or connections at a limit reason=queue count=2",
        "ended connections reason=header_timeout count=1",
        "refused calls or connections at a limit reason=queue count=1",
      ]
    )
  }

  @Test func theDatabaseReportsSlowWork() {
    let log = LogCollector()
    let observe = StoreLog.observer(log.log)
    observe(.batch(items: 3, run: .milliseconds(1), whole: .milliseconds(99)))
    observe(.batch(items: 3, run: .milliseconds(60), whole: .milliseconds(100)))
    observe(.checkpoint(pages: 1000, isBusy: false, duration: .milliseconds(999)))
    observe(.checkpoint(pages: 1000, isBusy: true, duration: .seconds(1)))
    observe(.migration(from: 0, to: 19, duration: .seconds(2)))
    observe(.migration(from: 18, to: 19, duration: .seconds(2)))
    #expect(
      log.messages == [
        "a slow batch of writes ms=100 run_ms=60 items=3",
        "a checkpoint of the write-ahead log ms=1000 busy=true pages=1000",
        "brought the schema of the database to this version ms=2000 from=18 to=19",
      ]
    )
  }

  @Test func aStoreReportsItsEvents() async throws {
    let events = Mutex<[StoreEvent]>([])
    try await Shop.open(adjust: { $0.onEvent = { event in events.withLock { $0.append(event) } } })
    {
      try await $0.upsert { $0.email = "a@example.com" }
    }
    let kinds = events.withLock { $0 }.map { event in
      switch event {
      case .batch(let items, _, _): items == 1 ? "batch" : "other batch"
      case .checkpoint: "checkpoint"
      case .migration(let from, let to, _): from == 0 && to > 18 ? "migration" : "other"
      }
    }
    #expect(kinds.first == "migration" && kinds.contains("batch") && kinds.last == "checkpoint")
  }
}
