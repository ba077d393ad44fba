import Foundation
import SQLite
import TestKit
import Testing

@testable import PatronStore

@Suite("Migrations")
struct MigrationTests {
  private let steps = [
    Migration(version: 1, name: "one", sql: "CREATE TABLE one (a); INSERT INTO one VALUES (1)"),
    Migration(version: 2, name: "two", sql: "CREATE TABLE two (b); INSERT INTO two VALUES (2)"),
    Migration(version: 3, name: "three", sql: "ALTER TABLE one ADD COLUMN c"),
  ]
  private let temporary = TemporaryDirectory()
  private var path: String { temporary.path + "/patron.db" }

  private func open(_ migrations: [Migration]) throws(StoreOpenError) {
    try Store(StoreOptions(directory: temporary.path, migrations: migrations)).close()
  }

  /// Returns a number from the closed file.
  private func number(_ sql: String) throws -> Int64? {
    try Connection(path: path, mode: .readWrite, busyTimeoutMilliseconds: 1000).integer(sql)
  }

  private func prepare(_ sql: String) throws {
    try FileManager.default.createDirectory(
      atPath: temporary.path,
      withIntermediateDirectories: true
    )
    let connection = try Connection(path: path, mode: .readWrite, busyTimeoutMilliseconds: 0)
    try connection.execute(sql)
  }

  private func bytes() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  @Test func aFreshFileGetsEverything() throws {
    try open(steps)
    #expect(try number("PRAGMA user_version") == 3)
    #expect(try number("PRAGMA application_id") == 0x5054_524E)
    #expect(try number("SELECT count(c) + count(*) FROM one") == 1)
  }

  @Test func onlyMissingMigrationsAreApplied() throws {
    try open(Array(steps[..<1]))
    #expect(try number("PRAGMA user_version") == 1)
    try open(steps)
    try open(steps)
    #expect(try number("PRAGMA user_version") == 3)
    #expect(try number("SELECT count(*) FROM one") == 1)
    #expect(try number("SELECT count(*) FROM two") == 1)
  }

  @Test func aFileThatNeverGotItsFirstMigrationIsFresh() throws {
    try prepare("PRAGMA journal_mode=WAL; VACUUM")
    try open(steps)
    #expect(try number("PRAGMA user_version") == 3)
  }

  @Test func aFailingMigrationLeavesNoTrace() throws {
    try open(Array(steps[..<1]))
    let broken = Migration(
      version: 2,
      name: "broken",
      sql: "CREATE TABLE half (x); INSERT INTO nowhere VALUES (1)"
    )
    #expect {
      try open([steps[0], broken])
    } throws: { error in
      guard case StoreOpenError.migration(2, "broken", let detail) = error else { return false }
      return detail.contains("nowhere")
    }
    #expect(try number("PRAGMA user_version") == 1)
    #expect(try number("SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == 0)
    try open(steps)
  }

  @Test func aMigrationCannotCommitByItself() throws {
    let committing = Migration(version: 1, name: "commits", sql: "CREATE TABLE a (b); COMMIT")
    #expect {
      try open([committing])
    } throws: { error in
      guard case StoreOpenError.migration(1, "commits", let detail) = error else { return false }
      return detail.contains("COMMIT")
    }
  }

  @Test func aNewerFileIsRefusedUntouched() throws {
    try open(steps)
    let before = try bytes()
    #expect(throws: StoreOpenError.newerVersion(path: path, found: 3, supported: 2)) {
      try open(Array(steps[..<2]))
    }
    #expect(try bytes() == before)
    let text = StoreOpenError.newerVersion(path: path, found: 3, supported: 2).description
    #expect(text.contains("version 3") && text.contains("up to 2"))
    try open(steps)
  }

  @Test(arguments: [
    "CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)",
    "PRAGMA application_id=77; CREATE TABLE theirs (a)",
    "PRAGMA user_version=1; VACUUM",
  ])
  func anotherProgramsFileIsRefusedUntouched(sql: String) throws {
    try prepare(sql)
    let before = try bytes()
    #expect(throws: StoreOpenError.notPatron(path: path)) { try open(steps) }
    #expect(try bytes() == before)
  }

  @Test func aVersionBelowZeroIsDamage() throws {
    try open(steps)
    try prepare("PRAGMA user_version=-1")
    let before = try bytes()
    #expect {
      try open(steps)
    } throws: { error in
      guard case StoreOpenError.damaged(let named, let detail) = error else { return false }
      return named == path && detail.contains("-1")
    }
    #expect(try bytes() == before)
  }

  @Test func aDamagedHeaderIsRefusedUntouched() throws {
    try open(steps)
    var damaged = try bytes()
    damaged.replaceSubrange(0..<16, with: Data(repeating: 0xAA, count: 16))
    try damaged.write(to: URL(fileURLWithPath: path))
    #expect {
      try open(steps)
    } throws: { error in
      guard case StoreOpenError.damaged(let named, _) = error else { return false }
      return named == path
    }
    #expect(try bytes() == damaged)
  }

  @Test func aTextFileIsRefused() throws {
    try FileManager.default.createDirectory(
      atPath: temporary.path,
      withIntermediateDirectories: true
    )
    try String(repeating: "not a database\n", count: 1000)
      .write(toFile: path, atomically: false, encoding: .utf8)
    #expect {
      try open(steps)
    } throws: { error in
      guard case StoreOpenError.damaged = error else { return false }
      return true
    }
  }

  @Test func aDirectoryIsReleasedAfterARefusal() throws {
    try prepare("CREATE TABLE theirs (a)")
    for _ in 0..<2 {
      #expect(throws: StoreOpenError.notPatron(path: path)) { try open(steps) }
    }
    _ = try DataDirectory(path: temporary.path)
  }
}
