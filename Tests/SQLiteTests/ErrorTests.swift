import Foundation
import Synchronization
import TestKit
import Testing

@testable import SQLite

@Suite("Errors")
struct ErrorTests {
  private let database: TemporaryDatabase

  init() throws { database = TemporaryDatabase() }

  private func failure(_ body: () throws -> Void) throws -> SQLiteError {
    do {
      try body()
    } catch {
      return try #require(error as? SQLiteError)
    }
    throw CancellationError()
  }

  @Test func constraint() throws {
    let connection = try database.writer()
    try connection.execute("CREATE TABLE t (a TEXT UNIQUE); INSERT INTO t VALUES ('secret')")
    let insert = Query("INSERT INTO t VALUES (?1)")
    let error = try failure { try connection.run(insert, "secret") }
    #expect(error.isConstraint)
    #expect(!error.poisonsTransaction)
    #expect(error.description.contains("t.a"))
    #expect(!error.description.contains("secret"))
  }

  @Test func descriptionHoldsNoBoundValue() throws {
    let connection = try database.writer()
    try connection.execute("CREATE VIRTUAL TABLE f USING fts5 (a)")
    let match = Query("SELECT 1 FROM f WHERE f MATCH ?1")
    let error = try failure { _ = try connection.first(match, "ann@example.com AND") { _ in } }
    #expect(error.message.contains("@") || error.message.contains("ann"), "\(error.message)")
    #expect(!"\(error)".contains("@") && !"\(error)".contains("ann"))
    #expect(error.debugDescription.contains(error.message))
  }

  @Test func errorsOfWrongSQLNameTheCause() throws {
    let connection = try database.writer()
    let error = try failure { try connection.execute("SELECT a FROM nowhere") }
    #expect(error.description.contains("nowhere"))
    #expect(!error.poisonsTransaction)
  }

  @Test func fullDisk() throws {
    let connection = try database.writer()
    try connection.execute("CREATE TABLE t (a); PRAGMA max_page_count=10")
    let insert = Query("INSERT INTO t VALUES (zeroblob(100000))")
    let error = try failure { try connection.run(insert) }
    #expect(error.isDiskFull)
    #expect(error.poisonsTransaction)
    #expect(!error.isIOError)
  }

  @Test func damagedAndMissingFiles() throws {
    #expect(throws: SQLiteError.self) { _ = try database.reader() }
    try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: database.path))
    let connection = try Connection(
      path: database.path,
      mode: .readWrite,
      busyTimeoutMilliseconds: 0
    )
    let error = try failure { _ = try connection.integer("PRAGMA user_version") }
    #expect(error.isCorrupt)
  }

  @Test func aReadOnlyConnectionRefusesWrites() throws {
    let writer = try database.writer()
    try writer.execute("CREATE TABLE t (a)")
    let reader = try database.reader()
    #expect(throws: SQLiteError.self) { try reader.execute("INSERT INTO t VALUES (1)") }
    #expect(throws: SQLiteError.self) { try reader.execute("CREATE TABLE u (a)") }
    #expect(try writer.integer("SELECT count(*) FROM t") == 0)
  }

  @Test func budget() throws {
    let connection = try database.writer()
    connection.setBudget(steps: 5000)
    let error = try failure { try connection.run(countTo, 1_000_000) }
    #expect(error.stop == .budgetExceeded)
    connection.setBudget(steps: 5000)
    #expect(try connection.first(countTo, 10) { $0.int64(0) } == 1)
    connection.setBudget(steps: nil)
    try connection.run(countTo, 10_000)
  }

  @Test func aBudgetCoversAllStatementsTogether() throws {
    let connection = try database.writer()
    connection.setBudget(steps: 20_000)
    let error = try failure {
      for _ in 0..<1000 { try connection.run(countTo, 100) }
    }
    #expect(error.stop == .budgetExceeded)
  }

  /// 300 rows of a KiB.
  private func rows() throws -> Connection {
    let connection = try database.writer()
    try connection.execute("CREATE TABLE t (a BLOB)")
    try connection.execute(
      """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
      INSERT INTO t SELECT zeroblob(1024) FROM n
      """
    )
    return connection
  }

  private static let all = Query("SELECT a FROM t")

  /// Counts the rows that a budget covers. Takes the bytes of each row if `takesBytes`.
  private func rows(_ connection: Connection, takesBytes: Bool = true) throws -> Int {
    var count = 0
    do {
      try connection.forEach(Self.all) { row in
        count += 1
        if takesBytes { _ = row.span(0).byteCount }
      }
    } catch let error as SQLiteError {
      #expect(error.stop == .budgetExceeded)
    }
    return count
  }

  @Test func aBudgetCoversBytesThatAreTakenOutOfRows() throws {
    let connection = try rows()
    connection.setBudget(WorkBudget(steps: 1_000_000, bytes: 100 << 10))
    // To the nearest 64 KiB.
    #expect((100...164).contains(try rows(connection)))
    connection.setBudget(WorkBudget(steps: 1_000_000, bytes: 100 << 10))
    #expect(try rows(connection, takesBytes: false) == 300)
    connection.setBudget(WorkBudget(steps: 1_000_000, bytes: 300 << 10))
    #expect(try rows(connection) == 300)
    connection.setBudget(nil)
    #expect(try rows(connection) == 300)
  }

  @Test func aBudgetCoversTheTimeOfItsRows() throws {
    let connection = try rows()
    var looks = 0
    var now: UInt64 = 0
    var worked: UInt64 = 0
    connection.setWorkClock(
      WorkClock(
        passed: {
          looks += 1
          now += 600
          return now
        },
        worked: { worked }
      )
    )
    let budget = WorkBudget(steps: 1_000_000, nanoseconds: 1000)
    // Time passes, but the thread is not on a processor.
    connection.setBudget(budget)
    #expect(try rows(connection) == 300)
    #expect(looks >= 4)
    // Each look at the clock finds more work.
    connection.setWorkClock(
      WorkClock(
        passed: {
          now += 600
          worked += 600
          return now
        },
        worked: { worked }
      )
    )
    connection.setBudget(budget)
    #expect((32...250).contains(try rows(connection)))
    connection.setBudget(nil)
    #expect(try rows(connection) == 300)
  }

  @Test func aFewRowsReadNoClock() throws {
    let connection = try rows()
    var looks = 0
    connection.setWorkClock(
      WorkClock(
        passed: {
          looks += 1
          return 0
        },
        worked: { 0 }
      )
    )
    for _ in 0..<200 {
      connection.setBudget(WorkBudget(steps: 50_000, bytes: 1 << 20, nanoseconds: 1_000_000))
      _ = try connection.first(Self.all) { $0.span(0).byteCount }
    }
    #expect(looks == 0)
  }

  @Test func stopCheck() throws {
    let connection = try database.writer()
    var calls = 0
    connection.setStopCheck {
      calls += 1
      return calls == 3
    }
    let error = try failure { try connection.run(countTo, 1_000_000) }
    #expect(error.stop == .interrupted)
    #expect(calls == 3)
  }

  @Test func interruptFromAnotherThread() throws {
    let connection = try database.writer()
    let handle = connection.interruptHandle
    let isDone = Flag()
    let thread = Thread {
      // Again and again, because the first interrupt may come before the statement runs.
      while !isDone.value.load(ordering: .acquiring) {
        handle.interrupt()
        usleep(1000)
      }
    }
    thread.start()
    let error = try failure { try connection.run(countTo, Int64.max) }
    isDone.value.store(true, ordering: .releasing)
    #expect(error.stop == .interrupted)
  }

  @Test func interruptAfterCloseDoesNothing() throws {
    var connection: Connection? = try database.writer()
    let handle = try #require(connection?.interruptHandle)
    connection = nil
    handle.interrupt()
  }

  @Test func memoryStatisticsAreOff() throws {
    #expect(SQLiteLibrary.countsMemory == false)
    #expect(SQLiteLibrary.version.hasPrefix("3."))
  }
}

private final class Flag: Sendable {
  let value = Atomic<Bool>(false)
}
