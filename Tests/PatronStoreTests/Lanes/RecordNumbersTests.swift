import SQLite
import TestKit
import Testing

@testable import PatronStore

@Suite("Record numbers")
struct RecordNumbersTests {
  /// The schema of the numbers, after stores shared one sequence up to 41.
  private static let migrations =
    LaneStore.migrations + [
      Migration(
        version: 2,
        name: "sequences",
        sql: """
          CREATE TABLE sequences (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL);
          INSERT INTO sequences (name, value) VALUES ('record', 41), ('store', 41);
          CREATE TABLE store_sequences (store_id TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL);
          CREATE TABLE search_rows (
            store_id TEXT NOT NULL, customer_id INTEGER NOT NULL, search_row INTEGER NOT NULL,
            PRIMARY KEY (store_id, customer_id));
          CREATE TABLE stores (
            store_id TEXT NOT NULL PRIMARY KEY, created_at INTEGER NOT NULL, deleted_at INTEGER);
          """
      )
    ]
  private static let stored = Query("SELECT value FROM store_sequences WHERE store_id = ?1")
  private static let storedRow = Query("SELECT value FROM sequences WHERE name = 'record'")

  /// Writes a row under the next number and returns the number.
  @discardableResult
  private func number(
    _ lane: LaneStore,
    of store: String = "one",
    then: @escaping @Sendable () throws -> Void = {}
  ) throws -> Int {
    let bytes = try lane.write { tx in
      let number = try tx.numbers.next(of: store, in: tx.read)
      // Values are unique in the whole table.
      try tx.run(LaneStore.insert, number * 2 + (store == "one" ? 0 : 1), [UInt8]?.none)
      try then()
      return [UInt8(number)]
    }
    return Int(bytes[0])
  }

  private func stored(_ lane: LaneStore, _ store: String = "one") throws -> Int64? {
    let reader = try lane.store.makePointReader {}
    defer { reader.endTick() }
    return try reader.read { tx in try tx.first(Self.stored, store) { $0.int64(0) } }
  }

  private func storedRow(_ lane: LaneStore) throws -> Int64? {
    let reader = try lane.store.makePointReader {}
    defer { reader.endTick() }
    return try reader.read { tx in try tx.first(Self.storedRow) { $0.int64(0) } }
  }

  @Test func everyCommitWritesTheLastNumber() throws {
    let lane = try LaneStore { $0.migrations = Self.migrations }
    #expect(try number(lane) == 42)
    #expect(try number(lane) == 43)
    #expect(try stored(lane) == 43)
  }

  @Test func storesCountForThemselves() throws {
    let lane = try LaneStore { $0.migrations = Self.migrations }
    for _ in 0..<5 { try number(lane, of: "one") }
    #expect(try number(lane, of: "two") == 42)
    #expect(try number(lane, of: "one") == 47)
    #expect(try number(lane, of: "two") == 43)
    #expect(try stored(lane, "one") == 47)
    #expect(try stored(lane, "two") == 43)
    #expect(try stored(lane, "three") == nil)
  }

  @Test func aRolledBackTransactionLeavesNoTrace() throws {
    let lane = try LaneStore { $0.migrations = Self.migrations }
    try number(lane)
    #expect(throws: Rejected.self) { try number(lane) { throw Rejected() } }
    #expect(throws: Rejected.self) { try number(lane, of: "two") { throw Rejected() } }
    #expect(try stored(lane) == 42)
    #expect(try stored(lane, "two") == nil)
    #expect(try number(lane) == 43)
    #expect(try number(lane, of: "two") == 42)
  }

  @Test func anUnusedNumberIsNotIssuedAgain() throws {
    let lane = try LaneStore { $0.migrations = Self.migrations }
    try lane.write { tx in
      _ = try tx.numbers.next(of: "one", in: tx.read)
      return []
    }
    #expect(try stored(lane) == nil)
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

  /// The rows of customers grow in the order in which they are made, whatever their store.
  @Test func rowsOfTheSearchIndexAreOneSequence() throws {
    let lane = try LaneStore { $0.migrations = Self.migrations }
    let rows = try lane.write { tx in
      func row(_ store: String, skip count: Int = 0) throws -> UInt8 {
        for _ in 0..<count { _ = try tx.numbers.next(of: store, in: tx.read) }
        let id = try tx.numbers.next(of: store, in: tx.read)
        return UInt8(try tx.numbers.nextSearchRow(of: id, in: store, tx.read))
      }
      var rows = [try row("one"), try row("one", skip: 7)]
      #expect(try tx.numbers.hasSearchRows("one", in: tx.read) == false)
      rows += [try row("two"), try row("two"), try row("one"), try row("two", skip: 20)]
      #expect(try tx.numbers.hasSearchRows("one", in: tx.read))
      #expect(try tx.numbers.hasSearchRows("two", in: tx.read))
      try tx.run(LaneStore.insert, 1, [UInt8]?.none)
      return rows
    }
    // The ids of the customers are 42, 50, 42, 43, 51, 64.
    #expect(rows == [42, 50, 51, 52, 53, 64])
    #expect(try storedRow(lane) == 64)
  }
}
