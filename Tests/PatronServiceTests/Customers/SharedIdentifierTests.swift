import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of shared addresses, which by the store's settings belong to no customer.
struct SharedIdentifierTests {
  private static let till = "+14155550100"
  private static let desk = "desk@example.com"

  private func share(
    _ shop: Shop,
    _ values: [String] = [till, desk],
    in storeID: String = ""
  ) async throws -> [String] {
    try await shop.customers.updateStoreSettings(
      .with {
        $0.storeID = storeID
        $0.settings = .with { $0.sharedIdentifiers = .with { $0.values = values } }
      }
    ).settings?.sharedIdentifiers?.values ?? []
  }

  @Test func theyAreKeptInOneForm() async throws {
    try await Shop.open { shop in
      #expect(
        try await share(shop, ["Desk@Example.COM", "+1 (415) 555-0100", Self.till, Self.desk])
          == [Self.till, Self.desk]
      )
      let country = try await violations { try await share(shop, ["(415) 555-0100"]) }
      #expect(
        country == [Broken("settings.shared_identifiers.values[0]", "PHONE_COUNTRY_MISSING")]
      )
      try await shop.set { $0.defaultCountry = "US" }
      #expect(try await share(shop, ["(415) 555-0100"]) == [Self.till])
      let wrong = try await violations { try await share(shop, [Self.till, "a@b", ""]) }
      #expect(
        wrong.map(\.path) == [
          "settings.shared_identifiers.values[1]", "settings.shared_identifiers.values[2]",
        ]
      )
      #expect(try await share(shop, (0..<1000).map { "a\($0)@example.com" }).count == 1000)
      let many = try await violations {
        try await share(shop, (0...1000).map { "a\($0)@example.com" })
      }
      #expect(many == [Broken("settings.shared_identifiers", "SHARED_IDENTIFIERS_TOO_MANY")])
      #expect(try await share(shop, []) == [])
      for count in [Int32.min, -1, 0, 1001] {
        let out = try await violations { try await shop.set { $0.sharedPhoneThreshold = count } }
        #expect(out.map(\.reason) == ["SHARED_PHONE_THRESHOLD_OUT_OF_RANGE"])
      }
    }
  }

  @Test func ordersAndEventsKeepThemAsContact() async throws {
    try await Shop.open { shop in
      _ = try await share(shop)
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
      }
      let guest = try await shop.sync(.of("o1", 100)) {
        $0.email = "ann@example.com"
        $0.phoneNumber = Self.till
      }
      #expect(guest.customerCreated && guest.warnings.isEmpty)
      #expect(guest.order?.contact == .with { $0.phoneNumber = Self.till })
      #expect(try await shop.customer(.email("ann@example.com")).phoneNumber == nil)
      let known = try await shop.sync(.of("o2", 100)) {
        $0.externalID = "c1"
        $0.email = "Desk@example.com"
        $0.phoneNumber = Self.till
      }
      let both = Contact.with {
        $0.email = "Desk@example.com"
        $0.phoneNumber = Self.till
      }
      #expect(known.order?.contact == both)
      // It stays when the order is repeated without it.
      let again = try await shop.sync(.of("o2", 100)) { $0.externalID = "c1" }
      #expect(again.outcome == .unchanged && again.order?.contact == both)
      let event = try await shop.emit(
        "points_earned",
        "e1",
        of: {
          $0.externalID = "c1"
          $0.phoneNumber = Self.till
        }
      )
      #expect(event.event?.contact == .with { $0.phoneNumber = Self.till })
      #expect(event.warnings.isEmpty, "\(event.warnings)")
      #expect(try await shop.customer(.externalID("c1")).phoneNumber == nil)
      // An erasure removes it.
      try await shop.delete(.externalID("c1"))
      let orders = try shop.blobs("SELECT body FROM orders WHERE external_id = 'o2'")
      #expect(try Order(decoding: try #require(orders.first)).contact == nil)
      #expect(try shop.findings() == [])
    }
  }

  /// Returns calls that identify a customer only by a shared address.
  private static func refused(_ shop: Shop) -> [(String, () async throws -> Void)] {
    [
      ("upsert", { try await shop.upsert { $0.phoneNumber = Self.till } }),
      (
        "new",
        {
          try await shop.upsert {
            $0.externalID = "c9"
            $0.email = "DESK@example.com"
          }
        }
      ),
      ("order", { try await shop.sync(.of("o1", 100)) { $0.phoneNumber = Self.till } }),
      (
        "both",
        {
          try await shop.sync(.of("o1", 100)) {
            $0.email = Self.desk
            $0.phoneNumber = Self.till
          }
        }
      ),
      (
        "guest",
        {
          try await shop.sync(.of("o1", 100)) {
            $0.externalID = Self.desk
            $0.email = Self.desk
          }
        }
      ),
      (
        "event",
        { try await shop.emit("points_earned", "e1", of: { $0.phoneNumber = Self.till }) }
      ),
      (
        "form",
        {
          try await shop.subscribe { $0.customer = .with { $0.phoneNumber = Self.till } }
        }
      ),
    ]
  }

  @Test func theyFindAndMergeNobody() async throws {
    try await Shop.open { shop in
      // The owner had the number before it was declared shared.
      try await shop.upsert { $0.phoneNumber = Self.till }
      #expect(
        try await shop.sync(.of("o0", 100)) { $0.phoneNumber = Self.till }.customerCreated == false
      )
      let owner = try await shop.customer(.phoneNumber(Self.till))
      _ = try await share(shop)
      let before = try shop.image()
      for (what, call) in Self.refused(shop) {
        let error = try await failure(what, call)
        #expect(error.code == .failedPrecondition && error.reason == "IDENTIFIER_SHARED", "\(what)")
      }
      #expect(try shop.image() == before)
      let made = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
        $0.phoneNumber = Self.till
      }
      #expect(made.outcome == .created && made.customer?.phoneNumber == nil)
      #expect(made.warnings.map(\.reason) == ["IDENTIFIER_SHARED"])
      #expect(made.warnings.map(\.field) == ["customer.phone_number"])
      let updated = try await shop.customers.updateCustomer(
        .with {
          $0.id = made.customer?.id ?? 0
          $0.customer = .with {
            $0.phoneNumber = Self.till
            $0.firstName = "Ada"
          }
        }
      )
      #expect(updated.changedFields == ["first_name"])
      #expect(updated.warnings.map(\.reason) == ["IDENTIFIER_SHARED"])
      let imported = try await shop.import([
        .with { $0.customer = .with { $0.phoneNumber = Self.till } },
        .of("c2") { $0.phoneNumber = Self.till },
      ])
      #expect(imported.results[0].error?.asError.reason == "IDENTIFIER_SHARED")
      #expect(imported.results[1].warnings.map(\.reason) == ["IDENTIFIER_SHARED"])
      var after = try await shop.customer(.id(owner.id))
      after.updatedAt = owner.updatedAt
      #expect(after == owner)
      // In another store, and after the setting is removed, it is an ordinary number.
      #expect(try await shop.upsert(in: "other") { $0.phoneNumber = Self.till }.outcome == .created)
      _ = try await share(shop, [])
      #expect(try await shop.upsert { $0.phoneNumber = Self.till }.customer?.id == owner.id)
      #expect(try shop.findings() == [])
    }
  }

  @Test func anOptOutOfOneIsNotLost() async throws {
    try await Shop.open { shop in
      _ = try await share(shop)
      let stop = try await shop.emit("sms_unsubscribed", "u1", of: { $0.phoneNumber = Self.till })
      #expect(stop.event == nil && stop.warnings.map(\.reason) == ["ADDRESS_SUPPRESSED"])
      _ = try await share(shop, [])
      try await shop.upsert { $0.phoneNumber = Self.till }
      #expect(try await shop.reasons(.sms, .phoneNumber(Self.till)) == [.unsubscribed])
    }
  }
}
