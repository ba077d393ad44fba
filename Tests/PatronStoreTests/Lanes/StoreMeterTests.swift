import SQLite
import Testing

@testable import PatronStore

/// The measurements of the database's threads.
@Suite("Store meter")
struct StoreMeterTests {
  @Test func everyBatchOfWritesIsMeasured() throws {
    let lane = try LaneStore()
    for value in 1...4 { try lane.insert(value) }
    // The last batch may not be over when its reply is there.
    let measured = lane.store.meter.current
    #expect(measured.commits.count >= 3)
    #expect(measured.commitJobs.sum >= 3)
    #expect(measured.syncs.count >= 3)
    let waits = measured.waits[.write]?.count ?? 0
    #expect(waits >= 3)
    #expect(measured.logBytes > 0)
    #expect(measured.failure == nil)
    #expect(!measured.isDiskFull)
    #expect(lane.store.databaseBytes > 0)
    #expect(lane.store.schemaVersion == 1)
  }

  @Test func scansAreMeasuredWithTheReasonOfTheirEnd() throws {
    let lane = try LaneStore { $0.limits.scanAgeMax = .milliseconds(20) }
    try lane.insert(1)
    let sink = WindowSink(window: 100)
    _ = try lane.store.scans.submit(
      ScanJob(deadline: nil, sink: sink) { _, stream in try stream.send([1]) }
    )
    #expect(try sink.waitForEnd() == nil)
    let aged = WindowSink(window: 100)
    _ = try lane.store.scans.submit(
      ScanJob(deadline: nil, sink: aged) { tx, _ in
        _ = try tx.first(LaneStore.countTo, Int64.max) { $0.int64(0) }
      }
    )
    #expect(try aged.waitForEnd() as? StoreError == .snapshotTooOld(.age))
    let measured = lane.store.meter.current
    #expect(measured.scansEnded == ["done": 1, "age": 1])
    let waits = measured.waits[.scan]?.count ?? 0
    #expect(waits == 2)
    for reason in measured.scansEnded.keys { #expect(StoreMeter.scanReasons.contains(reason)) }
  }

  @Test func theQueueReportsItsLoad() throws {
    let lane = try LaneStore()
    let started = Monitor(false)
    let gate = Monitor(false)
    try lane.submit { _ in
      started.update { $0 = true }
      _ = gate.wait { $0 ? true : nil }
      return []
    }
    _ = started.wait { $0 ? true : nil }
    let last = try lane.submit(bytes: 1000) { _ in [] }
    let load = lane.store.writer.load
    #expect(load.jobs == 1)
    #expect(load.bytes == 1000)
    gate.update { $0 = true }
    _ = try lane.replies.wait(for: last)
    #expect(lane.store.writer.load.jobs == 0)
  }

  @Test func aDistributionCountsByBound() {
    var values = Distribution([1, 10])
    for value in [0.5, 1, 2, 100] { values.add(value) }
    #expect(values.counts == [2, 1, 1])
    #expect(values.sum == 103.5)
    #expect(values.count == 4)
  }
}
