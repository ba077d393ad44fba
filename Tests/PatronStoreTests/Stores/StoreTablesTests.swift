import PatronModel
import SQLite
import TestKit
import Testing

@testable import PatronStore

/// Tests that the deletion of a store reaches every table, and nothing of other stores.
@Suite("Deletion of stores")
struct StoreTablesTests {
  /// A column of a table, as the schema has it.
  private struct Column {
    let name: String
    let type: String
    /// Place in the primary key, from 1; 0 for other columns.
    let keyPlace: Int64
  }

  private func open() throws -> LaneStore { try LaneStore { $0.migrations = Migration.all } }

  private func rows(_ lane: LaneStore, _ sql: String, _ columns: Int32) throws -> [[String]] {
    let connection = try Connection(
      path: lane.store.directory.databasePath,
      mode: .readOnly,
      busyTimeoutMilliseconds: 1000
    )
    var rows: [[String]] = []
    try connection.withStatement(sql: sql) { statement in
      while try statement.step() {
        let row = Row(statement)
        rows.append((0..<columns).map { row.text($0) })
      }
    }
    return rows
  }

  /// Returns the columns of each table that has a column `store_id`.
  private func tables(_ lane: LaneStore) throws -> [String: [Column]] {
    var tables: [String: [Column]] = [:]
    for name in try rows(lane, "SELECT name FROM sqlite_schema WHERE type = 'table'", 1) {
      let columns = try rows(lane, "SELECT name, type, pk FROM pragma_table_info('\(name[0])')", 3)
        .map { Column(name: $0[0], type: $0[1], keyPlace: Int64($0[2]) ?? 0) }
      if columns.contains(where: { $0.name == "store_id" }) { tables[name[0]] = columns }
    }
    return tables
  }

  @Test func noTableIsForgotten() throws {
    let tables = try tables(try open())
    let emptied = StoreTables.emptied.map(\.name)
    #expect(Set(emptied).count == emptied.count)
    for name in tables.keys {
      #expect(
        emptied.contains(name) != (StoreTables.kept[name] != nil),
        "say in StoreTables what the deletion of a store does with \(name)"
      )
    }
    for table in StoreTables.emptied {
      let key = try #require(tables[table.name], "there is no table \(table.name)")
        .filter { $0.keyPlace > 0 }.sorted { $0.keyPlace < $1.keyPlace }.map(\.name)
      #expect(key.first == "store_id")
      #expect(key.dropFirst().joined(separator: ", ") == table.key, "\(table.name)")
    }
  }

  /// A piece costs the same however many rows are behind it.
  @Test func rowsAreFoundByTheWholeKey() throws {
    let lane = try open()
    for table in StoreTables.emptied where !table.key.isEmpty {
      let columns = table.key.replacing(", ", with: ",")
      let bound = columns.contains(",") ? "(\(columns))<" : "\(columns)<"
      let sql = StoreEraser.deletion(from: table)
      let plan = try rows(lane, "EXPLAIN QUERY PLAN \(sql)", 4).map { $0[3] }
      #expect(plan[0].contains("(store_id=? AND \(bound)"), "\(table.name): \(plan)")
    }
  }

  /// Adds rows to every table that a deletion empties. Their values say nothing.
  private func fill(_ lane: LaneStore, _ store: String, _ count: Int, bytes: Int = 1) throws {
    let tables = try tables(lane)
    for table in StoreTables.emptied {
      let columns = try #require(tables[table.name])
      let values = columns.map { column in
        switch (column.name, column.type) {
        case ("store_id", _): "'\(store)'"
        case (_, "INTEGER"): "i"
        case (_, "BLOB"): column.keyPlace > 0 ? "CAST(i AS BLOB)" : "zeroblob(\(bytes))"
        default: "'\(store)' || i"
        }
      }
      let rows = table.key.isEmpty ? 1 : count
      let insert = Query(
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(rows))
        INSERT INTO \(table.name) (\(columns.map(\.name).joined(separator: ", ")))
        SELECT \(values.joined(separator: ", ")) FROM n
        """
      )
      try lane.write { transaction in
        try transaction.run(insert)
        return []
      }
    }
    let id = try #require(StoreID(store))
    try lane.write { transaction in
      try StoreCatalogueWriter(transaction).insert(id, at: 1)
      return []
    }
  }

  /// Puts the search index out of use: it does not know the rows of `fill`.
  private func leaveSearch(_ lane: LaneStore) throws {
    let mark = Query("INSERT INTO search_rebuild VALUES (1, 'test', 0, '', 0)")
    try lane.write { transaction in
      try transaction.run(mark)
      return []
    }
  }

  private func counts(_ lane: LaneStore, _ store: String) throws -> [String: Int] {
    var counts: [String: Int] = [:]
    for table in StoreTables.emptied {
      let sql = "SELECT count(*) FROM \(table.name) WHERE store_id = '\(store)'"
      counts[table.name] = Int(try rows(lane, sql, 1)[0][0])
    }
    return counts
  }

  /// Runs a job in a transaction of its own, and returns what it returns.
  private func flag(
    _ lane: LaneStore,
    _ body: @escaping @Sendable (StoreCatalogueWriter) throws -> Bool
  ) throws -> Bool {
    try lane.write { [try body(StoreCatalogueWriter($0)) ? 1 : 0] } == [1]
  }

  @Test(arguments: [1, 6, 7, 8, 100])
  func everyRowOfTheStoreGoesInPieces(_ size: Int) throws {
    let lane = try LaneStore {
      $0.migrations = Migration.all
      $0.mendsSearch = false
    }
    try leaveSearch(lane)
    try fill(lane, "one", 7)
    try fill(lane, "two", 3)
    let one = try #require(StoreID("one"))
    let other = try counts(lane, "two")
    var left = try counts(lane, "one").values.reduce(0, +)
    #expect(left > 7 * 20)
    while try flag(lane, { try $0.deletePiece(of: one, rows: size) }) {
      let now = try counts(lane, "one").values.reduce(0, +)
      #expect((1...size).contains(left - now))
      left = now
    }
    #expect(left <= size)
    #expect(try counts(lane, "one").values.allSatisfy { $0 == 0 })
    #expect(try counts(lane, "two") == other)
  }

  @Test func aPieceEndsWithItsBytes() throws {
    let lane = try LaneStore {
      $0.migrations = Migration.all
      $0.mendsSearch = false
    }
    try leaveSearch(lane)
    try fill(lane, "one", 10, bytes: 1000)
    let one = try #require(StoreID("one"))
    // A customer has two parts of 1000 bytes.
    for (bytes, left) in [(4000, 8), (4001, 5), (1, 4)] {
      let hasMore = try flag(lane) { try $0.deletePiece(of: one, bytes: bytes) }
      #expect(hasMore)
      #expect(try counts(lane, "one")["customers"] == left)
    }
  }

  @Test func aStoreThatIsBeingDeletedTakesNoOtherWrites() throws {
    let lane = try open()
    let one = try #require(StoreID("one"))
    func write(
      _ store: String,
      usesReserve: Bool = false,
      _ run: @escaping @Sendable (WriteTransaction) throws -> Void = { _ in }
    ) throws -> StoreError? {
      let token = lane.replies.makeToken()
      try lane.store.writer.submit(
        WriteJob(
          deadline: nil,
          bytes: 0,
          sink: lane.replies,
          token: token,
          store: store,
          usesReserve: usesReserve
        ) { transaction in
          try run(transaction)
          return []
        }
      )
      return try lane.replies.error(of: token)
    }
    #expect(try write("one") { try StoreCatalogueWriter($0).insert(one, at: 1) } == nil)
    #expect(throws: Rejected.self) {
      try lane.write { transaction in
        try StoreCatalogueWriter(transaction).beginDeletion(of: one, at: 2)
        throw Rejected()
      }
    }
    #expect(try write("one") == nil)
    #expect(try write("one") { try StoreCatalogueWriter($0).beginDeletion(of: one, at: 2) } == nil)
    #expect(try write("one") == .storeDeleting)
    #expect(try write("one", usesReserve: true) == nil)
    #expect(try write("two") == nil)
    let isDone = try flag(lane) { writer in
      let hasMore = try writer.deletePiece(of: one)
      try writer.finishDeletion(of: one)
      return !hasMore
    }
    #expect(isDone)
    #expect(try write("one") == nil)
  }

  /// The keys of the store go with the first step; others stay.
  @Test func keysGoWithTheFirstStep() throws {
    let lane = try open()
    let one = try #require(StoreID("one"))
    let pepper = try lane.store.keyDirectory().pepper
    let keys = [one, StoreID("two"), nil].map { store in
      let key = APIKey.random()
      return KeyRecord(
        id: key.id,
        store: store,
        scopes: .all,
        hash: pepper.hash(key),
        description: "",
        createdAt: 1,
        expiresAt: nil
      )
    }
    try lane.write { transaction in
      try StoreCatalogueWriter(transaction).insert(one, at: 1)
      for key in keys {
        try KeyWriter(transaction).insert(key)
        try KeyWriter(transaction).bind("DNS:\(key.id)", to: key.id)
      }
      try StoreCatalogueWriter(transaction).beginDeletion(of: one, at: 2)
      return []
    }
    let directory = try lane.store.keyDirectory()
    #expect(Set(directory.keys.keys) == Set(keys.dropFirst().map(\.id)))
    #expect(Set(directory.names.values) == Set(keys.dropFirst().map(\.id)))
    #expect(directory.leavingStores == [one])
  }

  /// A later store of the same name goes on behind the numbers of the former one.
  @Test func theNextStoreOfTheNameIsNew() throws {
    let lane = try open()
    let one = try #require(StoreID("one"))
    func number() throws -> UInt8 {
      try lane.write { transaction in
        let none = TermRules(ofBody: { _, _ in [] }, ofStats: { _ in [] })
        let writer = StoreWriter(transaction, one, none)
        try writer.setSettings([1])
        return [UInt8(try writer.nextID())]
      }[0]
    }
    #expect(try number() == 1)
    #expect(try number() == 2)
    let version = lane.store.keysVersion
    try lane.write { transaction in
      let writer = StoreCatalogueWriter(transaction)
      try writer.beginDeletion(of: one, at: 2)
      #expect(try writer.deletePiece(of: one) == false)
      try writer.finishDeletion(of: one)
      return []
    }
    #expect(lane.store.keysVersion > version)
    #expect(try rows(lane, "SELECT count(*) FROM stores", 1) == [["0"]])
    #expect(try rows(lane, "SELECT count(*) FROM store_settings", 1) == [["0"]])
    #expect(try number() == 3)
    #expect(try rows(lane, "SELECT store_id, deleted_at IS NULL FROM stores", 2) == [["one", "1"]])
  }
}
