import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests that damaged stored bytes are never an answer: a caller could not read it.
struct DamagedRecordTests {
  private func fill(_ shop: Shop) async throws {
    try await shop.upsert {
      $0.externalID = "c1"
      $0.email = "c1@example.com"
      $0.acceptsEmailMarketing = true
      $0.address = .with { $0.city = "Delft" }
    }
    try await shop.sync(.of("o1", 100))
    try await shop.record(RecordEventTests.quiz("e1"))
  }

  /// Bytes that are not a message; a message cut short; text that is not UTF-8; an invalid nested
  /// message.
  static let damages = [
    "x'FF'", "substr(body, 1, length(body) - 1)", "x'1203C3280A'",
    "CAST(body || x'7A02FFFF' AS BLOB)",
  ]

  @Test(arguments: damages)
  func aDamagedCustomerIsDataLoss(_ damage: String) async throws {
    try await Shop.open { shop in
      try await fill(shop)
      try await shop.tamper("UPDATE customers SET body = \(damage)")
      let one = CustomerRef.Ref.externalID("c1")
      for view in [CustomerView.unspecified, .full] {
        try await expectDataLoss { try await shop.get(one, view: view) }
      }
      try await expectDataLoss { try await shop.list() }
      try await expectDataLoss { try await shop.list("c1@") }
      try await expectDataLoss {
        try await shop.customers.batchGetCustomers(
          .with { $0.customers = [.with { $0.ref = .externalID("c1") }] }
        )
      }
      try await expectDataLoss { try await shop.timeline(one) }
    }
  }

  @Test func damagedStatisticsAreDataLoss() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      try await shop.tamper("UPDATE customers SET stats = x'FF'")
      try await expectDataLoss { try await shop.get(.externalID("c1")) }
      try await expectDataLoss { try await shop.list() }
    }
  }

  @Test(arguments: ["x'FF'", "substr(body, 1, length(body) - 1)"])
  func damagedOrdersAndEventsAreDataLoss(_ damage: String) async throws {
    try await Shop.open { shop in
      try await fill(shop)
      let id = try await shop.customer(.externalID("c1")).id
      let event = try shop.rows("SELECT id FROM events WHERE event_id = 'e1'", columns: 1)
      try await shop.tamper("UPDATE events SET body = \(damage)")
      try await expectDataLoss { try await shop.timeline(.externalID("c1")) }
      try await expectDataLoss {
        try await shop.timelines.getEvent(
          .with { $0.event = .id(Int64(event[0][0]) ?? 0) }
        )
      }
      try await shop.tamper("UPDATE orders SET body = \(damage)")
      try await expectDataLoss {
        try await shop.timelines.getOrder(.with { $0.order = .externalID("o1") })
      }
      try await expectDataLoss {
        try await shop.timelines.listOrders(.with { $0.customer = .with { $0.ref = .id(id) } })
      }
      // Other records are read as usual.
      #expect(try await shop.customer(.externalID("c1")).id == id)
    }
  }

  @Test func aDamagedLedgerIsDataLoss() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      try await shop.tamper("UPDATE consent_ledger SET body = x'FF'")
      try await expectDataLoss {
        try await shop.customers.listConsentHistory(
          .with { $0.customer = .with { $0.ref = .externalID("c1") } }
        )
      }
    }
  }

  private func expectDataLoss<Answer>(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ call: () async throws -> Answer
  ) async throws {
    let error = try await failure(sourceLocation: sourceLocation, call)
    #expect(error.code == .dataLoss, sourceLocation: sourceLocation)
    #expect(error.reason == "DATABASE_DAMAGED", sourceLocation: sourceLocation)
    #expect(!error.message.contains("@"), sourceLocation: sourceLocation)
  }
}
