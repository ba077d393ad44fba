import PatronProto
import ProtobufC
import TTRPC
import Testing

/// Tests of GetCustomer.
struct GetTests {
  @Test func everyReferenceFindsAndUnknownOnesDoNot() async throws {
    try await Shop.open { shop in
      let made = try await shop.upsert(FieldValueTests.full)
      let customer = try #require(made.customer)
      let good: [CustomerRef.Ref] = [
        .id(customer.id), .externalID("c1"), .email("c1@example.com"), .phoneNumber("+14155550101"),
      ]
      for ref in good { #expect(try await shop.customer(ref) == customer) }
      let unknown: [CustomerRef.Ref] = [
        .id(0), .id(-1), .id(customer.id + 1), .externalID("C1"), .externalID(""),
        .externalID("guest"), .email("x@example.com"), .phoneNumber("+14155550102"),
      ]
      for ref in unknown {
        let error = try await failure { try await shop.get(ref) }
        #expect(error.code == .notFound && error.reason == "CUSTOMER_NOT_FOUND", "\(ref)")
      }
    }
  }

  @Test func malformedReferencesAreTold() async throws {
    try await Shop.open { shop in
      let none = try await violations {
        try await shop.customers.getCustomer(GetCustomerRequest())
      }
      #expect(none == [Broken("customer", "REF_MISSING")])
      let email = try await violations { try await shop.get(.email("x")) }
      #expect(email == [Broken("customer.email", "EMAIL_MALFORMED")])
      let phone = try await violations { try await shop.get(.phoneNumber("555")) }
      #expect(phone == [Broken("customer.phone_number", "PHONE_COUNTRY_MISSING")])
      let view = try await violations {
        try await shop.customers.getCustomer(
          .with {
            $0.customer = .with { $0.ref = .id(1) }
            $0.view = CustomerView(rawValue: 77)
          }
        )
      }
      #expect(view == [Broken("view", "ENUM_VALUE_UNKNOWN")])
      let store = try await violations { try await shop.get(.id(1), in: "A") }
      #expect(store == [Broken("store_id", "STORE_ID_MALFORMED")])
    }
  }

  @Test func aDamagedRecordIsNotTheCallersFault() async throws {
    try await Shop.open { shop in
      try await shop.upsert(FieldValueTests.full)
      try await shop.tamper("UPDATE customers SET body = ?1", [0xff, 0xff])
      let full = try await failure { try await shop.get(.externalID("c1"), view: .full) }
      #expect(full.code == .dataLoss && full.reason == "DATABASE_DAMAGED")
      let write = try await failure {
        try await shop.upsert {
          $0.externalID = "c1"
          $0.firstName = "x"
        }
      }
      #expect(write.code == .dataLoss)
    }
  }
}
