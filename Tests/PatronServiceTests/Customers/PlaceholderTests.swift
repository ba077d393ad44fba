import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of placeholder identifiers, which belong to no customer, in every field that takes an
/// identifier.
struct PlaceholderTests {
  private func refund(_ id: String) -> SyncRefundRequest {
    .with {
      $0.orderExternalID = "o1"
      $0.refund = .with {
        $0.externalID = id
        $0.refundedAt = .at(1_700_000_500)
        $0.amount = .of(1)
      }
    }
  }

  private func checkout(_ token: String) -> SyncCheckoutRequest {
    .with {
      $0.customer = .with { $0.externalID = "c1" }
      $0.checkout = .with {
        $0.token = token
        $0.startedAt = .at(1_700_000_000)
      }
    }
  }

  private func known(_ shop: Shop) async throws {
    try await shop.upsert {
      $0.externalID = "c1"
      $0.email = "c1@example.com"
    }
    try await shop.sync(.of("o1", 100))
  }

  @Test(arguments: ["7.21045E+12", "#N/A", "[object Object]", "{{customer.id}}", "0.0", "-"])
  func noRecordGetsOne(_ id: String) async throws {
    try await Shop.open { shop in
      try await known(shop)
      let before = try shop.image()
      func named(_ input: inout CustomerInput) {
        input.externalID = id
        input.email = "a@example.com"
      }
      let customer = Broken("customer.external_id", "EXTERNAL_ID_PLACEHOLDER")
      func broken(_ path: String) -> Broken { Broken(path, "EXTERNAL_ID_PLACEHOLDER") }
      #expect(try await violations { try await shop.upsert(named) } == [customer])
      #expect(try await violations { try await shop.sync(.of("o2", 1), of: named) } == [customer])
      #expect(
        try await violations { try await shop.emit("points_earned", "e1", of: named) }
          == [customer]
      )
      #expect(
        try await violations { try await shop.subscribe { $0.customer = .with(named) } }
          == [customer]
      )
      let c1 = try await shop.customer(.externalID("c1")).id
      #expect(
        try await violations {
          try await shop.customers.updateCustomer(
            .with {
              $0.id = c1
              $0.customer = .with { $0.externalID = id }
            }
          )
        } == [customer]
      )
      let rows = try await shop.import([.with { $0.customer = .with(named) }, .of("c2")]) {
        $0.validateOnly = true
      }
      #expect(rows.results[0].error?.asError.broken == [customer])
      #expect(rows.results[1].outcome == .created)
      #expect(
        try await violations { try await shop.sync(.of(id, 1)) } == [broken("order.external_id")]
      )
      #expect(
        try await violations { try await shop.timelines.syncCheckout(checkout(id)) }
          == [broken("checkout.token")]
      )
      #expect(
        try await violations { try await shop.timelines.syncRefund(refund(id)) }
          == [broken("refund.external_id")]
      )
      // With other violations it is reported at once.
      let both = try await violations {
        try await shop.upsert {
          named(&$0)
          $0.gender = "x"
        }
      }
      #expect(Set(both) == [customer, Broken("customer.gender", "GENDER_UNKNOWN")])
      // A reference finds no customer.
      #expect(
        try await failure { try await shop.get(.externalID(id)) }.reason == "CUSTOMER_NOT_FOUND"
      )
      #expect(try shop.image() == before)
    }
  }

  @Test func anEventIsKnownByItsContentThen() async throws {
    try await Shop.open { shop in
      try await known(shop)
      let first = try await shop.emit("points_earned", "#N/A", at: 1_700_000_000)
      let second = try await shop.emit("points_earned", "#N/A", at: 1_700_000_001)
      #expect(first.outcome == .created && second.outcome == .created)
      #expect(first.warnings.map(\.field) == ["event.event_id"])
      #expect(first.warnings.map(\.reason) == ["EXTERNAL_ID_PLACEHOLDER"])
      let again = try await shop.emit("points_earned", "#N/A", at: 1_700_000_000)
      #expect(again.outcome == .unchanged && again.event?.id == first.event?.id)
    }
  }

  @Test func aStoreCanAllowSome() async throws {
    try await Shop.open { shop in
      try await known(shop)
      let settings = try await shop.set {
        $0.allowedExternalIDs = .with { $0.values = [" unknown ", "0000", "0000"] }
      }
      #expect(settings.allowedExternalIDs?.values == ["0000", "unknown"])
      func upsert(_ id: String, in storeID: String = "") async throws -> UpsertCustomerResponse {
        try await shop.upsert(in: storeID) {
          $0.externalID = id
          $0.email = "a@example.com"
        }
      }
      #expect(try await upsert("unknown").outcome == .created)
      #expect(try await upsert("unknown").outcome == .unchanged)
      #expect(try await shop.customer(.externalID("unknown")).email == "a@example.com")
      #expect(try await shop.sync(.of("0000", 100)).outcome == .created)
      #expect(try await shop.timelines.syncCheckout(checkout("unknown")).outcome == .created)
      #expect(try await shop.timelines.syncRefund(refund("unknown")).outcome == .updated)
      let imported = try await shop.import([
        .with { $0.customer = .with { $0.externalID = "unknown" } }
      ])
      #expect(imported.results[0].outcome == .unchanged)
      // Other placeholders are not allowed, nor is another spelling, and the setting does not count
      // in other stores.
      for (id, store) in [("null", ""), ("UNKNOWN", ""), ("000", ""), ("unknown", "other")] {
        let broken = try await violations { try await upsert(id, in: store) }
        #expect(broken == [Broken("customer.external_id", "EXTERNAL_ID_PLACEHOLDER")], "\(id)")
      }
      let many = try await violations {
        try await shop.set {
          $0.allowedExternalIDs = .with { $0.values = (0...100).map(String.init) }
        }
      }
      #expect(many == [Broken("settings.allowed_external_ids", "EXTERNAL_IDS_TOO_MANY")])
      let wrong = try await violations {
        try await shop.set {
          $0.allowedExternalIDs = .with { $0.values = ["guest", "", "a\u{1}"] }
        }
      }
      #expect(
        wrong == [
          Broken("settings.allowed_external_ids.values[1]", "EXTERNAL_ID_EMPTY"),
          Broken(
            "settings.allowed_external_ids.values[2]",
            "EXTERNAL_ID_HAS_CONTROL_CHARACTER"
          ),
        ]
      )
    }
  }
}
