import PatronProto
import ProtobufC
import TTRPC
import Testing

/// Tests of the customer that a request identifies.
struct IdentityTests {
  @Test func aRequestNamesOneCustomer() async throws {
    try await Shop.open { shop in
      let both = try await violations {
        try await shop.upsert {
          $0.email = "a@example.com"
          $0.phoneNumber = "+14155550101"
        }
      }
      #expect(both == [Broken("customer", "IDENTITY_AMBIGUOUS")])
      let none = try await violations { try await shop.upsert { $0.firstName = "Ada" } }
      #expect(none == [Broken("customer", "IDENTITY_MISSING")])
      let bare = try await failure { try await shop.upsert { $0.externalID = "c1" } }
      #expect(bare.code == .failedPrecondition && bare.reason == "CONTACT_REQUIRED")
      let blank = try await failure {
        try await shop.upsert {
          $0.externalID = "c1"
          $0.email = " "
        }
      }
      #expect(blank.reason == "CONTACT_REQUIRED")
      #expect(try shop.rows("SELECT 1 FROM customers", columns: 1).isEmpty)
    }
  }

  @Test func theExternalIDFindsAndTheOthersFollow() async throws {
    try await Shop.open { shop in
      let made = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "old@example.com"
      }
      let moved = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "new@example.com"
        $0.phoneNumber = "+14155550101"
      }
      #expect(moved.customer?.id == made.customer?.id)
      #expect(moved.changedFields == ["email", "phone_number"])
      let gone = try await failure { try await shop.get(.email("old@example.com")) }
      #expect(gone.code == .notFound)
      #expect(try await shop.search("old@") == [])
      #expect(try await shop.search("new@") == ["c1"])
      let other = try await shop.upsert { $0.email = "old@example.com" }
      #expect(other.outcome == .created)
    }
  }

  @Test func adoptsACustomerWithoutExternalID() async throws {
    try await Shop.open { shop in
      let made = try await shop.upsert { $0.phoneNumber = "+14155550101" }
      let adopted = try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = "+1 415 555 0101"
        $0.email = "c1@example.com"
      }
      #expect(adopted.outcome == .updated)
      #expect(adopted.changedFields == ["email", "external_id"])
      #expect(adopted.customer?.id == made.customer?.id)
      #expect(try await shop.customer(.externalID("c1")) == adopted.customer)
    }
  }

  @Test func aGuestIsAdoptedAndTheAddressKeepsAnswering() async throws {
    try await Shop.open { shop in
      // Shops send a guest's address as the external id.
      let guest = try await shop.upsert {
        $0.externalID = "Ada@example.com"
        $0.email = "ada@example.com"
      }
      let adopted = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "ada@example.com"
      }
      let id = try #require(guest.customer?.id)
      #expect(adopted.customer?.id == id)
      #expect(adopted.changedFields == ["external_id"])
      #expect(try await shop.customer(.externalID("Ada@example.com")).id == id)
      #expect(try await shop.customer(.externalID("c1")).id == id)
      // The next order of the guest finds the customer and does not change the external id.
      let order = try await shop.sync(.of("o1", 100)) {
        $0.externalID = "Ada@example.com"
        $0.email = "ada@example.com"
      }
      #expect(order.order?.customerID == id && !order.customerCreated)
      let again = try await shop.upsert {
        $0.externalID = "Ada@example.com"
        $0.firstName = "Ada"
      }
      #expect(again.customer?.id == id)
      #expect(again.changedFields == ["first_name"])
      #expect(try await shop.customer(.id(id)).externalID == "c1")
    }
  }

  @Test func aGuestsOrderFindsTheKnownCustomer() async throws {
    try await Shop.open { shop in
      let made = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "ada@example.com"
      }
      let order = try await shop.sync(.of("o1", 100)) {
        $0.externalID = "ada@example.com"
        $0.email = "ada@example.com"
        $0.phoneNumber = "+14155550101"
      }
      #expect(order.order?.customerID == made.customer?.id)
      let customer = try await shop.customer(.externalID("c1"))
      #expect(customer.phoneNumber == "+14155550101")
    }
  }

  @Test func neverStealsAnIdentifier() async throws {
    try await Shop.open { shop in
      let owner = try await shop.upsert {
        $0.externalID = "owner"
        $0.email = "secret@example.com"
        $0.phoneNumber = "+14155550101"
      }
      try await shop.upsert {
        $0.externalID = "other"
        $0.email = "other@example.com"
      }
      let id = String(try #require(owner.customer?.id))
      let before = try shop.image()
      let cases: [(String, (inout CustomerInput) -> Void)] = [
        ("email", { $0.email = "SECRET@example.com" }),
        ("phone_number", { $0.phoneNumber = "+14155550101" }),
      ]
      for (field, change) in cases {
        for externalID in ["other", "c-99"] {
          let error = try await failure {
            try await shop.upsert {
              $0.externalID = externalID
              change(&$0)
            }
          }
          #expect(error.code == .alreadyExists)
          #expect(error.reason == "IDENTIFIER_CONFLICT")
          #expect(error.metadata == ["field": field, "customer_id": id])
          #expect(!"\(error)\(error.details)".lowercased().contains("secret"))
          #expect(!"\(error.message)".contains("5550101"))
        }
      }
      #expect(try shop.image() == before)
    }
  }

  @Test func keepsExistingIdentifiersWhereAsked() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "owner"
        $0.email = "owner@example.com"
        $0.phoneNumber = "+14155550101"
      }
      try await shop.upsert {
        $0.externalID = "other"
        $0.email = "other@example.com"
      }
      func keep(_ input: (inout CustomerInput) -> Void) async throws -> UpsertCustomerResponse {
        try await shop.upsert(adjust: { $0.onConflict = .keepExisting }, input)
      }
      let kept = try await keep {
        $0.externalID = "other"
        $0.email = "owner@example.com"
        $0.phoneNumber = "+14155550101"
        $0.firstName = "Ada"
      }
      #expect(kept.changedFields == ["first_name"])
      #expect(kept.customer?.email == "other@example.com" && kept.customer?.phoneNumber == nil)
      #expect(kept.warnings.map(\.reason) == ["IDENTIFIER_KEPT", "IDENTIFIER_KEPT"])
      #expect(kept.warnings.map(\.field) == ["customer.email", "customer.phone_number"])
      let made = try await keep {
        $0.externalID = "third"
        $0.email = "owner@example.com"
        $0.phoneNumber = "+14155550103"
      }
      #expect(made.outcome == .created)
      #expect(made.customer?.email == nil && made.customer?.phoneNumber == "+14155550103")
      let nothingLeft = try await failure {
        try await keep {
          $0.externalID = "fourth"
          $0.email = "owner@example.com"
        }
      }
      #expect(nothingLeft.code == .alreadyExists && nothingLeft.reason == "IDENTIFIER_CONFLICT")
      let owner = try await shop.customer(.externalID("owner")).id
      #expect(nothingLeft.metadata == ["field": "email", "customer_id": String(owner)])
    }
  }

  @Test func theLastAddressCannotBeCleared() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "a@example.com"
        $0.phoneNumber = "+14155550101"
      }
      let one = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = ""
      }
      #expect(one.changedFields == ["email"])
      let before = try shop.image()
      let last = try await failure {
        try await shop.upsert {
          $0.externalID = "c1"
          $0.phoneNumber = ""
        }
      }
      #expect(last.code == .failedPrecondition && last.reason == "CONTACT_REQUIRED")
      #expect(try shop.image() == before)
      let swapped = try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = ""
        $0.email = "b@example.com"
      }
      #expect(swapped.changedFields == ["email", "phone_number"])
    }
  }

  @Test func anEmptyExternalIDInAnUpsertIsNone() async throws {
    try await Shop.open { shop in
      let known = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "a@example.com"
      }
      let before = try shop.image()
      // Platforms send it for guests, even if a registered customer has the address.
      for empty in ["", "  "] {
        let guest = try await shop.upsert {
          $0.externalID = empty
          $0.email = "a@example.com"
        }
        #expect(guest.outcome == .unchanged && guest.customer == known.customer)
      }
      let batch = try await shop.customers.batchUpsertCustomers(
        .with {
          $0.customers = [
            .with {
              $0.externalID = ""
              $0.email = "a@example.com"
            }
          ]
        }
      )
      let imported = try await shop.import([
        .with {
          $0.customer = .with {
            $0.externalID = ""
            $0.email = "a@example.com"
          }
        }
      ])
      #expect(batch.counts?.unchanged == 1 && imported.counts?.unchanged == 1)
      #expect(try shop.image() == before)
    }
  }

  @Test func anExternalIDCanBeTakenAway() async throws {
    try await Shop.open { shop in
      let known = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "a@example.com"
      }
      let cleared = try await shop.customers.updateCustomer(
        .with {
          $0.id = known.customer?.id ?? 0
          $0.customer = .with { $0.externalID = "" }
        }
      )
      #expect(cleared.changedFields == ["external_id"])
      let gone = try await failure { try await shop.get(.externalID("c1")) }
      #expect(gone.reason == "CUSTOMER_NOT_FOUND")
      let next = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "b@example.com"
      }
      #expect(next.outcome == .created)
    }
  }
}
