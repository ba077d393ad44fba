import TestKit
import Testing

@testable import SQLite

@Suite("Queries")
struct QueryTests {
  private let database: TemporaryDatabase

  init() throws { database = TemporaryDatabase() }

  private static let insert = Query("INSERT INTO t (a) VALUES (?1)")
  private static let all = Query("SELECT a FROM t ORDER BY a")
  private static let from = Query("SELECT a FROM t WHERE a >= ?1 ORDER BY a")

  private struct Stop: Error {}

  private func table(_ values: ClosedRange<Int>) throws -> Connection {
    let connection = try database.writer()
    try connection.execute("CREATE TABLE t (a)")
    for value in values { try connection.run(Self.insert, value) }
    return connection
  }

  @Test func firstAndForEach() throws {
    let connection = try table(1...5)
    #expect(try connection.first(Self.from, 3) { $0.int64(0) } == 3)
    #expect(try connection.first(Self.from, 9) { $0.int64(0) } == nil)
    var seen: [Int64] = []
    try connection.forEach(Self.all) { seen.append($0.int64(0)) }
    try connection.forEachWhile(Self.all) { row in
      seen.append(row.int64(0))
      return row.int64(0) < 2
    }
    #expect(seen == [1, 2, 3, 4, 5, 1, 2])
  }

  @Test func aRowThatThrowsLeavesNoOpenStatement() throws {
    let connection = try table(1...3)
    #expect(throws: Stop.self) { try connection.first(Self.all) { _ in throw Stop() } }
    #expect(throws: Stop.self) { try connection.forEach(Self.all) { _ in throw Stop() } }
    #expect(throws: Stop.self) {
      try connection.withStatement(Self.all) { statement in
        _ = try statement.step()
        throw Stop()
      }
    }
    // An open statement would keep a read lock, and the log could not be truncated.
    #expect(try connection.checkpoint(.truncate).busy == false)
    #expect(try connection.first(Self.all) { $0.int64(0) } == 1)
  }

  @Test func bindingsDoNotSurvive() throws {
    let connection = try table(1...3)
    #expect(try connection.first(Self.from, 2) { $0.int64(0) } == 2)
    let unbound = try connection.withStatement(Self.from) { try $0.step() }
    #expect(unbound == false, "NULL compares with nothing, so a row means an old binding")
  }

  @Test func aQueryRunsInsideItsOwnRows() throws {
    let connection = try table(1...3)
    var pairs = 0
    try connection.forEach(Self.all) { outer in
      let value = outer.int64(0)
      try connection.forEach(Self.all) { _ in pairs += 1 }
      #expect(outer.int64(0) == value)
    }
    #expect(pairs == 9)
  }

  @Test func eachConnectionHasItsOwnStatements() throws {
    let writer = try database.writer()
    try writer.execute("CREATE TABLE t (a)")
    try writer.run(Self.insert, 1)
    let reader = try database.reader()
    #expect(try reader.first(Self.all) { $0.int64(0) } == 1)
    #expect(throws: SQLiteError.self) { try reader.run(Self.insert, 2) }
    #expect(try writer.first(Self.all) { $0.int64(0) } == 1)
  }

  @Test func sqlMadeAtRunTime() throws {
    let connection = try table(1...3)
    let sum = try connection.withStatement(sql: "SELECT sum(a) FROM t WHERE a IN (?1, ?2)") {
      try $0.bind(1, 3)
      return try $0.step() ? Row($0).int64(0) : 0
    }
    #expect(sum == 4)
    #expect(throws: SQLiteError.self) { try connection.withStatement(sql: " ") { _ in } }
  }

  @Test func aChangedSchemaPreparesAgain() throws {
    let connection = try table(1...2)
    #expect(try connection.first(Self.all) { $0.int64(0) } == 1)
    try connection.execute("ALTER TABLE t ADD COLUMN b; DELETE FROM t WHERE a = 1")
    #expect(try connection.first(Self.all) { $0.int64(0) } == 2)
  }
}
