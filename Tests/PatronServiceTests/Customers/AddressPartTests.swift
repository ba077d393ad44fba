import PatronProto
import ProtobufC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of changes of single parts of an address.
struct AddressPartTests {
  private static let rome = Address.with {
    $0.address1 = "Via Appia 1"
    $0.city = "Rome"
    $0.zip = "00179"
    $0.countryCode = "IT"
  }

  @discardableResult
  private func upsert(
    _ shop: Shop,
    _ mask: [String],
    _ address: Address? = nil
  ) async throws -> UpsertCustomerResponse {
    try await shop.upsert {
      $0.externalID = "c1"
      $0.email = "a@example.com"
      $0.address = address
      $0.addressMask = mask.isEmpty ? nil : .with { $0.paths = mask }
    }
  }

  @Test func namedPartsAreSetAndTheOthersStay() async throws {
    try await Shop.open { shop in
      try await upsert(shop, [], Self.rome)
      let moved = try await upsert(
        shop,
        ["city", "address1"],
        .with {
          $0.city = " Paris "
          $0.zip = "not named, not looked at: " + String(repeating: "9", count: 300)
        }
      )
      var expected = Self.rome
      expected.city = "Paris"
      expected.address1 = ""
      #expect(moved.changedFields == ["address"] && moved.customer?.address == expected)
      let image = try shop.image()
      let again = try await upsert(shop, ["city"], .with { $0.city = "Paris" })
      #expect(again.outcome == .unchanged)
      #expect(try shop.image() == image)
      // Named parts are cleared even without an address. With its last part the address is removed.
      let cleared = try await upsert(shop, ["city", "zip", "country_code"])
      #expect(cleared.changedFields == ["address"] && cleared.customer?.address == nil)
      let first = try await upsert(shop, ["country_code"], .with { $0.countryCode = "fr" })
      #expect(first.customer?.address == .with { $0.countryCode = "FR" })
    }
  }

  @Test func aNewCustomerHasTheNamedParts() async throws {
    try await Shop.open { shop in
      let made = try await upsert(shop, ["city"], Self.rome)
      #expect(made.outcome == .created && made.customer?.address == .with { $0.city = "Rome" })
      let whole = try await upsert(shop, [], .with { $0.countryCode = "DE" })
      #expect(whole.customer?.address == .with { $0.countryCode = "DE" }, "no mask is all of it")
    }
  }

  @Test func unknownPartsAndLongMasksAreRefused() async throws {
    try await Shop.open { shop in
      let broken = try await violations {
        try await upsert(shop, ["city", "planet", "address.city"], Self.rome)
      }
      #expect(
        broken == [
          Broken("customer.address_mask.paths[1]", "MASK_PATH_UNKNOWN"),
          Broken("customer.address_mask.paths[2]", "MASK_PATH_UNKNOWN"),
        ]
      )
      let long = try await violations {
        try await upsert(shop, Array(repeating: "city", count: 21), Self.rome)
      }
      #expect(long == [Broken("customer.address_mask", "LIST_TOO_LONG")])
      let bad = try await violations {
        try await upsert(shop, ["country_code"], .with { $0.countryCode = "Atlantis" })
      }
      #expect(bad == [Broken("customer.address.country_code", "COUNTRY_UNKNOWN")])
      try await upsert(shop, Array(repeating: "city", count: 20), Self.rome)
    }
  }

  @Test func anUpdateNamesPartsByPath() async throws {
    try await Shop.open { shop in
      let id = try await upsert(shop, [], Self.rome).customer?.id ?? 0
      func update(_ mask: [String]) async throws -> Address? {
        try await shop.customers.updateCustomer(
          .with {
            $0.id = id
            $0.customer = .with { $0.address = .with { $0.city = "Paris" } }
            $0.updateMask = mask.isEmpty ? nil : .with { $0.paths = mask }
          }
        ).customer?.address
      }
      var expected = Self.rome
      expected.city = "Paris"
      #expect(try await update(["address.city"]) == expected)
      expected.zip = ""
      #expect(try await update(["address.zip", "address.city"]) == expected)
      #expect(try await update(["address.city", "address"]) == .with { $0.city = "Paris" })
    }
  }

  /// An order does not change an address, but completes it.
  @Test func anOrderFillsTheNamedPartsThatAreMissing() async throws {
    try await Shop.open { shop in
      try await upsert(shop, [], .with { $0.city = "Rome" })
      func sync(_ id: String, _ mask: [String], _ address: Address) async throws -> Address? {
        // The order is older than the address, so its parts are not taken.
        let order = Order.of(id, 100) { $0.placedAt = .at(GoogleProtobuf.Timestamp.now + 1) }
        try await shop.sync(order) {
          $0.externalID = "c1"
          $0.address = address
          $0.addressMask = mask.isEmpty ? nil : .with { $0.paths = mask }
        }
        return try await shop.customer(.externalID("c1")).address
      }
      var expected = Address.with { $0.city = "Rome" }
      #expect(try await sync("o1", [], .with { $0.zip = "75001" }) == expected)
      expected.countryCode = "IT"
      let given = Address.with {
        $0.city = "Paris"
        $0.countryCode = "IT"
      }
      let filled = try await sync("o2", ["city", "country_code"], given)
      #expect(filled == expected)
    }
  }

  @Test func importsAndBatchesTakeParts() async throws {
    try await Shop.open { shop in
      try await upsert(shop, [], Self.rome)
      let input = CustomerInput.with {
        $0.externalID = "c1"
        $0.address = .with { $0.city = "Milan" }
        $0.addressMask = .with { $0.paths = ["city"] }
      }
      _ = try await shop.customers.importCustomers(
        .with { $0.items = [.with { $0.customer = input }] }
      )
      var expected = Self.rome
      expected.city = "Milan"
      #expect(try await shop.customer(.externalID("c1")).address == expected)
      var whole = input
      whole.addressMask = nil
      let last = whole
      _ = try await shop.customers.batchUpsertCustomers(.with { $0.customers = [input, last] })
      #expect(try await shop.customer(.externalID("c1")).address == .with { $0.city = "Milan" })
    }
  }
}
