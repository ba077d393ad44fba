import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import Synchronization
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronService

/// Tests of the making and the deletion of stores.
@Suite(.timeLimit(.minutes(5)))
struct StoreChangeTests {
  private let now = KeyBench.now

  @Test func storesAreMadeOnce() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      let berlin = try #require(StoreID("berlin"))
      let version = shop.store.keysVersion
      let made = try bench.stores { try $0.create(berlin) }
      #expect(shop.store.keysVersion > version)
      #expect(made.record == StoreRecord(id: berlin, createdAt: now))
      #expect(made.customerCount == 0 && made.keyCount == 0)
      #expect(
        try DomainError.reason { try bench.stores { try $0.create(berlin) } } == "STORE_EXISTS"
      )
      // A store that began with a write is there as well.
      try await shop.upsert { $0.email = "c1@example.com" }
      #expect(
        try DomainError.reason { try bench.stores { try $0.create(.default) } } == "STORE_EXISTS"
      )
      let caller = KeyAuthority(store: berlin, scopes: .all)
      let other = try #require(StoreID("other"))
      #expect(
        try DomainError.reason { try bench.stores(by: caller) { try $0.create(other) } }
          == "EVERY_STORE_NEEDED"
      )
      #expect(
        try DomainError.reason {
          try bench.stores(by: caller) { try $0.beginDeletion(of: berlin).deletion }
        } == "EVERY_STORE_NEEDED"
      )
      #expect(
        try DomainError.reason { try bench.stores { try $0.beginDeletion(of: other).deletion } }
          == "STORE_UNKNOWN"
      )
    }
  }

  /// Fills a store with something of everything that callers can write.
  private func fill(_ shop: Shop, _ store: String) async throws {
    for number in 0..<3 {
      try await shop.upsert(in: store) {
        $0.externalID = "c\(number)"
        $0.email = "c\(number)@example.com"
        $0.phoneNumber = "+1415555010\(number)"
        $0.tags = "vip"
      }
      try await shop.record(
        in: store,
        requestID: "r\(number)",
        of: { $0.externalID = "c\(number)" },
        RecordEventTests.quiz("e\(number)")
      )
      try await shop.sync(.of("o\(number)", 100), in: store) { $0.externalID = "c\(number)" }
    }
    _ = try await shop.customers.deleteCustomer(
      .with {
        $0.storeID = store
        $0.customer = .with { $0.ref = .externalID("c2") }
      }
    )
    try await shop.set(in: store, ["default_country"]) { $0.defaultCountry = "DE" }
  }

  /// Returns what a store has, table by table.
  private func rows(_ shop: Shop, of store: String) throws -> [String: [String]] {
    var rows: [String: [String]] = [:]
    for table in StoreTables.emptied {
      let columns = try shop.rows("SELECT name FROM pragma_table_info('\(table.name)')", columns: 1)
        .map { "quote(\"\($0[0])\")" }.joined(separator: "||' '||")
      rows[table.name] = try shop.rows(
        "SELECT \(columns) FROM \(table.name) WHERE store_id = '\(store)'",
        columns: 1
      ).map { $0[0] }.sorted()
    }
    return rows
  }

  @Test(arguments: [1, 3, 500])
  func aDeletedStoreLeavesNothing(_ size: Int) async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      try await fill(shop, "one")
      try await fill(shop, "two")
      let one = try #require(StoreID("one"))
      let key = try bench.key(of: .store(one))
      #expect(try rows(shop, of: "one").values.filter { !$0.isEmpty }.count > 8)
      let other = try rows(shop, of: "two")
      let begun = try bench.stores { try $0.beginDeletion(of: one) }
      #expect(begun.before.customerCount == 2 && begun.before.keyCount == 1)
      #expect(begun.before.record.deletedAt == nil)
      #expect(try bench.accepts(key.key) == false)
      // Until the end nothing can be written, and the name is not free.
      let error = try await failure { try await shop.upsert(in: "one") { $0.externalID = "new" } }
      #expect(error.code == .failedPrecondition && error.reason == "STORE_DELETING")
      #expect(
        try DomainError.reason { try bench.stores { try $0.create(one) } } == "STORE_DELETING"
      )
      #expect(try DomainError.reason { try bench.key(of: .store(one)) } == "STORE_DELETING")
      var steps = 0
      while try shop.store.performAndWait({ try begun.deletion.step(in: $0, rows: size) }) {
        steps += 1
      }
      #expect(size == 500 ? steps == 0 : steps > 10)
      #expect(try rows(shop, of: "one").values.allSatisfy(\.isEmpty))
      #expect(try rows(shop, of: "two") == other)
      #expect(try shop.rows("SELECT store_id FROM stores", columns: 1) == [["two"]])
      #expect(try shop.store.check([RecordChecks.run]) == [])
      #expect(try await shop.search("example", in: "one") == [])
      #expect(try await shop.search("example", in: "two") == ["c1", "c0"])
    }
  }

  /// A later store of the name is another one: a repeat of the deletion does not touch it.
  @Test func theNameIsFreeAfterwards() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      try await fill(shop, "one")
      let one = try #require(StoreID("one"))
      let last = try shop.rows("SELECT value FROM store_sequences", columns: 1)
      let deletion = try bench.stores { try $0.beginDeletion(of: one).deletion }
      while try shop.store.performAndWait({ try deletion.step(in: $0) }) {}
      // The settings went too.
      let broken = try await violations {
        try await shop.upsert(in: "one") { $0.phoneNumber = "030 12345678" }
      }
      #expect(broken.map(\.reason) == ["PHONE_COUNTRY_MISSING"])
      let made = try await shop.upsert(in: "one") {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
      }
      let id = made.customer?.id ?? 0
      #expect(id > Int64(last[0][0]) ?? .max)
      let isLeft = try shop.store.performAndWait { try deletion.step(in: $0) }
      #expect(!isLeft)
      #expect(try await shop.customer(.externalID("c1"), in: "one").id == id)
      #expect(
        try shop.rows("SELECT store_id, deleted_at FROM stores", columns: 2) == [["one", ""]]
      )
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func anInterruptedDeletionIsCompletedAtTheStart() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      for name in ["one", "two", "three"] { try await fill(shop, name) }
      let other = try rows(shop, of: "three")
      for name in ["one", "two"] {
        let id = try #require(StoreID(name))
        let deletion = try bench.stores { try $0.beginDeletion(of: id).deletion }
        let isLeft = try shop.store.performAndWait { try deletion.step(in: $0, rows: 4) }
        #expect(isLeft)
        // A repeat goes on with the same deletion.
        let again = try bench.stores(at: now + 1) { try $0.beginDeletion(of: id) }
        #expect(again.deletion == deletion && again.before.record.deletedAt == now)
      }
      try PendingDeletions.run(shop.store) { Issue.record("\($0)") }
      #expect(try rows(shop, of: "one").values.allSatisfy(\.isEmpty))
      #expect(try rows(shop, of: "two").values.allSatisfy(\.isEmpty))
      #expect(try rows(shop, of: "three") == other)
      #expect(try shop.rows("SELECT store_id FROM stores", columns: 1) == [["three"]])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func storesAreBounded() async throws {
    try await Shop.open { shop in
      let bench = KeyBench(shop)
      try await shop.tamper(
        """
        INSERT INTO stores (store_id, created_at)
        WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n
          WHERE i < \(StoreChanges.maxStores))
        SELECT 's' || i, 0 FROM n
        """
      )
      let (last, more) = (try #require(StoreID("last")), try #require(StoreID("more")))
      try bench.make(last)
      #expect(
        try DomainError.reason { try bench.stores { try $0.create(more) } } == "STORES_TOO_MANY"
      )
    }
  }
}
