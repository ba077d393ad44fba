import PatronModel
import SQLite
import TestKit
import Testing

@testable import PatronStore

@Suite("List of stores")
struct StoreCatalogueTests {
  private let temporary = TemporaryDirectory()

  private func open() throws -> LaneStore { try LaneStore { $0.migrations = Migration.all } }

  private func names(_ lane: LaneStore) throws -> [String] {
    try read(lane) { try $0.stores(limit: 100).map(\.id.name) }
  }

  private func read<Result>(
    _ lane: LaneStore,
    _ body: (StoreCatalogue) throws -> Result
  ) throws -> Result {
    let reader = try lane.store.makePointReader {}
    defer { reader.endTick() }
    return try reader.read { try body(StoreCatalogue($0)) }
  }

  /// A row of each kind of data is enough to be a store.
  @Test func storesWithDataAreListedAfterTheUpdate() throws {
    let before = try #require(Migration.all.firstIndex { $0.name == "keys" })
    var options = StoreOptions(
      directory: temporary.path,
      migrations: Array(Migration.all[..<before])
    )
    options.mendsSearch = false
    try Store(options).close()
    let path = temporary.path + "/patron.db"
    do {
      let connection = try Connection(path: path, mode: .readWrite, busyTimeoutMilliseconds: 1000)
      try connection.execute(
        """
        INSERT INTO customers (store_id, customer_id, updated_at, body, stats)
          VALUES ('b', 1, 0, x'', x''), ('b', 2, 0, x'', x''), ('default', 1, 0, x'', x'');
        INSERT INTO suppressions VALUES ('a', 1, x'01', 1, 1, '', '');
        INSERT INTO event_types VALUES ('c-types', 'app', 'seen', x'');
        INSERT INTO store_settings VALUES ('settings_1', x'');
        INSERT INTO store_sequences VALUES ('zz', 7);
        INSERT INTO erased_addresses VALUES ('not-by-itself', x'01', 1);
        """
      )
    }
    options.migrations = Migration.all
    let store = try Store(options)
    defer { store.close() }
    let reader = try store.makePointReader {}
    defer { reader.endTick() }
    let stores = try reader.read { try StoreCatalogue($0).stores(limit: 100) }
    #expect(stores.map(\.id.name) == ["a", "b", "c-types", "default", "settings_1", "zz"])
    #expect(stores.allSatisfy { $0.createdAt == 0 && $0.deletedAt == nil })
    #expect(try reader.read { try StoreCatalogue($0).store(.default) } == stores[3])
    #expect(try reader.read { try StoreCatalogue($0).count() } == 6)
  }

  @Test func aNewDatabaseHasNoStores() throws {
    let lane = try open()
    #expect(try names(lane) == [])
    #expect(try read(lane) { try $0.store(.default) } == nil)
  }

  @Test func theFirstWriteBeginsAStore() throws {
    let lane = try open()
    let version = lane.store.keysVersion
    let before = WallClock.system.now() / 1_000_000 * 1_000_000
    let store = try #require(StoreID("new"))
    try lane.write { transaction in
      try Self.writer(transaction, store).putEventType("seen", of: "app", body: [])
      return []
    }
    let record = try #require(try read(lane) { try $0.store(store) })
    #expect((before...WallClock.system.now()).contains(record.createdAt))
    let changes = try lane.write { transaction in
      let before = transaction.totalChanges
      try Self.writer(transaction, store).putEventType("seen", of: "app", body: [1])
      return [UInt8(transaction.totalChanges - before)]
    }
    #expect(changes == [1])
    #expect(lane.store.keysVersion == version, "the keys in memory need not know")
    #expect(try read(lane) { try $0.store(store) } == record)
  }

  private static func writer(_ transaction: WriteTransaction, _ store: StoreID) -> StoreWriter {
    let none = TermRules(ofBody: { _, _ in [] }, ofStats: { _ in [] })
    return StoreWriter(transaction, store, none)
  }

  @Test func aStoreThatWasMadeKeepsItsTime() throws {
    let lane = try open()
    let store = try #require(StoreID("made"))
    try lane.write { transaction in
      try StoreCatalogueWriter(transaction).insert(store, at: 5)
      return []
    }
    let version = lane.store.keysVersion
    try lane.write { transaction in
      try Self.writer(transaction, store).setSettings([1])
      return []
    }
    #expect(try read(lane) { try $0.store(store) } == StoreRecord(id: store, createdAt: 5))
    #expect(lane.store.keysVersion == version)
  }

  @Test func aWriteThatIsUndoneBeginsNoStore() throws {
    let lane = try open()
    let store = try #require(StoreID("new"))
    #expect(throws: Rejected.self) {
      try lane.write { transaction in
        try Self.writer(transaction, store).setSettings([1])
        throw Rejected()
      }
    }
    try lane.write { transaction in
      try transaction.tentatively { try Self.writer(transaction, store).setSettings([1]) }
      return []
    }
    #expect(try names(lane) == [])
    try lane.write { transaction in
      try Self.writer(transaction, store).setSettings([1])
      return []
    }
    #expect(try names(lane) == ["new"])
  }

  /// A write may have waited while its store was deleted.
  @Test func whereStoresAreMadeOnPurposeNoWriteBeginsOne() throws {
    let lane = try LaneStore {
      $0.migrations = Migration.all
      $0.beginsStores = false
    }
    let store = try #require(StoreID("shop"))
    let writes: [@Sendable (StoreWriter) throws -> Void] = [
      { try $0.setSettings([1]) }, { try $0.putEventType("seen", of: "app", body: []) },
    ]
    func write(_ body: @escaping @Sendable (StoreWriter) throws -> Void) throws {
      try lane.write { transaction in
        try body(Self.writer(transaction, store))
        return []
      }
    }
    for _ in 0..<2 {
      for body in writes { #expect(throws: StoreError.storeDeleting) { try write(body) } }
      #expect(try names(lane) == [])
      try lane.write { transaction in
        try StoreCatalogueWriter(transaction).insert(store, at: 5)
        return []
      }
      for body in writes { try write(body) }
      #expect(try names(lane) == ["shop"])
      try lane.write { transaction in
        let stores = StoreCatalogueWriter(transaction)
        try stores.beginDeletion(of: store, at: 6)
        while try stores.deletePiece(of: store) {}
        try stores.finishDeletion(of: store)
        return []
      }
    }
  }

  @Test func pagesAreSortedByName() throws {
    let lane = try open()
    let stores = ["c", "a-1", "b", "a", "a_2"].compactMap { StoreID($0) }
    try lane.write { transaction in
      for store in stores { try StoreCatalogueWriter(transaction).insert(store, at: 1) }
      return []
    }
    let first = try read(lane) { try $0.stores(limit: 3) }
    #expect(first.map(\.id.name) == ["a", "a-1", "a_2"])
    let rest = try read(lane) { try $0.stores(after: "a_2", limit: 3) }
    #expect(rest.map(\.id.name) == ["b", "c"])
  }
}
