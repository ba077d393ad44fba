import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

extension Shop {
  /// Calls DeleteCustomer.
  @discardableResult
  func delete(
    _ ref: CustomerRef.Ref,
    _ mode: DeleteMode = .anonymize,
    in storeID: String = "",
    requestID: String = "",
    reason: String = ""
  ) async throws -> DeleteCustomerResponse {
    try await customers.deleteCustomer(
      .with {
        $0.storeID = storeID
        $0.customer = .with { $0.ref = ref }
        $0.mode = mode
        $0.requestID = requestID
        $0.reason = reason
      }
    )
  }
}

/// Tests of the data that an erasure leaves, and of the calls that it refuses.
struct DeleteTests {
  static func ada(_ input: inout CustomerInput) {
    input.externalID = "c1"
    input.email = "ada@example.com"
    input.phoneNumber = "+14155550101"
    input.firstName = "Ada"
    input.tags = "rare"
  }

  @Test(arguments: [DeleteMode.anonymize, .purge])
  func nothingFindsTheCustomer(_ mode: DeleteMode) async throws {
    try await Shop.open { shop in
      let customer = try #require(try await shop.upsert(Self.ada).customer)
      let other = try #require(
        try await shop.upsert { $0.email = "bob@example.com" }.customer
      )
      try await shop.delete(.id(customer.id), mode)
      for ref in [
        CustomerRef.Ref.externalID("c1"), .email("ada@example.com"),
        .phoneNumber("+14155550101"),
      ] {
        #expect(try await failure { try await shop.get(ref) }.reason == "CUSTOMER_NOT_FOUND")
      }
      let id = CustomerRef.Ref.id(customer.id)
      let errors = [
        try await failure { try await shop.get(id) },
        try await failure { try await shop.get(id, view: .full) },
        try await failure { try await shop.timeline(id) },
        try await failure { try await shop.history(id) },
        try await failure { try await shop.delete(.id(customer.id), mode) },
        try await failure {
          try await shop.customers.updateCustomer(
            .with {
              $0.id = customer.id
              $0.customer = .with { $0.firstName = "Eve" }
            }
          )
        },
        try await failure { try await shop.suppress(id) },
        try await failure { try await shop.merge(id, .id(other.id)) },
        try await failure { try await shop.merge(.id(other.id), id, preview: true) },
        try await failure { try await shop.unsubscribe(id) },
        try await failure {
          try await shop.timelines.listOrders(.with { $0.customer = .with { $0.ref = id } })
        },
      ]
      #expect(errors.allSatisfy { $0.code == .notFound && $0.reason == "CUSTOMER_ERASED" })
      #expect(try await shop.list().customers.map(\.id) == [other.id])
      for query in ["ada", "5550101"] { #expect(try await shop.search(query) == [], "\(query)") }
      let counts = try await shop.customers.countCustomers(
        .with { $0.facetCategories = ["*"] }
      )
      #expect(counts.total == 1)
      #expect(!(try counts.json().contains("rare")))
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func amountsAndDatesStay() async throws {
    try await Shop.open { shop in
      let customer = try #require(try await shop.upsert(Self.ada).customer)
      let order = try #require(
        try await shop.sync(
          .of("o1", 4200) {
            $0.paymentStatus = .paid
            $0.lineItems = [
              .with {
                $0.productID = "p1"
                $0.name = "For Ada"
                $0.quantity = 2
                $0.total = .of(4200)
              }
            ]
            $0.refunds = [
              .with {
                $0.externalID = "r1"
                $0.refundedAt = .at(1_700_000_500)
                $0.amount = .of(100)
                $0.reason = "Ada asked"
              }
            ]
          }
        ).order
      )
      let event = try #require(
        try await shop.record {
          $0.source = .product
          $0.type = "points_earned"
          $0.eventID = "ada-1"
          $0.occurredAt = .at(1_700_000_000)
          $0.amount = .of(5)
          $0.properties["points"] = .with { $0.kind = .int64Value(20) }
          $0.properties["rule"] = .text("Ada's birthday")
          $0.references = .with { $0.orderExternalID = "o1" }
        }.event
      )
      try await shop.delete(.id(customer.id))
      let answer = try await shop.timelines.getOrder(.with { $0.order = .externalID("o1") })
      let left = try #require(answer.order)
      #expect(left.total == order.total && left.placedAt == order.placedAt)
      #expect(left.lineItems.first?.productID == "p1" && left.lineItems.first?.quantity == 2)
      #expect(left.lineItems.first?.name == "" && left.refunds.first?.amount == .of(100))
      #expect(left.refunds.first?.refundedAt == .at(1_700_000_500))
      #expect(left.refunds.first?.reason == "" && left.customerID == customer.id)
      let kept = try #require(
        try await shop.timelines.getEvent(.with { $0.event = .id(event.id) }).event
      )
      #expect(kept.type == "points_earned" && kept.amount == .of(5) && kept.source == .product)
      #expect(kept.occurredAt == event.occurredAt && kept.sequence == event.sequence)
      #expect(kept.properties["points"] == .with { $0.kind = .int64Value(20) })
      #expect(kept.properties.count == 1 && kept.references?.orderExternalID == "o1")
      #expect(kept.eventID == "patron:erased:\(event.id)")
    }
  }

  @Test func whatIsLeftIsNotChangedAnyMore() async throws {
    try await Shop.open { shop in
      try await shop.upsert(Self.ada)
      try await shop.sync(.of("o1", 4200))
      try await shop.delete(.externalID("c1"))
      let refund = try await failure {
        try await shop.timelines.syncRefund(
          .with {
            $0.orderExternalID = "o1"
            $0.refund = .with {
              $0.externalID = "r2"
              $0.refundedAt = .at(1_700_000_600)
              $0.amount = .of(1)
            }
          }
        )
      }
      #expect(refund.code == .failedPrecondition && refund.reason == "CUSTOMER_ERASED")
      let again = try await failure {
        try await shop.sync(.of("o1", 1)) { $0.email = "bob@example.com" }
      }
      #expect(again.reason == "CUSTOMER_ERASED")
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func purgingLeavesTheReceiptOnly() async throws {
    try await Shop.open { shop in
      let customer = try #require(try await shop.upsert(Self.ada).customer)
      try await shop.sync(.of("o1", 4200))
      try await shop.record(RecordEventTests.quiz("e1"))
      let receipt = try await shop.delete(.id(customer.id), .purge, reason: "letter of May")
      #expect(receipt.eventCount == 3 && receipt.orderCount == 1)
      let missing = try await failure {
        try await shop.timelines.getOrder(.with { $0.order = .externalID("o1") })
      }
      #expect(missing.reason == "ORDER_NOT_FOUND")
      #expect(
        try shop.rows("SELECT type, id FROM events", columns: 2)
          == [["profile_redacted", String(receipt.receiptID)]]
      )
      #expect(
        try shop.rows("SELECT reason, mode, is_complete FROM erasures", columns: 3)
          == [["letter of May", "2", "1"]]
      )
      let stats = try Customer(
        decoding: try #require(try shop.blobs("SELECT stats FROM erasures").first)
      )
      #expect(stats.orderStats.map(\.totalSpent) == [4200])
      #expect(stats.activity.isEmpty && stats.lastEventAt == nil)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func aRepeatGetsTheFirstReceipt() async throws {
    try await Shop.open { shop in
      try await shop.upsert(Self.ada)
      let first = try await shop.delete(.externalID("c1"), requestID: "r1")
      let image = try shop.image()
      #expect(try await shop.delete(.externalID("c1"), requestID: "r1") == first)
      #expect(try shop.image() == image)
      let other = try await failure { try await shop.delete(.externalID("c1"), requestID: "r2") }
      #expect(other.reason == "CUSTOMER_NOT_FOUND")
      try await shop.record(
        requestID: "r3",
        of: { $0.email = "bob@example.com" },
        RecordEventTests.quiz("e")
      )
      let reused = try await failure {
        try await shop.delete(.email("bob@example.com"), requestID: "r3")
      }
      #expect(reused.broken == [Broken("request_id", "REQUEST_ID_REUSED")])
    }
  }

  @Test func answersThatWereKeptAreForgotten() async throws {
    try await Shop.open { shop in
      try await shop.record(requestID: "r1", of: Self.ada, RecordEventTests.quiz("e1"))
      try await shop.subscribe {
        $0.customer = .with { $0.externalID = "c1" }
        $0.requestID = "r2"
      }
      try await shop.record(
        requestID: "r3",
        of: { $0.email = "bob@example.com" },
        RecordEventTests.quiz("e2")
      )
      try await shop.delete(.externalID("c1"))
      #expect(try shop.rows("SELECT request_id FROM requests", columns: 1) == [["r3"]])
      let again = try await failure {
        try await shop.record(requestID: "r1", of: Self.ada, RecordEventTests.quiz("e1"))
      }
      #expect(again.reason == "ADDRESS_ERASED")
    }
  }

  @Test func refusesWhatIsMalformed() async throws {
    try await Shop.open { shop in
      try await shop.upsert(Self.ada)
      let image = try shop.image()
      #expect(
        try await violations { try await shop.customers.deleteCustomer(.init()) }
          == [Broken("customer", "REF_MISSING")]
      )
      #expect(
        try await violations {
          try await shop.delete(
            .externalID("c1"),
            DeleteMode(rawValue: 9),
            requestID: String(repeating: "r", count: 65),
            reason: String(repeating: "r", count: 256)
          )
        }.map(\.path).sorted() == ["mode", "reason", "request_id"]
      )
      #expect(
        try await failure { try await shop.delete(.externalID("c9")) }.reason
          == "CUSTOMER_NOT_FOUND"
      )
      #expect(
        try await failure { try await shop.delete(.externalID("c1"), in: "two") }.reason
          == "CUSTOMER_NOT_FOUND"
      )
      #expect(try shop.image() == image)
      try await shop.delete(
        .externalID("c1"),
        requestID: String(repeating: "r", count: 64),
        reason: String(repeating: "r", count: 255)
      )
    }
  }
}
