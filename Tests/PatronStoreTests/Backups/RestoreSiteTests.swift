import Foundation
import SQLite
import TestKit
import Testing

@testable import PatronStore

@Suite("Restore")
struct RestoreSiteTests {
  private let folder = TemporaryDirectory()
  private var data: String { folder.file("data") }

  /// Makes a backup with ten rows.
  private func backup() throws -> (BackupBench, BackupFile) {
    let bench = try BackupBench()
    try bench.fill(10)
    _ = try bench.begin(bench.file()).wait()
    return (bench, bench.file())
  }

  /// Restores a file, and expects that a failure leaves no database.
  private func restore(
    _ file: BackupFile,
    _ migrations: [Migration] = BackupBench.migrations
  ) throws -> RestoreSite.Staged {
    let site = try RestoreSite(into: data)
    do {
      let staged = try site.stage(file, migrations: migrations)
      var options = StoreOptions(directory: site.stagePath, migrations: migrations)
      options.durability = .off
      try Store(options).close()
      try site.commit()
      return staged
    } catch {
      site.abandon()
      #expect(!FileManager.default.fileExists(atPath: data + "/patron.db"))
      #expect(!FileManager.default.fileExists(atPath: site.stagePath))
      throw error
    }
  }

  private func detail(_ body: () throws -> RestoreSite.Staged) -> String {
    do {
      _ = try body()
      return "it was restored"
    } catch {
      return "\(error)"
    }
  }

  @Test func aBackupBecomesADatabase() throws {
    let (bench, file) = try backup()
    defer { withExtendedLifetime(bench) {} }
    let staged = try restore(file)
    #expect(staged.hadSum && staged.facts.schemaVersion == 2)
    #expect(staged.facts.lastAuditSequence == 1 && staged.facts.lastAuditHash.count == 32)
    let store = try Store(StoreOptions(directory: data, migrations: BackupBench.migrations))
    defer { store.close() }
    let reader = try store.makePointReader {}
    #expect(try reader.read { try $0.first(LaneStore.count) { $0.int64(0) } } == 10)
    reader.endTick()
    #expect(try file.expectedSum() != nil, "the backup stays")
  }

  @Test func aUsedDirectoryIsRefused() throws {
    let (bench, file) = try backup()
    defer { withExtendedLifetime(bench) {} }
    let used = bench.lane.directory.path
    #expect(throws: BackupError.directoryUsed(path: used)) { _ = try RestoreSite(into: used) }
    _ = try restore(file)
    #expect(throws: BackupError.directoryUsed(path: data)) { _ = try RestoreSite(into: data) }
  }

  @Test func anotherSumIsRefusedAndAMissingOneIsNot() throws {
    let (bench, file) = try backup()
    defer { withExtendedLifetime(bench) {} }
    var bytes = try Data(contentsOf: URL(filePath: file.path))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(filePath: file.path))
    #expect(detail { try restore(file) }.contains("SHA-256"))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(filePath: file.path))
    try Data("no sum\n".utf8).write(to: URL(filePath: file.sum))
    #expect(detail { try restore(file) }.contains("sha256sum"))
    try FileManager.default.removeItem(atPath: file.sum)
    #expect(try !restore(file).hadSum)
  }

  @Test func damageIsFoundWithoutASum() throws {
    let (bench, file) = try backup()
    defer { withExtendedLifetime(bench) {} }
    try FileManager.default.removeItem(atPath: file.sum)
    let handle = try FileHandle(forUpdating: URL(filePath: file.path))
    try handle.seek(toOffset: 4096)
    try handle.write(contentsOf: Data(repeating: 0xFF, count: 200))
    try handle.close()
    let found = detail { try restore(file) }
    #expect(found.contains("damaged") || found.contains("malformed"), "\(found)")
  }

  @Test func aNewerSchemaIsRefused() throws {
    let (bench, file) = try backup()
    defer { withExtendedLifetime(bench) {} }
    let error = StoreOpenError.newerVersion(path: file.path, found: 2, supported: 1)
    #expect(throws: error) { _ = try restore(file, LaneStore.migrations) }
  }

  @Test func theFileOfAServerIsNoBackup() throws {
    let (bench, file) = try backup()
    try Data("frames".utf8).write(to: URL(filePath: file.path + "-wal"))
    #expect(detail { try restore(file) }.contains("patrond backup"))
    withExtendedLifetime(bench) {}
  }

  @Test func litestreamsTablesAreRefused() throws {
    let (bench, file) = try backup()
    defer { withExtendedLifetime(bench) {} }
    for table in ["_litestream_seq", "_litestream_lock"] {
      let path = folder.file(table)
      try FileManager.default.copyItem(atPath: file.path, toPath: path)
      do {
        let other = try Connection(path: path, mode: .readWrite, busyTimeoutMilliseconds: 0)
        try other.execute("CREATE TABLE \(table) (id INTEGER PRIMARY KEY)")
      }
      #expect(throws: StoreOpenError.litestream(path: path)) {
        _ = try restore(BackupFile(path: path))
      }
    }
  }
}
