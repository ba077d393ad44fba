import Testing

@testable import PatronStore

@Suite("The steps of checkpoints")
struct CheckpointCycleTests {
  private let slice = CheckpointCycle.slicePages
  private let rest = CheckpointCycle.restPages

  private func cycle() -> CheckpointCycle { CheckpointCycle(wholeEveryPages: 10 * slice) }

  @Test func slicesComeByPages() {
    var cycle = cycle()
    #expect(cycle.step(pages: slice - 1) == .none)
    #expect(cycle.step(pages: slice) == .slice)
    cycle.noteSlice(pages: slice, copied: nil)
    #expect(cycle.step(pages: 2 * slice - 1) == .none)
    #expect(cycle.step(pages: 2 * slice) == .slice)
  }

  @Test func aWholeCheckpointComesWhenLittleIsLeftToSync() {
    var cycle = cycle()
    let due = 10 * slice
    cycle.noteSlice(pages: due, copied: 9 * slice)
    #expect(cycle.step(pages: due) == .sync)
    cycle.noteSyncBegin()
    #expect(cycle.step(pages: due + 1) == .none, "one sync runs at a time")
    #expect(cycle.step(pages: due + slice) == .slice, "slices go on")
    cycle.noteSlice(pages: due + slice, copied: due)
    cycle.noteSyncEnd(pages: due + slice)
    #expect(cycle.step(pages: 9 * slice + rest) == .whole)
    #expect(cycle.step(pages: 9 * slice + rest + 1) == .sync, "too much was copied meanwhile")
    cycle.noteWhole(pages: 9 * slice + rest, copied: 9 * slice + rest)
    #expect(cycle.step(pages: 9 * slice + rest) == .none)
  }

  @Test func aSyncComesWhenMuchWasCopied() {
    var cycle = cycle()
    cycle.noteSlice(pages: 5 * slice, copied: CheckpointCycle.syncPages - 1)
    #expect(cycle.step(pages: 5 * slice) == .none)
    cycle.noteSlice(pages: 5 * slice, copied: CheckpointCycle.syncPages)
    #expect(cycle.step(pages: 5 * slice) == .sync)
    cycle.noteSyncBegin()
    cycle.noteSyncEnd(pages: 5 * slice)
    #expect(cycle.step(pages: 5 * slice) == .none)
  }

  @Test func syncsEndAfterSomeAttempts() {
    var cycle = cycle()
    let pages = 100 * slice
    for _ in 0..<CheckpointCycle.maxSyncs {
      #expect(cycle.step(pages: pages) == .sync)
      cycle.noteSyncBegin()
      cycle.noteSyncEnd(pages: pages)
    }
    #expect(cycle.step(pages: pages) == .whole)
    // A reader kept the checkpoint from its end: the next is not due at once.
    cycle.noteWhole(pages: pages, copied: 50 * slice)
    #expect(cycle.step(pages: pages) == .sync)
    cycle.noteSyncBegin()
    cycle.noteSyncEnd(pages: pages)
    #expect(cycle.step(pages: pages) == .none)
    #expect(cycle.step(pages: pages + slice) == .slice)
  }

  @Test func withoutAThreadTheCheckpointIsTakenAsAWhole() {
    var cycle = cycle()
    #expect(cycle.step(pages: 20 * slice) == .sync)
    cycle.noteSyncFailure()
    #expect(cycle.step(pages: 20 * slice) == .whole)
  }

  @Test func aShortLogNeedsNoSync() {
    let cycle = CheckpointCycle(wholeEveryPages: 1)
    #expect(cycle.step(pages: 1) == .whole)
    #expect(cycle.step(pages: rest) == .whole)
    #expect(cycle.step(pages: rest + 1) == .sync)
  }

  @Test func aSyncOfTheLogBeforeCountsForNothing() {
    var cycle = cycle()
    cycle.noteSlice(pages: 10 * slice, copied: 9 * slice)
    cycle.noteSyncBegin()
    cycle.noteRestart()
    #expect(cycle.step(pages: slice) == .slice)
    #expect(cycle.isSyncing)
    cycle.noteSyncEnd(pages: 0)
    #expect(cycle.step(pages: 10 * slice) == .sync)
  }
}
