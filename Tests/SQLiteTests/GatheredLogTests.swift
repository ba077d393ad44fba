import Foundation
import TestKit
import Testing

@testable import SQLite

/// The same random transactions with and without gathering.
@Suite("Gathered logs")
struct GatheredLogTests {
  private static let put = Query(
    "INSERT OR REPLACE INTO t (id, a, b) VALUES (?1, zeroblob(?2), ?3)"
  )
  private static let raise = Query("UPDATE t SET b = b + 1 WHERE id % ?1 = 0")
  private static let remove = Query("DELETE FROM t WHERE id % ?1 = 1")
  private static let rows = Query("SELECT id, length(a), b FROM t ORDER BY id")

  private enum Step {
    case put(Int, Int, Int)
    case raise(Int)
    case remove(Int)
    case read
    case mark
    case goBack
  }

  private func step(_ random: inout SeededRandom, spills: Bool) -> Step {
    switch random.below(20) {
    case 0..<11:
      .put(random.below(300), [10, 300, 3000, 9000][random.below(4)], random.below(1000))
    case 11..<13: .raise(2 + random.below(7))
    case 13..<15: .remove(3 + random.below(17))
    case 15: .mark
    // SQLite itself loses commits when pages went to the log before a savepoint is rolled back.
    case 16..<18: spills ? .read : .goBack
    default: .read
    }
  }

  private func run(_ step: Step, _ connection: Connection) throws {
    switch step {
    case .put(let id, let size, let value): try connection.run(Self.put, id, size, value)
    case .raise(let divisor): try connection.run(Self.raise, divisor)
    case .remove(let divisor): try connection.run(Self.remove, divisor)
    case .read: _ = try content(connection)
    case .mark: try connection.execute("SAVEPOINT s")
    case .goBack: try connection.execute("SAVEPOINT s; ROLLBACK TO s")
    }
  }

  private func open(
    _ database: TemporaryDatabase,
    _ settings: String,
    gathers: Bool
  ) throws -> Connection {
    let connection = try Connection(
      path: database.path,
      mode: .readWrite,
      busyTimeoutMilliseconds: 1000,
      gathersLog: gathers
    )
    #expect(try connection.text("PRAGMA journal_mode=WAL") == "wal")
    connection.takeOverCheckpoints()
    try connection.execute(
      """
      \(settings);
      CREATE TABLE t (id INTEGER PRIMARY KEY, a BLOB, b INTEGER);
      CREATE INDEX t_by_b ON t (b);
      """
    )
    return connection
  }

  private func content(_ connection: Connection) throws -> [[Int64]] {
    var rows: [[Int64]] = []
    try connection.forEach(Self.rows) { rows.append([$0.int64(0), $0.int64(1), $0.int64(2)]) }
    return rows
  }

  /// Returns the rows that are found after a crash at this moment.
  private func recovered(_ database: TemporaryDatabase) throws -> [[Int64]] {
    let copies = TemporaryDirectory()
    for end in ["", "-wal"] { try copies.copy(database.path + end, as: "copy" + end) }
    let copy = try Connection(
      path: copies.file("copy"),
      mode: .readWrite,
      busyTimeoutMilliseconds: 0
    )
    #expect(try copy.text("PRAGMA integrity_check") == "ok")
    return try content(copy)
  }

  /// Returns the pages of the log, each with its number and the size of the database behind it.
  /// Salts and checksums, which are random, are left out.
  private func frames(_ database: TemporaryDatabase, _ count: Int) throws -> [Data] {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: database.path + "-wal"))
    try #require(bytes.count >= 32 + count * 4120, "the log is shorter than its index says")
    return (0..<count).map { frame in
      let start = 32 + frame * 4120
      return bytes[start..<start + 8] + bytes[start + 24..<start + 4120]
    }
  }

  @Test(arguments: ["FULL", "NORMAL", "OFF"], SeededRandom.seeds(1...12))
  func logsAreTheSame(synchronous: String, seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let spills = random.coin()
    let settings = """
      PRAGMA synchronous=\(synchronous); PRAGMA secure_delete=ON; PRAGMA cache_size=8;
      PRAGMA cache_spill=\(spills ? "ON" : "OFF"); PRAGMA journal_size_limit=100000
      """
    let databases = [TemporaryDatabase(), TemporaryDatabase()]
    let plain = try open(databases[0], settings, gathers: false)
    let gathering = try open(databases[1], settings, gathers: true)
    let reader = try databases[1].reader()
    var committed: [[Int64]] = []
    for _ in 0..<12 {
      for connection in [plain, gathering] { try connection.beginImmediate() }
      for _ in 0...random.below(25) {
        let step = step(&random, spills: spills)
        for connection in [plain, gathering] { try run(step, connection) }
      }
      #expect(try content(reader) == committed, "seed \(seed): nothing is seen before the commit")
      #expect(try recovered(databases[1]) == committed, "seed \(seed)")
      let commits = random.below(5) > 0
      for connection in [plain, gathering] {
        if commits { try connection.commit() } else { try connection.rollback() }
      }
      committed = try content(plain)
      #expect(try content(gathering) == committed, "seed \(seed)")
      #expect(try content(reader) == committed, "seed \(seed)")
      #expect(try recovered(databases[1]) == committed, "seed \(seed)")
      // The order in which pages leave a cache is not determined.
      if commits, !spills {
        let pages = plain.walPages
        #expect(gathering.walPages == pages)
        #expect(try frames(databases[0], pages) == frames(databases[1], pages), "seed \(seed)")
      }
      if random.below(4) == 0 {
        for connection in [plain, gathering] { _ = try connection.checkpoint(.truncate) }
      }
    }
  }

  /// The frames that a transaction wrote before it was rolled back must not follow the commit of
  /// another connection.
  @Test func aTransactionThatWasRolledBackOverwritesNoOther() throws {
    let database = TemporaryDatabase()
    let first = try open(database, "PRAGMA cache_size=8", gathers: true)
    try first.beginImmediate()
    for id in 0..<60 { try first.run(Self.put, id, 3000, 1) }
    try first.rollback()
    let second = try database.writer()
    for id in 100..<160 { try second.run(Self.put, id, 3000, 2) }
    let committed = try content(second)
    #expect(committed.count == 60)
    #expect(try content(first) == committed)
    try first.run(Self.put, 1, 10, 3)
    #expect(try recovered(database) == content(first))
    #expect(try content(second).count == 61)
  }

  @Test func anUnknownFileSystemIsRefused() {
    #expect(throws: SQLiteError.self) {
      try Connection(
        path: TemporaryDatabase().path,
        mode: .readWrite,
        busyTimeoutMilliseconds: 0,
        vfs: "no-such-file-system",
        gathersLog: true
      )
    }
  }
}
