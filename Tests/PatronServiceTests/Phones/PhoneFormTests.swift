import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of a line with several spellings of its number.
struct PhoneFormTests {
  @Test func everySpellingFindsTheLine() async throws {
    try await Shop.open { shop in
      let agreed = try await shop.subscribe { $0.customer?.phoneNumber = "+52 55 1234 5678" }
      #expect(agreed.customer?.phoneNumber == "+525512345678")
      let stop = try await shop.unsubscribe(.phoneNumber("+52 1 55 1234 5678"))
      #expect(stop.changes.map(\.after) == [.unsubscribed])
      #expect(try await shop.status().state == .unsubscribed)
      let again = try await shop.upsert { $0.phoneNumber = "+52 044 55 1234 5678" }
      #expect(again.outcome == .unchanged && again.customer?.externalID == "c1")
    }
  }

  @Test func anOptOutOfOneSpellingIsOneOfEvery() async throws {
    try await Shop.open { shop in
      // No customer has the number yet.
      try await shop.unsubscribe(.phoneNumber("+54 11 15 2345-6789"))
      try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = "+54 9 11 2345-6789"
        $0.acceptsSMSMarketing = true
      }
      let status = try await shop.status()
      #expect(!status.canReceive && status.suppressions.map(\.reason) == [.unsubscribed])
      #expect(try await shop.customer(.externalID("c1")).phoneNumber == "+5491123456789")
    }
  }

  /// Gateways leave out Argentina's 9, and no two lines differ only by it.
  @Test func argentinasNineMakesNoOtherLine() async throws {
    try await Shop.open { shop in
      try await shop.subscribe { $0.customer?.phoneNumber = "+541123456789" }
      try await shop.unsubscribe(.phoneNumber("+5491123456789"))
      #expect(try await shop.status().state == .unsubscribed)
      // The number alone identifies the same customer, whose stored number stays.
      let guest = try await shop.upsert { $0.phoneNumber = "+5491123456789" }
      #expect(guest.outcome == .unchanged && guest.customer?.phoneNumber == "+541123456789")
      // The shop knows the customer, so it may correct the number.
      let named = try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = "+5491123456789"
      }
      #expect(named.customer?.phoneNumber == "+5491123456789")
      // A bounce of one spelling concerns the customer who has the other.
      let block = try await shop.suppress(.phoneNumber("+541123456789"), .carrierBlock)
      #expect(block.customer?.externalID == "c1")
      let own = try await shop.customers.getAddressStatus(
        .with { $0.address = .with { $0.ref = .phoneNumber("+541123456789") } }
      )
      #expect(own.customerID == named.customer?.id)
      try await shop.unsubscribe(.phoneNumber("+541134567890"))
      let status = try await shop.customers.getAddressStatus(
        .with { $0.address = .with { $0.ref = .phoneNumber("+5491134567890") } }
      )
      #expect(status.channels.map(\.canReceive) == [false])
      #expect(status.channels.first?.suppressions.map(\.reason) == [.unsubscribed])
    }
  }

  @Test func anErasedLineIsErasedInEverySpelling() async throws {
    try await Shop.open { shop in
      try await shop.upsert { $0.phoneNumber = "+525512345678" }
      _ = try await shop.customers.deleteCustomer(
        .with { $0.customer = .with { $0.ref = .phoneNumber("+52 1 55 1234 5678") } }
      )
      let again = try await failure { try await shop.upsert { $0.phoneNumber = "+5215512345678" } }
      #expect(again.reason == "ADDRESS_ERASED")
    }
  }

  @Test func extensionsAreLeftOutAndTold() async throws {
    try await Shop.open { shop in
      let made = try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = "+1 415 555 0101 x12"
        $0.address = .with { $0.phoneNumber = "+1 415 555 0102 ext. 3" }
      }
      #expect(made.customer?.phoneNumber == "+14155550101")
      #expect(made.customer?.address?.phoneNumber == "+14155550102")
      #expect(
        made.warnings.map { [$0.reason, $0.field] } == [
          ["PHONE_EXTENSION_DROPPED", "customer.phone_number"],
          ["PHONE_EXTENSION_DROPPED", "customer.address.phone_number"],
        ]
      )
      let plain = try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = "+1 415 555 0101"
      }
      #expect(plain.warnings.isEmpty && plain.outcome == .unchanged)
    }
  }

  @Test(arguments: ["447700900123", "44 7700 900123", "07700 900123", "7700900123"])
  func theCallingCodeIsNotRepeated(given: String) async throws {
    try await Shop.open { shop in
      try await shop.set(["default_country"]) { $0.defaultCountry = "GB" }
      let made = try await shop.upsert { $0.phoneNumber = given }
      #expect(made.customer?.phoneNumber == "+447700900123")
    }
  }

  /// A number may begin with the prefix for calls abroad of the store's country.
  @Test func callsAbroadBeginAsTheyDoInTheStore() async throws {
    try await Shop.open { shop in
      try await shop.set(["default_country"]) { $0.defaultCountry = "AU" }
      let made = try await shop.upsert { $0.phoneNumber = "0011 44 20 7946 0958" }
      #expect(made.customer?.phoneNumber == "+442079460958")
      let found = try await shop.customer(.phoneNumber("0011 44 20 7946 0958"))
      #expect(found.id == made.customer?.id)
    }
  }
}

// MARK: - Numbers of the store's country

extension PhoneFormTests {
  @Test func referencesAreReadAsTheStoresToo() async throws {
    try await Shop.open { shop in
      try await shop.subscribe { $0.customer?.phoneNumber = "+61 415 550 132" }
      let ref = CustomerRef.Ref.phoneNumber("0415 550 132")
      let without = try await violations { try await shop.get(ref) }
      #expect(without == [Broken("customer.phone_number", "PHONE_COUNTRY_MISSING")])
      try await shop.set(["default_country"]) { $0.defaultCountry = "AU" }
      let id = try await shop.customer(.externalID("c1")).id
      #expect(try await shop.customer(ref).id == id)
      #expect(try await shop.timeline(ref).header?.customer?.id == id)
      #expect(try await shop.history(ref).count == 1)
      let all = try await shop.customers.batchGetCustomers(
        .with { $0.customers = [.with { $0.ref = ref }] }
      )
      #expect(all.customers.map(\.id) == [id])
      let orders = try await shop.timelines.listOrders(
        .with { $0.customer = .with { $0.ref = ref } }
      )
      #expect(orders.orders.isEmpty)
      #expect(try await shop.unsubscribe(ref).changes.count == 1)
      #expect(try await shop.suppress(ref).outcome == .updated)
      #expect(try await shop.unsuppress(ref).outcome == .updated)
      let tags = try await shop.customers.updateTags(
        .with {
          $0.customers = [.with { $0.ref = ref }]
          $0.add = "vip"
        }
      )
      #expect(tags.results.map(\.outcome) == [.updated])
      let broken = try await violations { try await shop.get(.phoneNumber("555")) }
      #expect(broken == [Broken("customer.phone_number", "PHONE_NOT_E164")])
      let merged = try await violations { try await shop.merge(.id(id), .phoneNumber("555")) }
      #expect(merged == [Broken("secondary.phone_number", "PHONE_NOT_E164")])
      _ = try await shop.customers.deleteCustomer(
        .with { $0.customer = .with { $0.ref = ref } }
      )
      let gone = try await failure { try await shop.get(ref) }
      #expect(gone.reason == "CUSTOMER_NOT_FOUND")
    }
  }

  /// An opt-out of a number that no table has yet is kept.
  @Test func nobodysNumberCanOptOut() async throws {
    try await Shop.open { shop in
      let answer = try await shop.unsubscribe(.phoneNumber("+10555550100"))
      #expect(answer.outcome == .updated)
      let refused = try await violations {
        try await shop.upsert { $0.phoneNumber = "+10555550100" }
      }
      #expect(refused == [Broken("customer.phone_number", "PHONE_NOT_E164")])
    }
  }

  @Test func aFragmentMayBeginAsInTheStoresCountry() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "au"
        $0.phoneNumber = "+61415550132"
      }
      try await shop.upsert {
        $0.externalID = "us"
        $0.phoneNumber = "+14155550132"
      }
      #expect(try await shop.search("0415") == [])
      #expect(try await shop.search("(415) 555-01") == ["us"])
      try await shop.set(["default_country"]) { $0.defaultCountry = "AU" }
      for text in ["0415", "0415 55", "(0415) 550-132", "0415550132", "0415 5"] {
        #expect(try await shop.search(text) == ["au"], "\(text)")
      }
      let count = try await shop.customers.countCustomers(
        .with { $0.filter = .with { $0.query = "0415" } }
      )
      #expect(count.total == 1)
    }
  }
}
