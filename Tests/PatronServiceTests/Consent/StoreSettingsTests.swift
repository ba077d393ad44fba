import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the settings of a store and of their effects.
struct StoreSettingsTests {
  private func get(_ shop: Shop, in storeID: String = "") async throws -> StoreSettings? {
    try await shop.customers.getStoreSettings(.with { $0.storeID = storeID }).settings
  }

  @Test func onlyNamedFieldsChange() async throws {
    try await Shop.open { shop in
      let usual = StoreSettings.with {
        $0.smsDoubleOptIn = false
        $0.emailDoubleOptIn = false
        $0.defaultCountry = ""
        $0.currencyCode = ""
        $0.allowRecreateAfterErasure = false
        $0.softBounceThreshold = 5
        $0.sharedIdentifiers = TextList()
        $0.sharedPhoneThreshold = 5
        $0.allowedExternalIDs = TextList()
        $0.timeZone = ""
        $0.optOutWords = TextList()
        $0.optInWords = TextList()
        $0.carryConsentOnAddressChange = false
      }
      #expect(try await get(shop) == usual)
      let all = StoreSettings.with {
        $0.smsDoubleOptIn = true
        $0.emailDoubleOptIn = true
        $0.defaultCountry = "US"
        $0.currencyCode = "EUR"
        $0.allowRecreateAfterErasure = true
        $0.softBounceThreshold = 100
        $0.sharedIdentifiers = .with { $0.values = ["till@example.com"] }
        $0.sharedPhoneThreshold = 1000
        $0.allowedExternalIDs = .with { $0.values = ["guest"] }
        $0.timeZone = "Asia/Kolkata"
        $0.optOutWords = .with { $0.values = ["weg"] }
        $0.optInWords = .with { $0.values = ["weiter"] }
        $0.carryConsentOnAddressChange = true
        $0.limits = .with {
          $0.callsPerSecond = 1_000_000
          $0.bytesPerSecond = 1_000_000_000_000
          $0.concurrentScans = 1024
        }
      }
      #expect(try await shop.set { $0 = all } == all)
      let before = try shop.image()
      #expect(try await shop.set { $0 = all } == all)
      #expect(try shop.image() == before)
      let one = try await shop.set(["default_country", "soft_bounce_threshold"]) {
        $0.defaultCountry = "gb"
        $0.softBounceThreshold = 1
      }
      var expected = all
      expected.defaultCountry = "GB"
      expected.softBounceThreshold = 1
      #expect(one == expected)
      #expect(try await get(shop) == expected)
      #expect(try await get(shop, in: "other") == usual)
      // Without a mask the fields that are present are set, and no others.
      #expect(try await shop.set { _ in } == expected)
      expected.defaultCountry = "DE"
      #expect(try await shop.set { $0.defaultCountry = "DE" } == expected)
      expected.emailDoubleOptIn = false
      #expect(try await shop.set { $0.emailDoubleOptIn = false } == expected)
      // A field of the mask that is absent gets its default.
      expected.softBounceThreshold = 5
      #expect(try await shop.set(["soft_bounce_threshold"]) { _ in } == expected)
      let names = StoreSettings.fields.map(\.name)
      #expect(try await shop.set(names) { _ in } == usual)
    }
  }

  @Test func limitsHaveARange() async throws {
    typealias Field = WritableKeyPath<CallLimits, Int32> & Sendable
    let fields: [(name: String, path: any Field, maximum: Int32)] = [
      ("calls_per_second", \.callsPerSecond, 1_000_000),
      ("writes_per_second", \.writesPerSecond, 1_000_000),
      ("concurrent_calls", \.concurrentCalls, 1_000_000),
      ("concurrent_scans", \.concurrentScans, 1024),
    ]
    try await Shop.open { shop in
      for field in fields {
        for wrong in [Int32.min, -1, field.maximum + 1] {
          let broken = try await violations {
            try await shop.set { $0.limits = .with { $0[keyPath: field.path] = wrong } }
          }
          #expect(broken == [Broken("settings.limits.\(field.name)", "LIMIT_OUT_OF_RANGE")])
        }
        for right in [0, 1, field.maximum] {
          let limits = CallLimits.with { $0[keyPath: field.path] = right }
          let settings = try await shop.set { $0.limits = limits }
          #expect(settings.limits == limits)
        }
      }
      for wrong in [Int64.min, -1, 1_000_000_000_001] {
        let broken = try await violations {
          try await shop.set { $0.limits = .with { $0.bytesPerSecond = wrong } }
        }
        #expect(broken == [Broken("settings.limits.bytes_per_second", "LIMIT_OUT_OF_RANGE")])
      }
      // A value replaces all limits, and a store may be without any.
      let set = try await shop.set { $0.limits = .with { $0.callsPerSecond = 9 } }
      #expect(set.limits == .with { $0.callsPerSecond = 9 })
      #expect(try await shop.set(["limits"]) { _ in }.limits == nil)
    }
  }

  @Test func whatIsWrongIsNamed() async throws {
    try await Shop.open { shop in
      let before = try shop.image()
      let broken = try await violations {
        try await shop.set {
          $0.defaultCountry = "XX"
          $0.currencyCode = "dollars"
          $0.softBounceThreshold = 101
        }
      }
      #expect(
        broken.map(\.path) == [
          "settings.default_country", "settings.currency_code", "settings.soft_bounce_threshold",
        ]
      )
      for count in [Int32.min, -1, 0, 101] {
        let wrong = try await violations { try await shop.set { $0.softBounceThreshold = count } }
        #expect(wrong.map(\.reason) == ["SOFT_BOUNCE_THRESHOLD_OUT_OF_RANGE"])
      }
      let mask = try await violations {
        try await shop.set(["currency_code", "nonsense"]) { _ in }
      }
      #expect(mask == [Broken("update_mask.paths[1]", "MASK_PATH_UNKNOWN")])
      let missing = try await violations {
        try await shop.customers.updateStoreSettings(UpdateStoreSettingsRequest())
      }
      #expect(missing == [Broken("settings", "SETTINGS_MISSING")])
      #expect(try shop.image() == before)
      // Fields outside the mask are not checked.
      try await shop.set(["currency_code"]) {
        $0.currencyCode = "USD"
        $0.softBounceThreshold = 101
      }
    }
  }

  @Test func doubleOptInHoldsForItsChannelAndForFlags() async throws {
    try await Shop.open { shop in
      try await shop.set { $0.emailDoubleOptIn = true }
      let both = try await shop.subscribe { $0.channels = [.sms, .email] }
      #expect(both.changes.map(\.after) == [.subscribed, .pending])
      #expect(!both.confirmationToken.isEmpty)
      #expect(try await shop.confirm(both.confirmationToken).changes.map(\.channel) == [.email])
      let flag = try await shop.upsert {
        $0.externalID = "c2"
        $0.email = "c2@example.com"
        $0.acceptsEmailMarketing = true
      }
      #expect(flag.customer?.subscriptions.map(\.state) == [.pending])
      #expect(
        try await shop.consentEvents(.externalID("c2")).map(\.type) == [
          "email_opt_in_requested"
        ]
      )
      let off = try await shop.subscribe {
        $0.customer = .with { $0.externalID = "c2" }
        $0.channels = [.email]
        $0.doubleOptIn = false
      }
      #expect(off.changes.map(\.after) == [.subscribed] && off.confirmationToken.isEmpty)
    }
  }

  @Test func aCountryThatIsNoneIsTheOnlyViolation() async throws {
    try await Shop.open { shop in
      let broken = try await violations {
        try await shop.customers.upsertCustomer(
          .with {
            $0.defaultCountry = "Narnia"
            $0.customer = .with {
              $0.externalID = "c1"
              $0.phoneNumber = "(415) 555-0101"
            }
          }
        )
      }
      #expect(broken.map(\.path) == ["default_country"])
    }
  }

  @Test func numbersWithoutCountryAreTheStores() async throws {
    try await Shop.open { shop in
      func number(_ end: Int, _ input: inout CustomerInput) {
        input.externalID = "c\(end)"
        input.phoneNumber = "(415) 555-010\(end)"
      }
      let none = try await violations { try await shop.upsert { number(1, &$0) } }
      #expect(none == [Broken("customer.phone_number", "PHONE_COUNTRY_MISSING")])
      try await shop.set(["default_country"]) { $0.defaultCountry = "US" }
      try await shop.upsert { number(1, &$0) }
      try await shop.record(of: { number(2, &$0) }, RecordEventTests.quiz("e1"))
      try await shop.sync(.of("o1", 100)) { number(3, &$0) }
      try await shop.subscribe {
        var input = CustomerInput()
        number(4, &input)
        $0.customer = input
      }
      let batch = try await shop.customers.batchUpsertCustomers(
        .with {
          $0.customers = [
            .with { number(5, &$0) }, .with { $0.externalID = "none" },
            .with {
              $0.externalID = "c6"
              $0.phoneNumber = "+44 20 7946 0000"
            },
          ]
        }
      )
      #expect(batch.results.map(\.outcome) == [.created, .unspecified, .created])
      let events = try await shop.timelines.batchRecordEvents(
        .with {
          $0.items = [
            .with {
              $0.customer = .with { number(7, &$0) }
              $0.event = .with(RecordEventTests.quiz("e7"))
            }
          ]
        }
      )
      let orders = try await shop.timelines.batchSyncOrders(
        .with {
          $0.items = [
            .with {
              $0.customer = .with { number(8, &$0) }
              $0.order = .of("o8", 100)
            }
          ]
        }
      )
      #expect(events.counts?.created == 1 && orders.counts?.created == 1)
      for end in [1, 2, 3, 4, 5, 7, 8] {
        let customer = try await shop.customer(.externalID("c\(end)"))
        #expect(customer.phoneNumber == "+1415555010\(end)")
      }
      // The request's own country has precedence, and other violations are reported as usual.
      let british = try await shop.upsert(adjust: { $0.defaultCountry = "GB" }) {
        $0.externalID = "gb"
        $0.phoneNumber = "020 7946 0001"
      }
      #expect(british.customer?.phoneNumber == "+442079460001")
      let broken = try await violations {
        try await shop.upsert {
          number(9, &$0)
          $0.email = "nonsense"
        }
      }
      #expect(broken == [Broken("customer.email", "EMAIL_MALFORMED")])
    }
  }

  @Test func numbersOfUpdatesImportsAndCheckoutsAreTheStoresToo() async throws {
    try await Shop.open { shop in
      func number(_ end: Int, _ input: inout CustomerInput) {
        input.externalID = "c\(end)"
        input.phoneNumber = "(415) 555-010\(end)"
      }
      try await shop.set(["default_country"]) { $0.defaultCountry = "US" }
      try await shop.upsert { number(1, &$0) }
      let imported = try await shop.import([
        .with { $0.customer = .with { number(9, &$0) } }, .with { $0.customer = .with { _ in } },
      ])
      #expect(imported.results.map(\.outcome) == [.created, .unspecified])
      _ = try await shop.timelines.syncCheckout(
        .with {
          $0.customer = .with { number(0, &$0) }
          $0.checkout = .with {
            $0.token = "t0"
            $0.startedAt = .at(1_700_000_000)
          }
        }
      )
      let first = try await shop.customer(.externalID("c1")).id
      let updated = try await shop.customers.updateCustomer(
        .with {
          $0.id = first
          $0.customer = .with { $0.phoneNumber = "(415) 555-0199" }
        }
      )
      #expect(updated.customer?.phoneNumber == "+14155550199")
      for end in [0, 9] {
        let customer = try await shop.customer(.externalID("c\(end)"))
        #expect(customer.phoneNumber == "+1415555010\(end)")
      }
      #expect(try await shop.customer(.phoneNumber("(415) 555-0109")).externalID == "c9")
    }
  }
}
