import SQLite
import Testing

@testable import PatronStore

@Suite("Pauses of scans")
struct ScanPauseTests {
  @Test func aScanPausesOnlyIfReadsOrCommitsCameInBetween() throws {
    let lane = try LaneStore()
    let reader = try lane.store.makePointReader(onSnapshotOpened: {})
    func read() throws {
      for _ in 0..<3 { _ = try reader.read { try $0.first(LaneStore.value, 1) { $0.int64(0) } } }
      reader.endTick()
    }
    try read()
    var pause = ScanPause(lane.store.shortCalls)
    func givesWay() -> Bool { pause.giveWay() }
    #expect(!givesWay(), "nothing came since it began")
    try read()
    #expect(givesWay())
    #expect(!givesWay(), "one pause is enough for a tick")
    try lane.insert(1)
    #expect(givesWay())
    #expect(!givesWay())
  }
}
