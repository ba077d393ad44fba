import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of flags beside another person's address: they are not the customer's statement.
struct OtherAddressTests {
  enum Way: CaseIterable {
    case order, checkout, account, started, upsert, batch
  }

  private static let others = ["zoe@example.com", "+14155550199"]

  /// Creates customer 42, with agreements or without consent on both channels.
  private func ann(_ shop: Shop, agreed: Bool) async throws {
    try await shop.upsert {
      $0.externalID = "42"
      $0.email = "ann@example.com"
      $0.phoneNumber = "+14155550101"
      if agreed {
        $0.acceptsEmailMarketing = true
        $0.acceptsSMSMarketing = true
      }
    }
  }

  /// Creates Zoe, whom the shop knows and who has both addresses.
  private func zoe(_ shop: Shop, agreed: Bool) async throws {
    try await shop.upsert {
      $0.externalID = "zoe"
      $0.email = Self.others[0]
      $0.phoneNumber = Self.others[1]
      $0.acceptsEmailMarketing = agreed
      $0.acceptsSMSMarketing = agreed
    }
  }

  private func send(
    _ shop: Shop,
    by way: Way,
    _ input: CustomerInput
  ) async throws -> [Warning] {
    switch way {
    case .order: return try await shop.sync(.of("o1", 100)) { $0 = input }.warnings
    case .checkout:
      return try await shop.timelines.syncCheckout(
        .with {
          $0.customer = input
          $0.checkout = .with {
            $0.token = "k1"
            $0.startedAt = .at(GoogleProtobuf.Timestamp.now)
          }
        }
      ).warnings
    case .account, .started:
      let type = way == .account ? "account_created" : "checkout_started"
      return try await shop.emit(type, "e1", source: .ecommerce, of: { $0 = input }).warnings
    case .upsert:
      return try await shop.upsert(adjust: { $0.onConflict = .keepExisting }) { $0 = input }
        .warnings
    case .batch:
      return try await shop.customers.batchUpsertCustomers(
        .with {
          $0.customers = [input]
          $0.onConflict = .keepExisting
        }
      ).results[0].warnings
    }
  }

  private func states(_ shop: Shop, _ id: String) async throws -> [ConsentState] {
    let customer = try await shop.customer(.externalID(id))
    return [.email, .sms].map { customer.state($0, .marketing) }
  }

  @Test(arguments: Way.allCases, [true, false])
  func itIsLeftOut(_ way: Way, flag: Bool) async throws {
    for channel in [ContactChannel.email, .sms] {
      // An upsert replaces an address that no customer has. Orders and events are refused an
      // address that another customer has.
      let isZoes = [.upsert, .batch, .account, .started].contains(way)
      try await Shop.open { shop in
        try await ann(shop, agreed: !flag)
        if isZoes { try await zoe(shop, agreed: !flag) }
        let before = try await states(shop, "42")
        let rows = try await shop.history(.externalID("42"))
        let accepted = try await shop.customer(.externalID("42")).acceptsEmailMarketing
        let input = CustomerInput.with {
          $0.externalID = "42"
          if channel == .email {
            $0.email = Self.others[0]
            $0.acceptsEmailMarketing = flag
          } else {
            $0.phoneNumber = Self.others[1]
            $0.acceptsSMSMarketing = flag
          }
        }
        let warnings = try await send(shop, by: way, input)
        let expected = (isZoes ? ["IDENTIFIER_KEPT"] : []) + ["ADDRESS_DIFFERS"]
        #expect(warnings.map(\.reason) == expected)
        #expect(
          warnings.last?.field
            == "customer.accepts_\(channel == .email ? "email" : "sms")_marketing"
        )
        #expect(try await states(shop, "42") == before)
        #expect(try await shop.history(.externalID("42")) == rows)
        #expect(try await shop.customer(.externalID("42")).acceptsEmailMarketing == accepted)
        if isZoes {
          #expect(try await states(shop, "zoe") == Array(repeating: before[0], count: 2))
        } else {
          // It says nothing about an address without a customer either.
          #expect(try shop.rows("SELECT 1 FROM suppressions", columns: 1).isEmpty)
        }
        #expect(try shop.findings() == [])
      }
    }
  }

  @Test(arguments: Way.allCases, [true, false])
  func besideTheCustomersOwnItCounts(_ way: Way, flag: Bool) async throws {
    try await Shop.open { shop in
      try await ann(shop, agreed: !flag)
      let input = CustomerInput.with {
        $0.externalID = "42"
        $0.email = "Ann@Example.com"
        $0.acceptsEmailMarketing = flag
        // The input has no address of the channel, and no address of another customer.
        $0.acceptsSMSMarketing = flag
      }
      // Orders and events of these tests are in the past, so an agreement of the present is newer.
      let isLate = !flag && [.order, .account, .started].contains(way)
      let warnings = try await send(shop, by: way, input).map(\.reason)
      #expect(warnings == (isLate ? ["CONSENT_OUTDATED", "CONSENT_OUTDATED"] : []))
      let state: ConsentState = flag || isLate ? .subscribed : .unsubscribed
      #expect(try await states(shop, "42") == [state, state])
    }
  }

  /// A flag of the other channel beside a stranger's address is doubtful: an agreement does not
  /// count, and an opt-out does.
  @Test func inDoubtNobodyAgreed() async throws {
    try await Shop.open { shop in
      try await ann(shop, agreed: false)
      let order = try await shop.sync(.of("o1", 100)) {
        $0.externalID = "42"
        $0.email = Self.others[0]
        $0.acceptsSMSMarketing = true
      }
      #expect(order.warnings.map(\.reason) == ["ADDRESS_DIFFERS"])
      #expect(order.warnings.map(\.field) == ["customer.accepts_sms_marketing"])
      #expect(try await states(shop, "42") == [.neverSubscribed, .neverSubscribed])
      // The input has her own number too.
      let own = try await shop.sync(.of("o2", 100)) {
        $0.externalID = "42"
        $0.email = Self.others[0]
        $0.phoneNumber = "+14155550101"
        $0.acceptsSMSMarketing = true
      }
      #expect(own.warnings.isEmpty)
      #expect(try await states(shop, "42") == [.neverSubscribed, .subscribed])
      let later = try await shop.timelines.syncCheckout(
        .with {
          $0.customer = .with {
            $0.externalID = "42"
            $0.email = Self.others[0]
            $0.acceptsSMSMarketing = false
          }
          $0.checkout = .with {
            $0.token = "k1"
            $0.startedAt = .at(GoogleProtobuf.Timestamp.now)
          }
        }
      )
      #expect(later.warnings.isEmpty)
      #expect(try await states(shop, "42") == [.neverSubscribed, .unsubscribed])
    }
  }

  /// A former address of a merged customer still identifies the customer's own statement.
  @Test func aFormerAddressIsTheCustomersOwn() async throws {
    try await Shop.open { shop in
      try await ann(shop, agreed: true)
      try await zoe(shop, agreed: false)
      try await shop.merge(.externalID("42"), .externalID("zoe"))
      let yes = try await shop.upsert {
        $0.email = Self.others[0]
        $0.acceptsEmailMarketing = true
      }
      #expect(yes.warnings.map(\.reason) == ["ADDRESS_FORMER"])
      let no = try await shop.upsert {
        $0.email = Self.others[0]
        $0.acceptsEmailMarketing = false
      }
      #expect(no.warnings.isEmpty)
      #expect(try await states(shop, "42") == [.unsubscribed, .subscribed])
    }
  }

  @Test func aNewCustomerAgreesToNothingForOthers() async throws {
    try await Shop.open { shop in
      try await zoe(shop, agreed: false)
      let made = try await shop.upsert(adjust: { $0.onConflict = .keepExisting }) {
        $0.externalID = "43"
        $0.email = Self.others[0]
        $0.phoneNumber = "+14155550143"
        $0.acceptsEmailMarketing = true
        $0.acceptsSMSMarketing = true
      }
      #expect(made.outcome == .created)
      #expect(made.warnings.map(\.reason) == ["IDENTIFIER_KEPT", "ADDRESS_DIFFERS"])
      #expect(try await states(shop, "43") == [.neverSubscribed, .subscribed])
      #expect(try await states(shop, "zoe") == [.neverSubscribed, .neverSubscribed])
    }
  }
}
