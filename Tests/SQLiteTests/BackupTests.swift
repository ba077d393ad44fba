import TestKit
import Testing

@testable import SQLite

@Suite("Backup")
struct BackupTests {
  private static let insert = Query("INSERT INTO t VALUES (?1, zeroblob(3000))")
  private static let values = Query("SELECT a FROM t ORDER BY a")

  /// A source with 300 rows, of a page each.
  private func open() throws -> (TemporaryDatabase, Connection) {
    let database = TemporaryDatabase()
    let source = try database.writer()
    try source.execute("CREATE TABLE t (a, b)")
    for value in 1...300 { try source.run(Self.insert, value) }
    return (database, source)
  }

  private func target(_ database: TemporaryDatabase) throws -> Connection {
    let target = try Connection(
      path: database.path + ".copy",
      mode: .readWrite,
      busyTimeoutMilliseconds: 0
    )
    try target.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF")
    return target
  }

  private func values(_ connection: Connection) throws -> [Int64] {
    var values: [Int64] = []
    try connection.forEach(Self.values) { values.append($0.int64(0)) }
    return values
  }

  @Test func writesBetweenStepsAreInTheCopy() throws {
    let (database, source) = try open()
    let target = try target(database)
    let backup = try Backup(from: source, to: target)
    #expect(backup.pageCount == 0)
    var value = 300
    while case .more = try backup.step(pages: 20) {
      value += 1
      try source.run(Self.insert, value)
      // The copy holds no snapshot, so the log can be emptied at any time.
      #expect(try !source.checkpoint(.truncate).busy)
    }
    #expect(value > 310)
    #expect(backup.remainingPages == 0 && backup.pageCount > 300)
    #expect(try values(target) == (1...Int64(value)).map { $0 })
    #expect(try target.text("PRAGMA integrity_check") == "ok")
  }

  @Test func aRollbackBeginsTheCopyAgain() throws {
    let (database, source) = try open()
    let target = try target(database)
    let backup = try Backup(from: source, to: target)
    for _ in 0..<5 { _ = try backup.step(pages: 20) }
    let left = backup.remainingPages
    try source.beginImmediate()
    try source.run(Self.insert, 1000)
    try source.rollback()
    _ = try backup.step(pages: 20)
    #expect(backup.remainingPages > left)
    while case .more = try backup.step(pages: 1000) {}
    #expect(try values(target) == (1...300).map { $0 })
  }

  @Test func aFullTargetEndsTheCopyAndNothingElse() throws {
    let (database, source) = try open()
    let target = try target(database)
    try target.execute("PRAGMA max_page_count=50")
    let backup = try Backup(from: source, to: target)
    #expect {
      while case .more = try backup.step(pages: 20) {}
    } throws: { error in
      (error as? SQLiteError)?.isDiskFull == true
    }
    try source.run(Self.insert, 301)
    #expect(throws: SQLiteError.self) { _ = try backup.step(pages: 20) }
    #expect(try values(source).count == 301)
    #expect(try source.text("PRAGMA integrity_check") == "ok")
  }
}
