import SQLite
import TestKit
import Testing

@testable import PatronStore

@Suite("Record numbers")
struct RecordNumbersTests {
  private static let migrations =
    LaneStore.migrations + [
      Migration(
        version: 2,
        name: "sequences",
        sql: """
          CREATE TABLE sequences (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL);
          INSERT INTO sequences (name, value) VALUES ('record', 41);
          """
      )
    ]
  private static let stored = Query("SELECT value FROM sequences WHERE name = 'record'")

  /// Writes a row under the next number and returns the number.
  @discardableResult
  private func number(_ lane: LaneStore, then: @escaping @Sendable () throws -> Void = {}) throws
    -> Int
  {
    let bytes = try lane.write { tx in
      let number = try tx.numbers.next(in: tx.read)
      try tx.run(LaneStore.insert, number, [UInt8]?.none)
      try then()
      return [UInt8(number)]
    }
    return Int(bytes[0])
  }

  private func stored(_ lane: LaneStore) throws -> Int64? {
    let reader = try lane.store.makePointReader {}
    defer { reader.endTick() }
    return try reader.read { tx in try tx.first(Self.stored) { $0.int64(0) } }
  }

  @Test func everyCommitWritesTheLastNumber() throws {
    let lane = try LaneStore { $0.migrations = Self.migrations }
    #expect(try number(lane) == 42)
    #expect(try number(lane) == 43)
    #expect(try stored(lane) == 43)
  }

  @Test func aRolledBackTransactionLeavesNoTrace() throws {
    let lane = try LaneStore { $0.migrations = Self.migrations }
    try number(lane)
    #expect(throws: Rejected.self) { try number(lane) { throw Rejected() } }
    #expect(try stored(lane) == 42)
    #expect(try number(lane) == 43)
    #expect(try lane.values() == [42, 43])
  }

  @Test func anUnusedNumberIsNotIssuedAgain() throws {
    let lane = try LaneStore { $0.migrations = Self.migrations }
    try lane.write { tx in
      _ = try tx.numbers.next(in: tx.read)
      return []
    }
    #expect(try stored(lane) == 41)
    #expect(try number(lane) == 43)
    #expect(try stored(lane) == 43)
  }

  @Test func aReopenedStoreContinuesBehindTheLastNumber() throws {
    let directory = TemporaryDirectory()
    for expected in [42, 43, 44] {
      let lane = try LaneStore {
        $0 = StoreOptions(directory: directory.path, migrations: Self.migrations)
      }
      #expect(try number(lane) == expected)
      lane.store.close()
    }
  }
}
