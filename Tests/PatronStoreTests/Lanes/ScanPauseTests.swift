import SQLite
import Testing

@testable import PatronStore

@Suite("Scan pauses")
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
    var pauses = [pause.yield()]
    try read()
    pauses += [pause.yield(), pause.yield()]
    try lane.insert(1)
    pauses += [pause.yield(), pause.yield()]
    #expect(pauses == [false, true, false, true, false])
  }
}
