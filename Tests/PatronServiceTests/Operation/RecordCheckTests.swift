import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronSample
@testable import PatronServer
@testable import PatronService

/// Tests that the check finds every kind of inconsistency.
struct RecordCheckTests {
  private func fill(_ shop: Shop) async throws {
    for number in 1...2 {
      let customer: (inout CustomerInput) -> Void = {
        $0.externalID = "c\(number)"
        $0.email = "c\(number)@example.com"
        $0.phoneNumber = "+1415555010\(number)"
        $0.acceptsEmailMarketing = true
      }
      try await shop.upsert(customer)
      try await shop.sync(.of("o\(number)", 100), of: customer)
      try await shop.record(of: customer, RecordEventTests.quiz("e\(number)"))
    }
  }

  private func body<Record: Message>(
    _ shop: Shop,
    _ table: String,
    _ change: (inout Record) -> Void
  ) throws -> [UInt8] {
    let bytes = try shop.blobs("SELECT body FROM \(table) ORDER BY rowid LIMIT 1")
    var record = try Record(decoding: try #require(bytes.first))
    change(&record)
    return try record.encoded()
  }

  static let plain: [(String, String)] = [
    ("UPDATE customers SET external_id = 'x' WHERE external_id = 'c1'", "external_id and its"),
    ("UPDATE customers SET email = 'x@example.com' WHERE external_id = 'c1'", "email and its"),
    ("UPDATE customers SET phone = '+1' WHERE external_id = 'c1'", "phone_number and its"),
    ("UPDATE customers SET updated_at = 1 WHERE external_id = 'c1'", "updated_at and its"),
    ("UPDATE customers SET body = x'ff' WHERE external_id = 'c1'", "the record cannot be decoded"),
    ("UPDATE customers SET stats = x'ff' WHERE external_id = 'c1'", "statistics cannot be decoded"),
    ("UPDATE customers SET stats = x'' WHERE external_id = 'c1'", "order statistics and orders"),
    ("UPDATE customers SET stats = x'' WHERE external_id = 'c1'", "last activity and events"),
    ("DELETE FROM customers WHERE external_id = 'c1'", "events of store default: their customer"),
    ("DELETE FROM customers WHERE external_id = 'c1'", "orders of store default: their customer"),
    ("DELETE FROM customers WHERE external_id = 'c1'", "who does not exist"),
    ("INSERT INTO aliases VALUES ('default', 'old', 999)", "former external ids of store default"),
    ("DELETE FROM events WHERE event_id = 'e1'", "last activity and events"),
    ("UPDATE events SET type = 'x' WHERE event_id = 'e1'", "the event and its columns"),
    ("UPDATE events SET occurred_at = 5 WHERE event_id = 'e1'", "the event and its columns"),
    ("UPDATE events SET sequence = 5000 WHERE event_id = 'e1'", "ids up to 5000 are in use"),
    ("UPDATE events SET body = x'ff' WHERE event_id = 'e1'", "event 9 of store default"),
    ("UPDATE orders SET total = 1 WHERE external_id = 'o1'", "the order and its columns"),
    ("UPDATE orders SET refunded = 1 WHERE external_id = 'o1'", "the order and its columns"),
    ("UPDATE orders SET cancelled = 1 WHERE external_id = 'o1'", "the order and its columns"),
    ("UPDATE orders SET body = x'ff' WHERE external_id = 'o1'", "of store default: it cannot"),
    ("DELETE FROM orders WHERE external_id = 'o1'", "order statistics and orders"),
    (
      "INSERT INTO pending_parts VALUES ('default', 'o9', 1, 'r', 5, 1, x'ff')",
      "waiting part 1 of store default: it cannot"
    ),
    (
      "INSERT INTO pending_parts VALUES ('default', 'o1', 1, 'r', 5, 1, x'')",
      "a part of store default waits for order"
    ),
    ("DELETE FROM consent_ledger", "consent and its ledger differ"),
    ("DELETE FROM customer_search_docsize", "not in the search index"),
    ("UPDATE sequences SET value = 0", "rows of the search index up to"),
    ("UPDATE store_sequences SET value = 0", "but the next one would be 1"),
  ]

  @Test(arguments: 0..<plain.count)
  func findsWhatWasTamperedWith(_ index: Int) async throws {
    let (sql, finding) = Self.plain[index]
    try await Shop.open { shop in
      try await fill(shop)
      #expect(try shop.store.check([RecordChecks.run]) == [])
      // The ids of the sample records are the same in every run; the event's id is looked up.
      let event = try shop.rows("SELECT id FROM events WHERE event_id = 'e1'", columns: 1)
      let expected = finding.replacing("event 9", with: "event \(event[0][0])")
      try await shop.tamper(sql)
      let findings = try shop.store.check([RecordChecks.run])
      #expect(findings.contains { $0.contains(expected) }, "\(sql): \(findings)")
      #expect(findings.allSatisfy { !$0.contains("@") && !$0.contains("+1415") })
    }
  }

  @Test func findsRecordsThatSayOtherThanTheyShould() async throws {
    let changes: [(String, @Sendable (inout Customer) -> Void)] = [
      ("the record has another id", { $0.id = 77 }),
      (
        "neither e-mail nor phone number",
        {
          $0.email = nil
          $0.phoneNumber = nil
        }
      ),
      ("fields of its statistics", { $0.lastEventAt = .at(5) }),
      ("consent and its ledger differ", { $0.subscriptions[0].state = .unsubscribed }),
    ]
    for (finding, change) in changes {
      try await Shop.open { shop in
        try await fill(shop)
        let changed = try body(shop, "customers", change)
        try await shop.tamper("UPDATE customers SET body = ?1 WHERE external_id = 'c1'", changed)
        let findings = try shop.store.check([RecordChecks.run])
        #expect(findings.contains { $0.contains(finding) }, "\(findings)")
      }
    }
  }

  @Test func aSampleShopIsSoundAndItsRepeatChangesNothing() async throws {
    try await Shop.open { shop in
      let sample = SampleShop(customers: 220, eventsPerCustomer: 3, seed: 42)
      try sample.fill(shop.store) { _ in }
      #expect(try shop.store.check([RecordChecks.run]) == [])
      #expect(try shop.rows("SELECT count(*) FROM customers", columns: 1) == [["220"]])
      // Each customer has three events and one of its creation, and each ledger row has one: 55
      // flags of SMS, 36 of e-mail, and 96 imported states and suppressions.
      #expect(try shop.rows("SELECT count(*) FROM consent_ledger", columns: 1) == [["187"]])
      #expect(try shop.rows("SELECT count(*) FROM events", columns: 1) == [["1067"]])
      let image = try shop.image()
      try sample.fill(shop.store) { _ in }
      #expect(try shop.image() == image)
      #expect(try await shop.customer(.externalID("g0000001")).externalID == "g0000001")
      try await Shop.open { other in
        try sample.fill(other.store) { _ in }
        // Each database has its own key for the hashes of suppressed addresses, knows when its
        // stores began, and has its own times in the audit log.
        func image(_ shop: Shop) throws -> String {
          try shop.image(without: "suppressions", "consent_ledger", "stores", "audit")
        }
        func ledger(_ shop: Shop) throws -> [ConsentRecord] {
          try shop.blobs("SELECT body FROM consent_ledger ORDER BY id").map {
            var row = try ConsentRecord(decoding: $0)
            #expect([0, 32].contains(row.addressHash.count))
            row.addressHash = []
            return row
          }
        }
        #expect(try image(other) == image(shop))
        #expect(try ledger(other) == ledger(shop))
      }
    }
  }
}
