import Foundation
import PatronModel
import SQLite
import TestKit
import Testing

@testable import PatronStore

@Suite("Backups")
struct BackupTests {
  @Test func aCopyHasEveryWriteThatWasAcknowledgedBefore() throws {
    let bench = try BackupBench()
    try bench.fill(900)
    let acknowledged = Int64(bench.value)
    let running = try bench.begin(bench.file())
    // Writes go on meanwhile, one after the other.
    for _ in 0..<10_000 where !running.hasEnded { try bench.fill(1) }
    let record = try running.wait()
    let values = try BackupBench.values(record.path)
    #expect(values == (1...Int64(values.count)).map { $0 })
    #expect(values.count >= Int(acknowledged), "an acknowledged write is missing")
    #expect(record.facts.schemaVersion == 2)
    #expect(record.facts.lastAuditSequence == 1, "the row of the backup is in the copy")
    #expect(bench.names == ["copy.db", "copy.db.sha256"])
    #expect(bench.store.backups.last == record && !bench.store.backups.isRunning)
  }

  @Test func theFilesAreForTheirOwnerAndHaveTheirSum() throws {
    let bench = try BackupBench()
    try bench.fill(5)
    let record = try bench.begin(bench.file()).wait()
    for name in bench.names {
      let path = bench.folderPath + "/" + name
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
    }
    let content = try BackupFile.content(of: record.path) { _ in }
    #expect(record.bytes == content.bytes && record.sha256 == content.sha256)
    let line = try String(contentsOfFile: bench.file().sum, encoding: .utf8)
    #expect(line == AuditTarget.hex(record.sha256) + "  copy.db\n")
    #expect(try bench.file().expectedSum() == record.sha256)
    let odd = BackupFile.line(record.sha256, "a\\b\nc")
    #expect(odd == "\\" + AuditTarget.hex(record.sha256) + "  a\\\\b\\nc\n")
  }

  @Test func oneRunsAtATimeAndCanBeCancelled() throws {
    let bench = try BackupBench()
    try bench.fill(50)
    let running = try bench.lane.whileWriterIsHeld {
      let running = try bench.begin(bench.file())
      #expect(bench.store.backups.isRunning)
      #expect(throws: BackupError.running) { _ = try bench.begin(bench.file("other.db")) }
      running.task.cancel()
      return running
    }
    #expect(throws: BackupError.cancelled) { _ = try running.wait() }
    #expect(bench.names == [])
    _ = try bench.begin(bench.file()).wait()
    #expect(try BackupBench.values(bench.file().path).count == 50)
  }

  @Test func anEarlierAttemptIsReplacedAndAFinishedCopyIsNot() throws {
    let bench = try BackupBench()
    try bench.fill(5)
    try Data("half".utf8).write(to: URL(filePath: bench.file().partial))
    _ = try bench.begin(bench.file()).wait()
    #expect(bench.names == ["copy.db", "copy.db.sha256"])
    let path = bench.file().path
    #expect(throws: BackupError.pathTaken(path: path)) { _ = try bench.begin(bench.file()) }
    let own = BackupFile(path: bench.lane.directory.file("patron.db-journal"))
    #expect(throws: BackupError.pathTaken(path: own.path)) { _ = try bench.begin(own) }
    let lost = BackupFile(path: bench.folderPath + "/none/copy.db")
    #expect(throws: BackupError.directoryMissing(path: lost.directory)) {
      _ = try bench.begin(lost)
    }
    #expect(!bench.store.backups.isRunning)
  }

  /// A rollback makes SQLite begin again.
  @Test func failingWritesDoNotKeepItFromItsEnd() throws {
    let bench = try BackupBench()
    try bench.fill(900)
    let running = try bench.begin(bench.file())
    for number in 0..<10_000 where !running.hasEnded {
      let token = try bench.lane.submit { transaction in
        try transaction.run(LaneStore.insert, 100_000 + number, [UInt8]?.none)
        throw Rejected()
      }
      #expect(throws: Rejected.self) { _ = try bench.lane.replies.wait(for: token).get() }
    }
    let record = try running.wait()
    #expect(try BackupBench.values(record.path) == (1...900).map { $0 })
  }

  @Test func aCopyOnTheDatabasesOwnDiskLeavesTheReserve() throws {
    let bench = try BackupBench { options in
      options.limits.diskReserveBytes = 1 << 20
      options.freeBytes = { _ in 1000 }
    }
    try bench.fill(5)
    let path = bench.file().path
    #expect(throws: BackupError.diskFull(path: path)) { _ = try bench.begin(bench.file()).wait() }
    #expect(bench.names == [])
    try bench.fill(5)
    #expect(try bench.lane.values().count == 10)
  }

  @Test func closingEndsABackup() throws {
    let bench = try BackupBench()
    try bench.fill(20)
    let running = try bench.lane.whileWriterIsHeld {
      let running = try bench.begin(bench.file())
      bench.store.backups.stop()
      return running
    }
    bench.store.close()
    #expect(throws: BackupError.cancelled) { _ = try running.wait() }
    #expect(bench.names == [])
    #expect(throws: StoreError.closing) { _ = try bench.begin(bench.file()) }
  }
}
