import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of opt-outs of an address that its customer has given up: they stay with the address.
struct AddressChangeTests {
  /// Creates a customer with both addresses who opted out of e-mail. Returns the id.
  private func optedOut(_ shop: Shop, by actor: ActorKind = .customer) async throws -> Int64 {
    let made = try await shop.upsert {
      $0.externalID = "c1"
      $0.email = "one@example.com"
      $0.phoneNumber = "+14155550101"
    }
    for channel in [ContactChannel.email, .sms] {
      try await shop.unsubscribe {
        $0.channels = [channel]
        $0.actor = actor
        $0.evidence = .with { $0.occurredAt = .at(1_700_000_000) }
      }
    }
    return made.customer?.id ?? 0
  }

  /// Returns the reasons for which the address is suppressed, after a customer gets it and the shop
  /// reports an agreement.
  private func reasons(
    _ shop: Shop,
    _ channel: ContactChannel,
    _ input: (inout CustomerInput) -> Void
  ) async throws -> [SuppressionReason] {
    let made = try await shop.upsert(input)
    #expect(made.outcome == .created)
    let status = try await shop.status(channel, of: .id(try #require(made.customer?.id)))
    #expect(status.canReceive == status.suppressions.isEmpty)
    #expect(status.suppressions.allSatisfy { $0.suppressedAt == .at(1_700_000_000) })
    return status.suppressions.map(\.reason)
  }

  private func email(_ shop: Shop) async throws -> [SuppressionReason] {
    try await reasons(shop, .email) {
      $0.email = "one@example.com"
      $0.acceptsEmailMarketing = true
    }
  }

  private func sms(_ shop: Shop) async throws -> [SuppressionReason] {
    try await reasons(shop, .sms) {
      $0.phoneNumber = "+14155550101"
      $0.acceptsSMSMarketing = true
    }
  }

  @Test(arguments: [
    (ActorKind.customer, SuppressionReason.unsubscribed), (.operator, .manual),
  ])
  func anAddressThatIsReplacedStaysOptedOut(
    actor: ActorKind,
    reason: SuppressionReason
  ) async throws {
    try await Shop.open { shop in
      _ = try await optedOut(shop, by: actor)
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "two@example.com"
        $0.phoneNumber = "+14155550102"
      }
      #expect(try await email(shop) == [reason])
      #expect(try await sms(shop) == [reason])
      #expect(try shop.findings() == [])
      // Consent stays with the record too.
      #expect(try await shop.status(.email).state == .unsubscribed)
    }
  }

  @Test(arguments: ["email", "phone_number"])
  func anAddressThatIsClearedStaysOptedOut(field: String) async throws {
    try await Shop.open { shop in
      let id = try await optedOut(shop)
      _ = try await shop.customers.updateCustomer(
        .with {
          $0.id = id
          $0.updateMask = .with { $0.paths = [field] }
        }
      )
      #expect(try await (field == "email" ? email(shop) : sms(shop)) == [.unsubscribed])
      #expect(try shop.findings() == [])
    }
  }

  @Test func anErasureAfterTheChangeKeepsTheOldAddressSilent() async throws {
    try await Shop.open { shop in
      _ = try await optedOut(shop)
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "two@example.com"
      }
      try await shop.delete(.externalID("c1"))
      #expect(try await email(shop) == [.unsubscribed])
    }
  }

  @Test func theLedgerSaysWhichAddressAgreed() async throws {
    try await Shop.open { shop in
      func agree(_ email: String) async throws {
        try await shop.upsert {
          $0.externalID = "c1"
          $0.email = email
        }
        try await shop.unsubscribe { $0.channels = [.email] }
        try await shop.subscribe {
          $0.customer = .with { $0.externalID = "c1" }
          $0.channels = [.email]
        }
      }
      try await agree("one@example.com")
      try await agree("two@example.com")
      // A statement about a channel without an address concerns no address.
      try await shop.unsubscribe { $0.channels = [.sms] }
      let one = ["one@example.com", "one@example.com"]
      // The first agreement ended with its address.
      let two = Array(repeating: "two@example.com", count: 3)
      #expect(try await shop.history().map(\.address) == one + two + [""])
      let id = try await shop.customer(.externalID("c1")).id
      try await shop.delete(.id(id))
      for body in try shop.blobs("SELECT body FROM consent_ledger WHERE customer_id = \(id)") {
        #expect(try ConsentRecord(decoding: body).address.isEmpty)
      }
    }
  }

  @Test func onlyTheCustomersNextOwnAgreementLiftsIt() async throws {
    try await Shop.open { shop in
      _ = try await optedOut(shop)
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "two@example.com"
      }
      try await shop.subscribe {
        $0.customer = .with { $0.email = "one@example.com" }
        $0.channels = [.email]
      }
      #expect(try await shop.status(.email, of: .email("one@example.com")).canReceive)
    }
  }

  @Test func whoNeverOptedOutLeavesNothingBehind() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "one@example.com"
        $0.acceptsEmailMarketing = true
      }
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "two@example.com"
      }
      // Another spelling is not another address.
      try await shop.unsubscribe { $0.channels = [.email] }
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "Two@Example.com"
      }
      try await shop.upsert(adjust: { $0.validateOnly = true }) {
        $0.externalID = "c1"
        $0.email = "three@example.com"
      }
      #expect(try shop.rows("SELECT reason FROM suppressions", columns: 1).isEmpty)
      #expect(try await email(shop) == [])
    }
  }

  @Test func aKnownCustomerWhoGetsASuppressedAddressIsToldOf() async throws {
    try await Shop.open { shop in
      _ = try await optedOut(shop)
      _ = try await shop.customers.deleteCustomer(
        .with { $0.customer = .with { $0.ref = .externalID("c1") } }
      )
      try await shop.upsert {
        $0.externalID = "c2"
        $0.email = "two@example.com"
      }
      let answer = try await shop.upsert {
        $0.externalID = "c2"
        $0.email = "one@example.com"
      }
      #expect(answer.outcome == .updated)
      #expect(answer.warnings.map(\.reason) == ["ADDRESS_SUPPRESSED"])
      #expect(answer.warnings.map(\.field) == ["customer.email"])
      #expect(try await !shop.status(.email, of: .externalID("c2")).canReceive)
    }
  }
}
