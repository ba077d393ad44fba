import PatronProto
import ProtobufC
import TTRPC
import Testing

/// Tests of the rule of every property, from both sides, through the RPC.
struct FieldRuleTests {
  typealias Change = @Sendable (inout CustomerInput) -> Void

  /// An input that breaks one rule.
  struct Bad: Sendable, CustomTestStringConvertible {
    var path: String
    var reason: String
    var change: Change

    init(_ path: String, _ reason: String, _ change: @escaping Change) {
      self.path = path
      self.reason = reason
      self.change = change
    }

    var testDescription: String { "\(path) \(reason)" }
  }

  private static func text(_ count: Int) -> String { String(repeating: "x", count: count) }

  private static func property(
    _ name: String,
    _ kind: PropertyValue.Kind
  ) -> Change {
    { $0.customProperties[name] = .with { $0.kind = kind } }
  }

  static let bad: [Bad] = identifiers + plain + addresses + properties

  static let identifiers: [Bad] = [
    Bad("external_id", "EXTERNAL_ID_TOO_LONG") { $0.externalID = text(256) },
    Bad("external_id", "EXTERNAL_ID_HAS_CONTROL_CHARACTER") { $0.externalID = "a\u{1}b" },
    Bad("external_id", "EXTERNAL_ID_PLACEHOLDER") { $0.externalID = "Guest" },
    Bad("external_id", "EXTERNAL_ID_PLACEHOLDER") { $0.externalID = "000" },
    Bad("email", "EMAIL_MALFORMED") { $0.email = "nobody" },
    Bad("email", "EMAIL_MALFORMED") { $0.email = "a..b@example.com" },
    Bad("email", "EMAIL_LOCAL_TOO_LONG") { $0.email = text(65) + "@example.com" },
    Bad("email", "EMAIL_DOMAIN_MALFORMED") { $0.email = "a@localhost" },
    Bad("email", "EMAIL_TOO_LONG") {
      $0.email = text(64) + "@" + text(63) + "." + text(63) + "." + text(59) + ".com"
    },
    Bad("phone_number", "PHONE_COUNTRY_MISSING") { $0.phoneNumber = "0171 234567" },
    Bad("phone_number", "PHONE_NOT_E164") { $0.phoneNumber = "+123456" },
    Bad("phone_number", "PHONE_NOT_E164") { $0.phoneNumber = "+1234567890123456" },
    Bad("phone_number", "PHONE_HAS_EXTENSION") { $0.phoneNumber = "+14155550100 office" },
  ]

  static let plain: [Bad] = [
    Bad("first_name", "TEXT_TOO_LONG") { $0.firstName = text(256) },
    Bad("last_name", "TEXT_HAS_CONTROL_CHARACTER") { $0.lastName = "a\u{7}" },
    Bad("gender", "GENDER_UNKNOWN") { $0.gender = "unknown" },
    Bad("account_status", "ACCOUNT_STATUS_UNKNOWN") { $0.accountStatus = "gone" },
    Bad("default_language", "LANGUAGE_UNKNOWN") { $0.defaultLanguage = "xx" },
    Bad("default_language", "LANGUAGE_TAG_MALFORMED") { $0.defaultLanguage = "en us" },
    Bad("default_currency", "CURRENCY_UNKNOWN") { $0.defaultCurrency = "US" },
    Bad("default_currency", "CURRENCY_HISTORIC") { $0.defaultCurrency = "DEM" },
    Bad("default_currency", "CURRENCY_NOT_REAL") { $0.defaultCurrency = "XXX" },
    Bad("tags", "TAGS_TOO_MANY") {
      $0.tags = (0...250).map { "t\($0)" }.joined(separator: ",")
    },
    Bad("tags", "TAG_TOO_LONG") { $0.tags = "ok," + text(256) },
    Bad("tags", "TAG_HAS_CONTROL_CHARACTER") { $0.tags = "a\u{2}" },
    Bad("account_created_at", "ACCOUNT_CREATED_TOO_EARLY") { $0.accountCreatedAt = .at(-1) },
    Bad("account_created_at", "ACCOUNT_CREATED_IN_FUTURE") {
      $0.accountCreatedAt = .at(GoogleProtobuf.Timestamp.now + 86_400 + 3600)
    },
    Bad("account_created_at", "TIME_NANOS_INVALID") { $0.accountCreatedAt = .at(1, nanos: -1) },
    Bad("account_created_at", "TIME_OUT_OF_RANGE") { $0.accountCreatedAt = .at(.max) },
  ]

  static let addresses: [Bad] = [
    Bad("address.address1", "TEXT_TOO_LONG") { $0.address = .with { $0.address1 = text(256) } },
    Bad("address.address2", "TEXT_TOO_LONG") { $0.address = .with { $0.address2 = text(256) } },
    Bad("address.city", "TEXT_TOO_LONG") { $0.address = .with { $0.city = text(256) } },
    Bad("address.company", "TEXT_TOO_LONG") { $0.address = .with { $0.company = text(256) } },
    Bad("address.state", "TEXT_TOO_LONG") { $0.address = .with { $0.state = text(65) } },
    Bad("address.zip", "TEXT_TOO_LONG") { $0.address = .with { $0.zip = text(65) } },
    Bad("address.province_code", "TEXT_TOO_LONG") {
      $0.address = .with { $0.provinceCode = text(7) }
    },
    Bad("address.country_code", "COUNTRY_UNKNOWN") {
      $0.address = .with { $0.countryCode = "ZZ" }
    },
    Bad("address.phone_number", "PHONE_NOT_E164") {
      $0.address = .with { $0.phoneNumber = "+1" }
    },
  ]

  static let properties: [Bad] = [
    Bad(
      "custom_properties.Shoe Size",
      "PROPERTY_NAME_MALFORMED",
      property("Shoe Size", .int64Value(1))
    ),
    Bad("custom_properties.", "PROPERTY_NAME_MALFORMED", property("", .int64Value(1))),
    Bad(
      "custom_properties.\(text(31))…",
      "PROPERTY_NAME_TOO_LONG",
      property(text(33), .int64Value(1))
    ),
    Bad("custom_properties.a", "TEXT_TOO_LONG", property("a", .stringValue(text(256)))),
    Bad("custom_properties.b", "PROPERTY_NOT_FINITE", property("b", .doubleValue(.nan))),
    Bad(
      "custom_properties.c",
      "DATE_INVALID",
      property(
        "c",
        .dateValue(
          .with {
            $0.year = 2023
            $0.month = 2
            $0.day = 29
          }
        )
      )
    ),
    Bad(
      "custom_properties.d",
      "TIME_NANOS_INVALID",
      property("d", .timestampValue(.at(0, nanos: 1_000_000_000)))
    ),
  ]

  @Test func refusesEachBrokenRuleAndLeavesNoTrace() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
        $0.phoneNumber = "+14155550101"
      }
      let before = try shop.image()
      for bad in Self.bad {
        let found = try await violations(bad.testDescription) {
          try await shop.upsert {
            $0.externalID = "c1"
            bad.change(&$0)
          }
        }
        #expect(found == [Broken("customer.\(bad.path)", bad.reason)])
      }
      #expect(try shop.image() == before)
    }
  }

  @Test func tellsEveryViolationAtOnce() async throws {
    try await Shop.open { shop in
      let error = try await failure {
        try await shop.upsert {
          for bad in Self.bad {
            // The parts of the address are joined. Each change would otherwise replace the whole
            // address.
            let address = $0.address
            bad.change(&$0)
            if var merged = address, let given = $0.address { $0.address = merged.add(given) }
          }
        }
      }
      #expect(error.code == .invalidArgument)
      let paths = Set(error.violations.map(\.field))
      #expect(paths == Set(Self.bad.map { "customer.\($0.path)" }))
      #expect(error.violations.allSatisfy { !$0.description.isEmpty && !$0.reason.isEmpty })
      #expect(try shop.rows("SELECT * FROM customers", columns: 1).isEmpty)
    }
  }

  @Test func countsPropertiesOverTheWholeCustomer() async throws {
    try await Shop.open { shop in
      func add(_ names: Range<Int>) async throws -> UpsertCustomerResponse {
        try await shop.upsert {
          $0.email = "a@example.com"
          for name in names { $0.customProperties["p\(name)"] = .with { $0.kind = .int64Value(1) } }
        }
      }
      let full = try await add(0..<100)
      #expect(full.customer?.customProperties.count == 100)
      let before = try shop.image()
      #expect(
        try await violations { try await add(100..<101) }
          == [Broken("customer.custom_properties", "PROPERTIES_TOO_MANY")]
      )
      #expect(try shop.image() == before)
      let swapped = try await shop.upsert {
        $0.email = "a@example.com"
        $0.customProperties["p0"] = .with { $0.kind = .stringValue("") }
        $0.customProperties["p100"] = .with { $0.kind = .boolValue(true) }
      }
      #expect(swapped.changedFields == ["custom_properties.p0", "custom_properties.p100"])
    }
  }

  @Test func refusesWhatTheRequestItselfSaysWrongly() async throws {
    try await Shop.open { shop in
      func broken(_ adjust: (inout UpsertCustomerRequest) -> Void) async throws -> [Broken] {
        try await violations {
          try await shop.upsert(adjust: adjust) { $0.email = "a@example.com" }
        }
      }
      #expect(
        try await broken { $0.storeID = "Shop!" } == [Broken("store_id", "STORE_ID_MALFORMED")]
      )
      #expect(
        try await broken { $0.defaultCountry = "ZZ" }
          == [Broken("default_country", "COUNTRY_UNKNOWN")]
      )
      #expect(try await broken { $0.source = "ab" } == [Broken("source", "CONSENT_SOURCE_LENGTH")])
      #expect(
        try await broken { $0.actor = .init(rawValue: 9) } == [Broken("actor", "ACTOR_UNKNOWN")]
      )
      #expect(
        try await broken { $0.onConflict = .init(rawValue: 9) }
          == [Broken("on_conflict", "ENUM_VALUE_UNKNOWN")]
      )
      let none = try await violations {
        try await shop.customers.upsertCustomer(UpsertCustomerRequest())
      }
      #expect(none == [Broken("customer", "IDENTITY_MISSING")])
    }
  }
}

extension Address {
  /// Adds the parts of another address and returns the result.
  fileprivate mutating func add(_ other: Address) -> Address {
    for part in [
      \Address.address1, \.address2, \.city, \.company, \.state, \.zip, \.provinceCode,
      \.countryCode, \.phoneNumber,
    ] where !other[keyPath: part].isEmpty {
      self[keyPath: part] = other[keyPath: part]
    }
    return self
  }
}
