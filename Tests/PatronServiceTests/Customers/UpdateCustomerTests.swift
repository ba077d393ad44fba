import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of changes by id, field by field.
struct UpdateCustomerTests {
  @discardableResult
  private func update(
    _ shop: Shop,
    _ id: Int64,
    mask: [String] = [],
    etag: String = "",
    in store: String = "",
    _ input: (inout CustomerInput) -> Void = { _ in }
  ) async throws -> UpdateCustomerResponse {
    try await shop.customers.updateCustomer(
      .with {
        $0.storeID = store
        $0.id = id
        $0.customer = .with(input)
        $0.updateMask = mask.isEmpty ? nil : .with { $0.paths = mask }
        $0.etag = etag
      }
    )
  }

  private func ada(_ shop: Shop) async throws -> Customer {
    try await shop.upsert {
      $0.externalID = "c1"
      $0.email = "ada@example.com"
      $0.firstName = "Ada"
      $0.lastName = "Byron"
      $0.tags = "vip,gold"
      $0.customProperties = ["size": .with { $0.kind = .int64Value(42) }, "hat": .string("big")]
    }.customer ?? Customer()
  }

  @Test func takesTheFieldsThatArePresent() async throws {
    try await Shop.open { shop in
      let before = try await ada(shop)
      let answer = try await update(shop, before.id) {
        $0.phoneNumber = "+14155550100"
        $0.firstName = ""
        $0.lastName = "Lovelace"
      }
      #expect(answer.outcome == .updated)
      #expect(answer.changedFields == ["first_name", "last_name", "phone_number"])
      var expected = before
      expected.phoneNumber = "+14155550100"
      expected.firstName = nil
      expected.lastName = "Lovelace"
      let after = try #require(answer.customer)
      #expect(after.etag != before.etag)
      expected.etag = after.etag
      expected.updatedAt = after.updatedAt
      expected.activity = after.activity
      expected.lastEventAt = after.lastEventAt
      #expect(after == expected)
      #expect(try await shop.customer(.phoneNumber("+14155550100")) == after)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func aMaskDecidesAndWhatItNamesButTheInputLacksIsCleared() async throws {
    try await Shop.open { shop in
      let before = try await ada(shop)
      let answer = try await update(
        shop,
        before.id,
        mask: ["first_name", "tags", "gender", "custom_properties.hat"]
      ) {
        $0.firstName = "Augusta"
        $0.lastName = "not in the mask"
      }
      #expect(
        answer.changedFields == ["custom_properties.hat", "first_name", "tags"]
      )
      let after = try await shop.customer(.id(before.id))
      #expect(after.firstName == "Augusta" && after.lastName == "Byron" && after.tags == nil)
      #expect(Array(after.customProperties.keys) == ["size"])
      // The whole map is replaced.
      let replaced = try await update(shop, before.id, mask: ["custom_properties"]) {
        $0.customProperties = ["shoe": .string("left")]
      }
      #expect(replaced.changedFields == ["custom_properties.shoe", "custom_properties.size"])
      #expect(replaced.customer?.customProperties == ["shoe": .string("left")])
      let image = try shop.image()
      let again = try await update(shop, before.id, mask: ["custom_properties"]) {
        $0.customProperties = ["shoe": .string("left")]
      }
      #expect(again.outcome == .unchanged && again.changedFields.isEmpty)
      #expect(try shop.image() == image)
    }
  }

  @Test func everyFieldCanBeClearedByTheMask() async throws {
    try await Shop.open { shop in
      try await shop.upsert(FieldValueTests.full)
      let before = try await shop.customer(.externalID("c1"))
      let mask = [
        "external_id", "phone_number", "first_name", "last_name", "gender", "account_created_at",
        "account_status", "default_language", "default_currency", "tags", "address",
        "accepts_sms_marketing", "accepts_email_marketing", "custom_properties",
      ]
      let after = try #require(try await update(shop, before.id, mask: mask).customer)
      #expect(after.email == before.email && after.id == before.id)
      #expect(after.externalID == nil && after.phoneNumber == nil && after.firstName == nil)
      #expect(after.lastName == nil && after.gender == nil && after.accountCreatedAt == nil)
      #expect(after.accountStatus == nil && after.defaultLanguage == nil && after.locale == nil)
      #expect(after.defaultCurrency == nil && after.tags == nil && after.address == nil)
      #expect(after.acceptsSMSMarketing == nil && after.acceptsEmailMarketing == nil)
      #expect(after.customProperties.isEmpty)
      #expect(
        after.subscriptions == before.subscriptions,
        "a flag that goes takes no consent along"
      )
      let last = try await failure { try await update(shop, before.id, mask: ["email"]) }
      #expect(last.code == .failedPrecondition && last.reason == "CONTACT_REQUIRED")
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  /// The answer to the first call was lost. The repeat gets that answer, and no etag mismatch
  /// because of its own update.
  @Test func aRepeatWithARequestIDIsAnsweredAsTheFirst() async throws {
    try await Shop.open { shop in
      let before = try await ada(shop)
      func update(_ name: String, _ requestID: String) async throws -> UpdateCustomerResponse {
        try await shop.customers.updateCustomer(
          .with {
            $0.id = before.id
            $0.customer = .with { $0.firstName = name }
            $0.etag = before.etag
            $0.requestID = requestID
          }
        )
      }
      let first = try await update("Augusta", "r1")
      #expect(first.outcome == .updated && first.changedFields == ["first_name"])
      let image = try shop.image()
      #expect(try await update("Augusta", "r1") == first)
      #expect(try shop.image() == image)
      let other = try await violations { try await update("Ada", "r1") }
      #expect(other == [Broken("request_id", "REQUEST_ID_REUSED")])
      let stale = try await failure { try await update("Ada", "r2") }
      #expect(stale.reason == "ETAG_MISMATCH")
      let long = try await violations { try await update("Ada", String(repeating: "r", count: 65)) }
      #expect(long == [Broken("request_id", "TEXT_TOO_LONG")])
      #expect(try shop.image() == image)
      #expect(CustomerService.updateCustomer.method.idempotency == .unknown)
    }
  }

  @Test func anEtagThatIsOldAborts() async throws {
    try await Shop.open { shop in
      let before = try await ada(shop)
      let first = try await update(shop, before.id, etag: before.etag) { $0.firstName = "A" }
      let image = try shop.image()
      let error = try await failure {
        try await update(shop, before.id, etag: before.etag) { $0.firstName = "B" }
      }
      #expect(error.code == .aborted && error.reason == "ETAG_MISMATCH")
      #expect(error.metadata == ["etag": first.customer?.etag ?? ""])
      #expect(try shop.image() == image)
      let second = try await update(shop, before.id, etag: first.customer?.etag ?? "") {
        $0.firstName = "B"
      }
      #expect(second.outcome == .updated)
    }
  }

  @Test func identifiersOfOthersAreRefused() async throws {
    try await Shop.open { shop in
      let ada = try await ada(shop)
      let bob = try await shop.upsert {
        $0.externalID = "c2"
        $0.email = "bob@example.com"
      }.customer?.id
      let guest = try await shop.upsert { $0.phoneNumber = "+14155550199" }.customer?.id ?? 0
      let image = try shop.image()
      for (field, edit) in [
        ("external_id", { (input: inout CustomerInput) in input.externalID = "c2" }),
        ("email", { $0.email = "BOB@example.com" }),
      ] {
        let error = try await failure { try await update(shop, ada.id, edit) }
        #expect(error.code == .alreadyExists && error.reason == "IDENTIFIER_CONFLICT")
        #expect(error.metadata == ["field": field, "customer_id": String(bob ?? 0)])
      }
      #expect(try shop.image() == image)
      // A customer with only an e-mail address gets a second identifier and an external id.
      let answer = try await update(shop, guest) {
        $0.email = "guest@example.com"
        $0.externalID = "c3"
      }
      #expect(answer.changedFields == ["email", "external_id"])
      #expect(try await shop.customer(.externalID("c3")).id == guest)
    }
  }

  @Test func tellsEveryViolationAtOnce() async throws {
    try await Shop.open { shop in
      let broken = try await violations {
        try await update(shop, 0, mask: ["email", "nonsense", "custom_properties.", "address.plz"])
        {
          $0.email = "nobody"
        }
      }
      #expect(
        broken == [
          Broken("id", "REF_MISSING"), Broken("update_mask.paths[1]", "MASK_PATH_UNKNOWN"),
          Broken("update_mask.paths[2]", "MASK_PATH_UNKNOWN"),
          Broken("update_mask.paths[3]", "MASK_PATH_UNKNOWN"),
          Broken("customer.email", "EMAIL_MALFORMED"),
        ]
      )
      let long = try await violations {
        try await update(shop, 1, mask: Array(repeating: "tags", count: 201))
      }
      #expect(long == [Broken("update_mask", "LIST_TOO_LONG")])
      let unknown = try await failure {
        try await update(shop, 1, mask: Array(repeating: "tags", count: 200))
      }
      #expect(unknown.code == .notFound && unknown.reason == "CUSTOMER_NOT_FOUND")
      let ada = try await ada(shop)
      let foreign = try await failure {
        try await update(shop, ada.id, in: "other") { $0.firstName = "X" }
      }
      #expect(foreign.code == .notFound)
    }
  }
}

extension PropertyValue {
  fileprivate static func string(_ text: String) -> PropertyValue {
    .with { $0.kind = .stringValue(text) }
  }
}
