import PatronProto
import ProtobufC
import Testing

/// Tests of accepted values: their stored form, and the effect of absent, empty and present fields.
struct FieldValueTests {
  typealias Input = CustomerInput

  private static func text(_ count: Int) -> String { String(repeating: "x", count: count) }

  @Test func keepsTheLongestValues() async throws {
    try await Shop.open { shop in
      let made = try await shop.upsert { input in
        input.externalID = Self.text(255)
        input.email =
          Self.text(64) + "@" + Self.text(63) + "." + Self.text(63) + "." + Self.text(57) + ".com"
        input.phoneNumber = "+9779841234567"
        input.firstName = Self.text(255)
        input.lastName = Self.text(255)
        input.tags = (0..<250).map { "t\($0)" }.joined(separator: ",")
        input.accountCreatedAt = .at(GoogleProtobuf.Timestamp.now + 86_000)
        input.address = .with {
          $0.address1 = Self.text(255)
          $0.state = Self.text(64)
          $0.provinceCode = "ABC123"
        }
        input.customProperties[Self.text(32)] = .with { $0.kind = .stringValue(Self.text(255)) }
      }
      let customer = try await shop.customer(.externalID(Self.text(255)))
      #expect(customer == made.customer)
      #expect(customer.email?.utf8.count == 254)
      #expect(customer.tags?.split(separator: ",").count == 250)
      #expect(customer.customProperties.count == 1)
    }
  }

  @Test func bringsValuesIntoOneForm() async throws {
    try await Shop.open { shop in
      let made = try await shop.upsert(adjust: { $0.defaultCountry = "DE" }) {
        $0.externalID = "  A-1 "
        $0.email = " Ada@Example.COM "
        $0.phoneNumber = "(0171) 234 56 78"
        $0.firstName = " Ada "
        $0.gender = "FEMALE"
        $0.accountStatus = "Enabled"
        $0.defaultLanguage = "en_US"
        $0.defaultCurrency = "eur"
        $0.tags = " vip, gold ,VIP,, "
        $0.accountCreatedAt = .at(1_000, nanos: 123_456_789)
        $0.address = .with {
          $0.countryCode = "uk"
          $0.city = " London "
        }
      }
      let customer = try #require(made.customer)
      #expect(customer.externalID == "A-1")
      #expect(customer.email == "Ada@Example.COM")
      #expect(customer.phoneNumber == "+491712345678")
      #expect(customer.firstName == "Ada")
      #expect(customer.gender == "F")
      #expect(customer.accountStatus == "enabled")
      #expect(customer.defaultLanguage == "en")
      #expect(customer.locale == "en_US")
      #expect(customer.defaultCurrency == "EUR")
      #expect(customer.tags == "vip,gold")
      #expect(customer.accountCreatedAt == .at(1_000, nanos: 123_456_000))
      #expect(customer.address?.countryCode == "GB")
      #expect(customer.address?.city == "London")
      #expect(customer.origin == .api)
      #expect(made.warnings.map(\.reason) == ["COUNTRY_ALIAS"])
      #expect(made.warnings.map(\.field) == ["customer.address.country_code"])
      for ref in [
        CustomerRef.Ref.externalID("A-1"), .externalID(" A-1 "), .email("ada@example.com"),
        .email("ADA@EXAMPLE.com"), .phoneNumber("+49 171 234-5678"), .id(customer.id),
      ] {
        #expect(try await shop.customer(ref) == customer, "\(ref)")
      }
    }
  }

  @Test func absentLeavesEmptyClearsGivenReplaces() async throws {
    try await Shop.open { shop in
      let made = try #require(try await shop.upsert(Self.full).customer)
      let left = try await shop.upsert { $0.externalID = "c1" }
      #expect(left.outcome == .unchanged)
      #expect(left.customer == made)
      let cleared = try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = ""
        $0.firstName = " "
        $0.lastName = ""
        $0.gender = ""
        $0.accountStatus = ""
        $0.accountCreatedAt = .at(0)
        $0.defaultLanguage = ""
        $0.defaultCurrency = ""
        $0.tags = " , "
        $0.address = Address()
        $0.customProperties = ["a": .with { $0.kind = .stringValue("") }, "b": PropertyValue()]
      }
      let customer = try #require(cleared.customer)
      #expect(customer.phoneNumber == nil && customer.firstName == nil && customer.lastName == nil)
      #expect(customer.gender == nil && customer.accountStatus == nil && customer.locale == nil)
      #expect(customer.accountCreatedAt == nil && customer.defaultLanguage == nil)
      #expect(customer.defaultCurrency == nil && customer.address == nil)
      #expect(customer.tags == nil && customer.customProperties.isEmpty)
      #expect(
        cleared.changedFields == [
          "account_created_at", "account_status", "address", "custom_properties.a",
          "custom_properties.b", "default_currency", "default_language", "first_name", "gender",
          "last_name", "locale", "phone_number", "tags",
        ]
      )
      #expect(cleared.outcome == .updated)
    }
  }

  @Test func anAddressIsReplacedWhole() async throws {
    try await Shop.open { shop in
      try await shop.upsert(Self.full)
      let moved = try await shop.upsert {
        $0.externalID = "c1"
        $0.address = .with { $0.city = "Paris" }
      }
      #expect(moved.changedFields == ["address"])
      #expect(moved.customer?.address == .with { $0.city = "Paris" })
    }
  }

  @Test func aPlainLanguageDropsTheLocale() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.email = "a@example.com"
        $0.defaultLanguage = "pt-BR"
      }
      let changed = try await shop.upsert {
        $0.email = "a@example.com"
        $0.defaultLanguage = "pt"
      }
      #expect(changed.changedFields == ["locale"])
      #expect(changed.customer?.locale == nil)
    }
  }

  @Test func everyKindOfPropertyComesBack() async throws {
    try await Shop.open { shop in
      let kinds: [String: PropertyValue.Kind] = [
        "text": .stringValue(" ü "), "yes": .boolValue(true), "no": .boolValue(false),
        "zero": .int64Value(0), "least": .int64Value(.min), "half": .doubleValue(0.5),
        "none": .doubleValue(0), "time": .timestampValue(.at(-1, nanos: 5_000)),
        "day": .dateValue(
          .with {
            $0.year = 2024
            $0.month = 2
            $0.day = 29
          }
        ),
      ]
      let properties = kinds.mapValues { kind in PropertyValue.with { $0.kind = kind } }
      try await shop.upsert {
        $0.email = "a@example.com"
        $0.customProperties = properties
      }
      #expect(try await shop.customer(.email("a@example.com")).customProperties == properties)
      let again = try await shop.upsert {
        $0.email = "a@example.com"
        $0.customProperties = properties
      }
      #expect(again.outcome == .unchanged)
    }
  }

  static func full(_ input: inout Input) {
    input.externalID = "c1"
    input.email = "c1@example.com"
    input.phoneNumber = "+14155550101"
    input.firstName = "Ada"
    input.lastName = "Lovelace"
    input.gender = "F"
    input.accountStatus = "enabled"
    input.accountCreatedAt = .at(1_600_000_000)
    input.defaultLanguage = "en-GB"
    input.defaultCurrency = "GBP"
    input.tags = "vip,gold"
    input.address = .with {
      $0.address1 = "1 Example Street"
      $0.city = "London"
      $0.countryCode = "GB"
    }
    input.customProperties = [
      "a": .with { $0.kind = .stringValue("x") }, "b": .with { $0.kind = .int64Value(7) },
    ]
  }
}
