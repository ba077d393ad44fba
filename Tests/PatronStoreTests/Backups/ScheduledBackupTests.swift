import Foundation
import Synchronization
import TestKit
import Testing

@testable import PatronStore

@Suite("Scheduled backups")
struct ScheduledBackupTests {
  /// A clock that stands still until it is set.
  private final class StandingClock: Sendable {
    /// 2024-01-31T18:00:00.5Z, in microseconds since 1970.
    private let time = Atomic<Int64>(1_706_724_000_500_000)

    var clock: WallClock { WallClock { [self] in time.load(ordering: .relaxed) } }

    func advance(by duration: Duration) {
      time.wrappingAdd(Int64(duration / .microseconds(1)), ordering: .relaxed)
    }
  }

  private let time = StandingClock()

  private func schedule(_ bench: BackupBench, keep: Int = 2) throws -> ScheduledBackups {
    try ScheduledBackups(
      in: BackupFolder(path: bench.folderPath + "/"),
      every: .seconds(3600),
      keep: keep,
      of: bench.store,
      clock: time.clock
    )
  }

  /// Steps until a backup has ended. Fails after a minute.
  private func end(of schedule: ScheduledBackups) throws -> ScheduledBackups.Event {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      if let event = schedule.step() { return event }
      usleep(1000)
    }
    let none: ScheduledBackups.Event? = nil
    return try #require(none, "no backup was made")
  }

  private func expectFinished(
    _ schedule: ScheduledBackups,
    removed count: Int = 0,
    _ bench: BackupBench
  ) throws {
    guard case .finished(let record, let removed) = try end(of: schedule) else {
      Issue.record("the backup failed")
      return
    }
    #expect(removed.count == count)
    #expect(bench.names.contains(BackupFile(path: record.path).name))
  }

  @Test func namesTellTheTime() {
    let folder = BackupFolder(path: "/b/")
    let file = folder.file(at: time.clock.now())
    #expect(file.path == "/b/patron-20240131T180000Z.db")
    #expect(BackupFolder.time(of: file.name) == 1_706_724_000_000_000)
    for time in ["20240131T180000Z.db.partial", "2024.db", "20241331T180000Z.db"] {
      let name = "patron-" + time
      #expect(BackupFolder.time(of: name) == nil, "\(name)")
    }
  }

  @Test func theNextCountsFromTheNewestCopyAlsoAfterARestart() throws {
    let bench = try BackupBench()
    try bench.fill(3)
    let first = try schedule(bench)
    try expectFinished(first, bench)
    #expect(first.step() == nil && !bench.store.backups.isRunning)
    time.advance(by: .seconds(3599))
    let second = try schedule(bench)
    #expect(second.step() == nil && !bench.store.backups.isRunning, "a restart repeats none")
    time.advance(by: .seconds(2))
    try expectFinished(second, bench)
    time.advance(by: .seconds(10 * 3600))
    let third = try schedule(bench)
    try expectFinished(third, removed: 1, bench)
    #expect(third.step() == nil && !bench.store.backups.isRunning, "what was missed is one copy")
    #expect(bench.names.count == 4, "two copies with their sums")
  }

  @Test func otherFilesAreLeftAlone() throws {
    let bench = try BackupBench()
    try bench.fill(3)
    let foreign = ["notes.db", "notes.db.partial", "patron-20200101T000000Z.db"]
    let left = "patron-20200102T000000Z.db.partial"
    for name in foreign + [left, left + "-wal"] {
      try Data("x".utf8).write(to: URL(filePath: bench.folderPath + "/" + name))
    }
    let schedule = try schedule(bench, keep: 1)
    #expect(bench.names == foreign.sorted(), "what an ended process left is removed")
    try expectFinished(schedule, bench)
    time.advance(by: .seconds(3600))
    try expectFinished(schedule, removed: 1, bench)
    #expect(Set(bench.names).isSuperset(of: foreign), "a copy without its sum was not made here")
  }

  @Test func aFailureIsToldAndTriedAgain() throws {
    let bench = try BackupBench()
    let schedule = try schedule(bench)
    try FileManager.default.removeItem(atPath: bench.folderPath)
    guard case .failed(let error) = try end(of: schedule) else {
      Issue.record("it did not fail")
      return
    }
    #expect(error as? BackupError == .directoryMissing(path: bench.folderPath))
    #expect(schedule.step() == nil, "not at once")
    try FileManager.default.createDirectory(
      atPath: bench.folderPath,
      withIntermediateDirectories: false
    )
    time.advance(by: .seconds(301))
    try expectFinished(schedule, bench)
  }
}
