import Foundation
import PatronProto
import PatronStore
import ProtobufC
import SQLite
import TTRPC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronSample
@testable import PatronServer
@testable import PatronService

/// Tests that the lists behind the filters agree with the records.
struct TermsTests {
  private static let texts = ["", "vip", "VIP, gold", "gold,new,🛍️", "new"]

  /// Makes a random write, which may be refused.
  private func write(_ shop: Shop, _ random: inout SeededRandom) async throws {
    let number = Int.random(in: 0..<25, using: &random)
    let name = "c\(number)"
    let store = number % 5 == 0 ? "other" : ""
    let step = Int.random(in: 0..<1_000_000, using: &random)
    let day = Int64.random(in: 0..<400, using: &random) * 86_400
    let cancels = step % 5 == 0
    let refund = step % 4 == 0
    do {
      switch step % 8 {
      case 0, 1, 2, 3:
        let tags = Self.texts[Int.random(in: 0..<5, using: &random)]
        let accepts = Bool.random(using: &random)
        try await shop.upsert(in: store) {
          $0.externalID = name
          if step % 3 != 0 { $0.email = step % 7 == 0 ? "" : "\(name)@example.com" }
          if step % 2 != 0 { $0.phoneNumber = step % 11 == 0 ? "" : "+141555501\(10 + number)" }
          $0.tags = tags
          if step % 5 == 0 { $0.acceptsSMSMarketing = accepts }
          if step % 4 == 0 { $0.acceptsEmailMarketing = !accepts }
          $0.accountStatus = step % 9 == 0 ? "" : "enabled"
          if step % 6 == 0 { $0.address = .with { $0.countryCode = accepts ? "DE" : "" } }
          $0.defaultLanguage = accepts ? "en" : "fr-CA"
        }
      case 4, 5:
        let order = Order.of("o\(step % 60)", 100, at: 1_700_000_000 + day) {
          if cancels { $0.cancellation = .with { $0.cancelledAt = .at(1_750_000_000) } }
          if refund {
            $0.refunds = [
              .with {
                $0.externalID = "r"
                $0.refundedAt = .at(1_750_000_000)
                $0.amount = .of(10)
              }
            ]
          }
        }
        try await shop.sync(order, in: store) {
          $0.externalID = name
          $0.email = "\(name)@example.com"
        }
      default:
        try await shop.record(in: store) {
          $0.externalID = name
          $0.email = "\(name)@example.com"
        } _: {
          $0.eventID = "e\(step % 90)"
          $0.source = .thirdParty
          $0.sourceName = "app"
          $0.type = "ping"
          $0.occurredAt = .at(1_700_000_000 + day)
        }
      }
    } catch let error as RPCError {
      // Refused writes are intended. They must leave no trace.
      try #require([.invalidArgument, .failedPrecondition, .alreadyExists].contains(error.code))
    }
  }

  @Test(arguments: SeededRandom.seeds(1, 2, 3))
  func listsFollowRandomWrites(seed: UInt64) async throws {
    try await Shop.open { shop in
      var random = SeededRandom(seed: seed)
      for round in 0..<12 {
        for _ in 0..<40 { try await write(shop, &random) }
        // Compares columns, lists and counters with the terms computed from every record.
        #expect(try shop.store.check([RecordChecks.run]) == [], "seed \(seed), round \(round)")
        for store in ["", "other"] { try await checkCounts(shop, store, "seed \(seed)") }
      }
      let entries = try shop.rows("SELECT count(*) FROM memberships", columns: 1)[0][0]
      #expect((Int(entries) ?? 0) > 150, "seed \(seed)")
      // A term without customers leaves no row.
      #expect(try shop.rows("SELECT value FROM terms WHERE count < 1", columns: 1) == [])
    }
  }

  private func checkCounts(_ shop: Shop, _ store: String, _ hint: String) async throws {
    let counted = try await shop.count(by: ["*"], in: store)
    #expect(try await shop.listed(.of([:]), in: store).count == Int(counted.total), "\(hint)")
    let walked = try await shop.count(.of([:], query: "c"), by: ["*"], in: store)
    let listed = try await shop.listed(.of([:], query: "c"), in: store)
    #expect(walked.total == Int64(listed.count), "\(hint)")
  }

  @Test func jobsThatShareATransactionCountOnce() async throws {
    try await Shop.open { shop in
      // The second item of the batch is refused after the first was written. Then two jobs of one
      // transaction, one of which fails late, are run one by one.
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<60 {
          group.addTask {
            if number % 10 == 3 {
              struct Late: Error {}
              await #expect(throws: Late.self) {
                try await shop.write { transaction in
                  try StoreWriter(transaction, .default, CustomerTerms.rules)
                    .insert(
                      CustomerRow(
                        id: 1_000_000 + Int64(number),
                        externalID: nil,
                        emailKey: "late@\(number)",
                        phone: nil,
                        updatedAt: 0,
                        body: try Customer.with { $0.tags = "late" }
                          .encoded()
                      )
                    )
                  throw Late()
                }
              }
            } else {
              try await shop.upsert {
                $0.externalID = "c\(number)"
                $0.email = "c\(number)@example.com"
                $0.tags = "t\(number % 3)"
              }
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try shop.store.check([RecordChecks.run]) == [])
      #expect(try await shop.count(by: ["tags"]).facets("tags")["late"] == nil)
      #expect(try await shop.count().total == 54)
    }
  }

  @Test func tamperedListsAreFound() async throws {
    let cases: [(String, String)] = [
      ("DELETE FROM memberships WHERE term_id = 1", "the lists of filters and the record differ"),
      ("DELETE FROM memberships WHERE term_id = 1", "term 1 of store default: its counter says 1"),
      ("UPDATE terms SET count = 7 WHERE term_id = 1", "its counter says 7, its list has 1"),
      ("INSERT INTO memberships VALUES ('default', 1, 999)", "the records ask for"),
      ("INSERT INTO memberships VALUES ('default', 99, 999)", "it has a list, but no counter"),
      ("UPDATE customers SET body_terms = x''", "the lists of filters and the record differ"),
      ("UPDATE customers SET stats_terms = NULL", "the lists of filters and the record differ"),
      ("DELETE FROM terms WHERE term_id = 1", "the lists of filters and the record differ"),
      ("UPDATE sequences SET value = 0 WHERE name = 'term'", "but the next one would be 1"),
    ]
    for (sql, finding) in cases {
      try await Shop.open { shop in
        try await shop.upsert {
          $0.externalID = "c1"
          $0.email = "c1@example.com"
        }
        #expect(try shop.store.check([RecordChecks.run]) == [])
        try await shop.tamper(sql)
        let findings = try shop.store.check([RecordChecks.run])
        #expect(findings.contains { $0.contains(finding) }, "\(sql): \(findings)")
      }
    }
  }

  @Test func aCustomerCanBeTakenOffAllLists() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
        $0.tags = "a,b"
      }
      let id = try await shop.customer(.externalID("c1")).id
      try await shop.write {
        try StoreWriter($0, .default, CustomerTerms.rules).removeTerms(of: id)
      }
      #expect(try shop.rows("SELECT count(*) FROM memberships", columns: 1) == [["0"]])
      #expect(try shop.rows("SELECT count(*) FROM terms", columns: 1) == [["0"]])
    }
  }
}

/// Tests of databases from before terms existed.
struct TermsRebuildTests {
  /// Creates a directory as the first version left it.
  private func old(_ directory: TemporaryDirectory, customers: Int) async throws {
    // The data is written by this version and then reduced to the first version's schema.
    let store = try Store(StoreOptions(directory: directory.path, migrations: Migration.all))
    try SampleShop(customers: customers, eventsPerCustomer: 1, seed: 21).fill(store) { _ in }
    let undo = [
      "UPDATE sequences SET value = (SELECT value FROM store_sequences) WHERE name = 'record'",
      "DELETE FROM sequences WHERE name = 'store'",
      "DROP TABLE audit", "DROP TABLE audit_anchor", "DROP TABLE stores", "DROP TABLE api_keys",
      "DROP TABLE key_names",
      "DELETE FROM secrets WHERE name = 'key_pepper'",
      "DROP TABLE store_sequences", "DROP TABLE search_rows",
      "ALTER TABLE events DROP COLUMN moved_sequence", "DROP TABLE pending_parts",
      "DROP TABLE order_rebuild", "DROP TABLE event_tombstones", "DROP TABLE shared_phones",
      "DROP TABLE phone_work", "DROP TABLE spelled_stores", "DROP TABLE term_rules",
      "DROP INDEX requests_by_position", "ALTER TABLE requests DROP COLUMN position",
      "ALTER TABLE requests DROP COLUMN event_id",
      "CREATE INDEX requests_by_age ON requests (store_id, created_at)",
      "ALTER TABLE requests DROP COLUMN request_hash",
      "DROP INDEX requests_by_customer", "ALTER TABLE requests DROP COLUMN customer_id",
      "DROP INDEX requests_by_other_customer",
      "ALTER TABLE requests DROP COLUMN other_customer_id",
      "DROP INDEX confirmations_by_customer",
      "DROP TABLE erased_addresses", "DROP TABLE erased_ids", "DROP TABLE erasures",
      "ALTER TABLE customers DROP COLUMN provenance",
      "DROP TABLE id_aliases", "DROP TABLE address_aliases", "DROP INDEX aliases_by_customer",
      "DROP TABLE merges", "DROP TABLE merged_names", "DROP TABLE search_rebuild",
      "DROP INDEX events_by_sequence", "DROP TABLE feed_floors",
      "DROP TABLE memberships", "DROP TABLE terms", "DROP TABLE term_rebuild",
      "DELETE FROM sequences WHERE name = 'term'", "ALTER TABLE customers DROP COLUMN body_terms",
      "ALTER TABLE customers DROP COLUMN stats_terms",
      "PRAGMA user_version = \(try Self.termsVersion() - 1)",
    ]
    for sql in undo {
      try await Shop.write(store) { try $0.run(Query(sql)) }
    }
    store.close()
  }

  /// Returns the number of the migration that added terms.
  private static func termsVersion() throws -> Int {
    try #require(Migration.all.first { $0.name == "terms" }).version
  }

  @Test func everybodyIsListedAfterTheUpdate() async throws {
    let directory = TemporaryDirectory()
    try await old(directory, customers: 2300)
    var options = StoreOptions(directory: directory.path, migrations: Migration.all)
    options.durability = .off
    do {
      let store = try Store(options)
      let findings = try store.check([RecordChecks.run])
      #expect(findings.count == 2301, "everybody is missing from the lists")
      var reports: [Int] = []
      try TermsRebuild.run(store) { reports.append($0) }
      #expect(reports == [1000, 2000, 2300])
      #expect(try store.check([RecordChecks.run]) == [])
      try TermsRebuild.run(store) { _ in Issue.record("there is nothing left to do") }
      store.close()
    }
    // The result equals that of records written with terms from the beginning.
    let store = try Store(options)
    try TermsRebuild.run(store) { _ in Issue.record("there is nothing left to do") }
    store.close()
  }

  @Test func anInterruptedRebuildGoesOn() async throws {
    let directory = TemporaryDirectory()
    try await old(directory, customers: 1200)
    var store = try Store(StoreOptions(directory: directory.path, migrations: Migration.all))
    try await Shop.write(store) { transaction in
      try StoreWriter.useTermRules(version: CustomerTerms.rulesVersion, in: transaction)
      _ = try StoreWriter.rebuildTerms(atMost: 500, CustomerTerms.rules, in: transaction)
    }
    store.close()
    store = try Store(StoreOptions(directory: directory.path, migrations: Migration.all))
    var reports: [Int] = []
    try TermsRebuild.run(store) { reports.append($0) }
    #expect(reports == [700])
    #expect(try store.check([RecordChecks.run]) == [])
    store.close()
  }
}

/// Databases whose terms are of other rules than the program's.
struct TermRulesTests {
  /// A shop of three customers, one of them in another store, on none of the lists: as if the terms
  /// came with a newer version of the rules.
  private func fill(_ shop: Shop) async throws {
    for (name, store) in [("a", ""), ("b", ""), ("c", "other")] {
      try await shop.upsert(in: store) {
        $0.externalID = name
        $0.email = "\(name)@example.com"
        $0.tags = "vip"
      }
    }
    try TermsRebuild.run(shop.store)
    for row in try shop.rows("SELECT store_id, customer_id FROM customers", columns: 2) {
      let store = try #require(StoreID(row[0]))
      let id = try #require(Int64(row[1]))
      try await shop.write {
        try StoreWriter($0, store, CustomerTerms.rules).removeTerms(of: id)
      }
    }
  }

  private func version(_ shop: Shop) throws -> [[String]] {
    try shop.rows("SELECT version FROM term_rules", columns: 1)
  }

  @Test func aDatabaseBeginsWithTheFirstRules() async throws {
    try await Shop.open { shop in
      let stored = try version(shop)
      #expect(stored == [["1"]])
      #expect(try shop.rows("SELECT count(*) FROM term_rebuild", columns: 1) == [["0"]])
    }
  }

  @Test func newerRulesMakeTheTermsOfAllCustomersAgain() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      let newer = CustomerTerms.rulesVersion + 1
      var reports: [Int] = []
      try TermsRebuild.run(shop.store, version: newer) { reports.append($0) }
      #expect(reports == [3])
      #expect(try version(shop) == [["\(newer)"]])
      #expect(try shop.store.check([RecordChecks.run]) == [])
      #expect(try await shop.found(["tags": ["vip"]]) == ["a", "b"])
      #expect(try await shop.count(.of(["tags": ["vip"]]), in: "other").total == 1)
      try TermsRebuild.run(shop.store, version: newer) { _ in
        Issue.record("there is nothing left to do")
      }
    }
  }

  @Test func theRulesOfTheDatabaseNeedNoRebuild() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      try TermsRebuild.run(shop.store) { _ in Issue.record("there is nothing to do") }
      #expect(try await shop.found(["tags": ["vip"]]) == [])
    }
  }

  @Test func aRebuildThatWasInterruptedBeginsAgainByNewerRules() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      let newer = CustomerTerms.rulesVersion + 1
      try await shop.write { transaction in
        try StoreWriter.useTermRules(version: newer, in: transaction)
        _ = try StoreWriter.rebuildTerms(atMost: 2, CustomerTerms.rules, in: transaction)
      }
      var reports: [Int] = []
      try TermsRebuild.run(shop.store, version: newer + 1) { reports.append($0) }
      #expect(reports == [3])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func anOlderProgramKeepsTheTermsAndIsFollowedByARebuild() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      let newer = CustomerTerms.rulesVersion + 1
      try TermsRebuild.run(shop.store, version: newer)
      try TermsRebuild.run(shop.store) { _ in Issue.record("older rules change nothing") }
      #expect(try await shop.found(["tags": ["vip"]]) == ["a", "b"])
      var reports: [Int] = []
      try TermsRebuild.run(shop.store, version: newer) { reports.append($0) }
      #expect(reports == [3])
    }
  }

  @Test func anEmptyDatabaseHasNothingToRebuild() async throws {
    try await Shop.open { shop in
      let newer = CustomerTerms.rulesVersion + 1
      try TermsRebuild.run(shop.store, version: newer) { _ in
        Issue.record("there is nothing to do")
      }
      #expect(try version(shop) == [["\(newer)"]])
    }
  }
}
