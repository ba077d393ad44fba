import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of agreements when an address changes: an agreement covers only the address for which it
/// was given.
struct CarriedConsentTests {
  /// The ways in which a record gets another address.
  enum Way: CaseIterable {
    case upsert, batch, update, clear, `import`, merge, identifiersOfAGuest, formerAddress
  }

  /// Creates Ann, who agreed in person to marketing and loyalty by e-mail, and to SMS.
  private func ann(_ shop: Shop) async throws -> Int64 {
    let made = try await shop.upsert {
      $0.externalID = "c1"
      $0.email = "ann@example.com"
      $0.phoneNumber = "+14155550101"
    }
    try await shop.subscribe {
      $0.customer = .with { $0.externalID = "c1" }
      $0.channels = [.email]
      $0.topics = [.marketing, .loyalty]
      $0.evidence?.occurredAt = .at(1_700_000_000)
    }
    try await shop.subscribe { $0.customer = .with { $0.externalID = "c1" } }
    return made.customer?.id ?? 0
  }

  private func change(_ shop: Shop, _ id: Int64, by way: Way) async throws -> [Warning] {
    let input = CustomerInput.with {
      $0.externalID = "c1"
      $0.email = "new@example.com"
    }
    switch way {
    case .upsert: return try await shop.upsert { $0 = input }.warnings
    case .batch:
      return try await shop.customers.batchUpsertCustomers(.with { $0.customers = [input] })
        .results[0].warnings
    case .update, .clear:
      return try await shop.customers.updateCustomer(
        .with {
          $0.id = id
          $0.customer = .with { $0.email = way == .clear ? nil : "new@example.com" }
          $0.updateMask = .with { $0.paths = ["email"] }
        }
      ).warnings
    case .import:
      return try await shop.import([.with { $0.customer = input }]).results[0].warnings
    case .merge, .formerAddress:
      try await shop.upsert {
        $0.externalID = "c2"
        $0.email = "new@example.com"
      }
      guard way == .formerAddress else {
        try await shop.merge(.externalID("c1"), .externalID("c2"), prefer: ["email"])
        // The answer reports it in `subscription_changes`.
        return [
          .with {
            $0.reason = "CONSENT_NOT_CARRIED"
            $0.field = "customer.email"
          }
        ]
      }
      try await shop.merge(.externalID("c1"), .externalID("c2"))
      return try await shop.upsert { $0 = input }.warnings
    case .identifiersOfAGuest:
      try await shop.upsert { $0.email = "new@example.com" }
      return try await shop.upsert { $0 = input }.warnings
        .filter { $0.reason != "CUSTOMERS_MERGED" }
    }
  }

  @Test(arguments: Way.allCases)
  func anAgreementEndsWithItsAddress(_ way: Way) async throws {
    try await Shop.open { shop in
      let id = try await ann(shop)
      let before = try await shop.history().count
      let warnings = try await change(shop, id, by: way)
      #expect(warnings.map(\.reason) == ["CONSENT_NOT_CARRIED"])
      #expect(warnings.map(\.field) == ["customer.email"])
      let customer = try await shop.customer(.id(id))
      #expect(customer.email == (way == .clear ? nil : "new@example.com"))
      for topic in [Topic.marketing, .loyalty] {
        #expect(customer.state(.email, topic) != .subscribed)
      }
      #expect(customer.state(.sms, .marketing) == .subscribed, "the phone number is the same")
      let status = try await shop.status(.email)
      #expect(status.state == .neverSubscribed && !status.canReceive)
      #expect(try await shop.found(["email": ["subscribers"]]) == [])
      #expect(try await shop.found(["email": ["never_subscribed"]]) == ["c1"])
      let rows = Array(try await shop.history().dropFirst(before))
      #expect(rows.map(\.action) == [.addressChange, .addressChange])
      #expect(rows.map(\.topic) == [.marketing, .loyalty])
      #expect(rows.allSatisfy { $0.previousState == .subscribed && $0.state == .neverSubscribed })
      #expect(rows.allSatisfy { $0.address == customer.email ?? "" })
      #expect(rows.map(\.addressHash.count) == (way == .clear ? [0, 0] : [32, 32]))
      // A merge has an event of its own.
      if way != .merge && way != .identifiersOfAGuest {
        let told = try await shop.consentEvents().suffix(2)
        #expect(told.map(\.type) == ["email_consent_reset", "email_consent_reset"])
        #expect(told.first?.title == "E-mail consent reset: other address")
        #expect(told.first?.properties["previous_state"] == .text("subscribed"))
        #expect(told.first?.properties["state"] == .text("never_subscribed"))
      }
      let never = try await shop.consentEvents().map(\.type)
      #expect(!never.contains("email_unsubscribed"))
      #expect(try shop.rows("SELECT 1 FROM suppressions", columns: 1).isEmpty)
      #expect(try shop.findings() == [])
    }
  }

  @Test func nothingIsToldOfTheSameAddress() async throws {
    try await Shop.open { shop in
      _ = try await ann(shop)
      let before = try await shop.history()
      for email in ["ANN@Example.com", "ann@example.com", " Ann@example.com"] {
        let answer = try await shop.upsert(adjust: { $0.defaultCountry = "US" }) {
          $0.externalID = "c1"
          $0.email = email
          $0.phoneNumber = "(415) 555-0101"
        }
        #expect(answer.warnings.isEmpty)
      }
      #expect(try await shop.history() == before)
      #expect(try await shop.status(.email).canReceive)
    }
  }

  /// Orders and events fill the first address of a channel for which consent was recorded before.
  @Test(arguments: ["order", "checkout", "event", "upsert", "subscribe"])
  func anAgreementWithoutAddressIsNotForTheFirstOne(_ way: String) async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "ann@example.com"
        $0.acceptsSMSMarketing = true
      }
      #expect(try await shop.status().state == .subscribed)
      func fill(_ input: inout CustomerInput) {
        input.externalID = "c1"
        input.phoneNumber = "+14155550101"
      }
      let warnings: [Warning]
      switch way {
      case "order": warnings = try await shop.sync(.of("o1", 100), of: fill).warnings
      case "checkout":
        warnings = try await shop.timelines.syncCheckout(
          .with {
            $0.customer = .with(fill)
            $0.checkout = .with {
              $0.token = "k1"
              $0.startedAt = .at(GoogleProtobuf.Timestamp.now)
            }
          }
        ).warnings
      case "event":
        warnings = try await shop.emit("checkout_started", "e1", source: .ecommerce, of: fill)
          .warnings
      case "upsert": warnings = try await shop.upsert(fill).warnings
      default:
        warnings = try await shop.subscribe {
          $0.customer = .with(fill)
          $0.channels = [.email]
        }.warnings
      }
      #expect(warnings.map(\.reason) == ["CONSENT_NOT_CARRIED"])
      #expect(warnings.map(\.field) == ["customer.phone_number"])
      let status = try await shop.status()
      #expect(status.state == .neverSubscribed && !status.canReceive)
      let row = try #require(try await shop.history(channel: .sms).last)
      #expect(row.action == .addressChange && row.address == "+14155550101")
      #expect(try shop.findings() == [])
    }
  }

  @Test func aFlagInTheSameCallCountsForTheNewAddress() async throws {
    try await Shop.open { shop in
      _ = try await ann(shop)
      let before = try await shop.history().count
      let answer = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "new@example.com"
        $0.acceptsEmailMarketing = true
      }
      // The agreement to loyalty was not repeated.
      #expect(answer.warnings.map(\.reason) == ["CONSENT_NOT_CARRIED"])
      let status = try await shop.status(.email)
      #expect(status.state == .subscribed && status.canReceive && status.source == "api")
      let rows = try await shop.history().dropFirst(before)
      #expect(rows.map(\.action) == [.addressChange, .addressChange, .subscribe])
      #expect(rows.last?.previousState == .neverSubscribed && rows.last?.actor == .platform)
      #expect(rows.last?.address == "new@example.com")
      #expect(try shop.findings() == [])
      // SMS has one topic, so nothing is left to report.
      let phone = try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = "+14155550102"
        $0.acceptsSMSMarketing = true
      }
      #expect(phone.warnings.isEmpty)
      #expect(try await shop.status().canReceive)
    }
    // With double opt-in the agreement waits for the new address.
    try await Shop.open { shop in
      _ = try await ann(shop)
      try await shop.set { $0.emailDoubleOptIn = true }
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "new@example.com"
        $0.acceptsEmailMarketing = true
      }
      #expect(try await shop.status(.email).state == .pending)
    }
  }

  @Test(arguments: [ConsentPolicy.keep, .overwrite])
  func anImportsAgreementCountsForTheNewAddress(_ policy: ConsentPolicy) async throws {
    try await Shop.open { shop in
      _ = try await ann(shop)
      let item = ImportItem.of("c1", sms: .subscribed) { $0.phoneNumber = "+14155550102" }
      let result = try await shop.import([item], policy: policy).results[0]
      // A policy that keeps consent does not subscribe a known customer, regardless of the address.
      let kept = ["CONSENT_KEPT", "CONSENT_NOT_CARRIED", "CONSENT_NOT_CARRIED"]
      #expect(
        result.warnings.map(\.reason).sorted()
          == (policy == .keep ? kept : ["CONSENT_NOT_CARRIED"])
      )
      #expect(try await shop.status().canReceive == (policy == .overwrite))
      #expect(try await !shop.status(.email).canReceive, "the item names another e-mail address")
      #expect(try shop.findings() == [])
    }
  }

  @Test func aRequestIsForItsAddress() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "ann@example.com"
      }
      let token = try await shop.subscribe {
        $0.customer = .with { $0.externalID = "c1" }
        $0.channels = [.email]
        $0.doubleOptIn = true
      }.confirmationToken
      let answer = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "new@example.com"
      }
      #expect(answer.warnings.map(\.reason) == ["CONSENT_NOT_CARRIED"])
      #expect(try await shop.status(.email).state == .neverSubscribed)
      #expect(try await failure { try await shop.confirm(token) }.reason == "ADDRESS_CHANGED")
      // The request stays removed when the address returns.
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "ann@example.com"
      }
      #expect(try await failure { try await shop.confirm(token) }.reason == "NOTHING_TO_CONFIRM")
      #expect(try shop.findings() == [])
    }
  }

  @Test func theDryRunSaysTheSame() async throws {
    try await Shop.open { shop in
      _ = try await ann(shop)
      let image = try shop.image()
      let answer = try await shop.upsert(adjust: { $0.validateOnly = true }) {
        $0.externalID = "c1"
        $0.email = "new@example.com"
      }
      #expect(answer.warnings.map(\.reason) == ["CONSENT_NOT_CARRIED"])
      #expect(answer.customer?.state(.email, .marketing) == .neverSubscribed)
      #expect(try shop.image() == image)
    }
  }

  @Test func aStoreMayCarryConsentOver() async throws {
    try await Shop.open { shop in
      #expect(
        try await shop.set { $0.carryConsentOnAddressChange = true }
          .carryConsentOnAddressChange == true
      )
      _ = try await ann(shop)
      let token = try await shop.subscribe {
        $0.customer = .with { $0.externalID = "c1" }
        $0.channels = [.email]
        $0.topics = [.reviewRequests]
        $0.doubleOptIn = true
      }.confirmationToken
      try await shop.confirm(token)
      let before = try await shop.history().count
      let answer = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "anne@example.com"
      }
      #expect(answer.warnings.isEmpty)
      let customer = try await shop.customer(.externalID("c1"))
      #expect(customer.state(.email, .marketing) == .subscribed)
      #expect(try await shop.status(.email).canReceive)
      // No confirmation came from the new address.
      let confirmed = customer.subscriptions.first { $0.topic == .reviewRequests }
      #expect(confirmed?.state == .subscribed && confirmed?.optInLevel == .single)
      let rows = try await shop.history().dropFirst(before)
      #expect(rows.map(\.action) == [.addressChange])
      #expect(rows.map(\.optInLevel) == [.single] && rows.map(\.topic) == [.reviewRequests])
      #expect(try await shop.consentEvents().last?.type == "email_opt_in_confirmed")
      #expect(try shop.findings() == [])
      try await shop.set(["carry_consent_on_address_change"]) { _ in }
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "other@example.com"
      }
      #expect(try await shop.status(.email).state == .neverSubscribed)
    }
  }
}

extension Customer {
  /// Returns the state of a channel and topic; never subscribed if the record has none.
  func state(_ channel: ContactChannel, _ topic: Topic) -> ConsentState {
    subscriptions.first { $0.channel == channel && $0.topic == topic }?.state ?? .neverSubscribed
  }
}
