import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of opt-outs and refusals that name an address other than the customer's, and of
/// identifiers that events must not change.
struct EventAddressTests {
  private static let other = "+14155550199"

  private func status(_ shop: Shop, _ ref: CustomerRef.Ref) async throws -> ChannelStatus {
    try await shop.status(.sms, of: ref)
  }

  /// Creates c1, who is Ada, and c2, who has the other number and wants messages.
  private func both(_ shop: Shop) async throws {
    try await shop.ada()
    try await shop.upsert {
      $0.externalID = "c2"
      $0.phoneNumber = Self.other
      $0.acceptsSMSMarketing = true
    }
  }

  private static let adaAndOther: @Sendable (inout CustomerInput) -> Void = {
    $0.externalID = "c1"
    $0.phoneNumber = other
  }

  @Test func anAddressThatNobodyHasIsOptedOutToo() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      try await shop.subscribe {
        $0.evidence?.occurredAt = .at(1_600_000_000)
        $0.historical = true
      }
      let stop = try await shop.emit("sms_unsubscribed", "u1", of: Self.adaAndOther)
      #expect(stop.warnings.map(\.reason) == ["ADDRESS_DIFFERS"])
      #expect(stop.event?.enrichedFields == ["accepts_sms_marketing", "subscriptions"])
      #expect(try await shop.state(.sms) == .unsubscribed)
      #expect(try await shop.reasons(.sms) == [], "not her address")
      try await shop.upsert {
        $0.externalID = "c2"
        $0.phoneNumber = Self.other
        $0.acceptsSMSMarketing = true
      }
      let status = try await status(shop, .externalID("c2"))
      #expect(status.suppressions.map(\.reason) == [.unsubscribed] && !status.canReceive)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func anAgreementDoesNotUndoAnOptOutThatTheAddressKept() async throws {
    try await Shop.open { shop in
      _ = try await shop.unsubscribe {
        $0.customer = .with { $0.ref = .phoneNumber("+14155550101") }
        $0.evidence = .with { $0.occurredAt = .at(1_700_000_000) }
      }
      try await shop.ada()
      let older = try await shop.emit("sms_subscribed", "s1", at: 1_600_000_000)
      #expect(older.warnings.map(\.reason) == ["CONSENT_OUTDATED"])
      #expect(try await shop.state(.sms) == .neverSubscribed)
      let newer = try await shop.emit("sms_subscribed", "s2", at: 1_710_000_000)
      #expect(newer.warnings.isEmpty, "\(newer.warnings)")
      #expect(try await shop.state(.sms) == .subscribed)
      #expect(try await shop.reasons(.sms) == [])
    }
  }

  @Test func whatWasLiftedOfOneAddressIsNotLiftedOfAnother() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      try await shop.suppress(.externalID("c1"), .invalidAddress)
      try await shop.unsuppress(.externalID("c1"), [.invalidAddress])
      let failed = try await shop.emit(
        "sms_failed",
        "f1",
        ["permanent": .boolValue(true)],
        of: Self.adaAndOther
      )
      #expect(failed.warnings.isEmpty, "\(failed.warnings)")
      try await shop.upsert { $0.phoneNumber = Self.other }
      #expect(try await shop.reasons(.sms, .phoneNumber(Self.other)) == [.invalidAddress])
    }
  }

  @Test func whoHasTheAddressIsOptedOutToo() async throws {
    try await Shop.open { shop in
      try await both(shop)
      let stop = try await shop.emit("sms_unsubscribed", "u1", at: nil, of: Self.adaAndOther)
      #expect(stop.warnings.map(\.reason) == ["IDENTIFIER_KEPT", "ADDRESS_DIFFERS"])
      let ada = try await shop.customer(.externalID("c1"))
      #expect(stop.event?.customerID == ada.id && ada.phoneNumber == "+14155550101")
      for ref in [CustomerRef.Ref.externalID("c1"), .externalID("c2")] {
        #expect(try await shop.state(.sms, ref) == .unsubscribed)
      }
      let row = try #require(try await shop.history(.externalID("c2")).last)
      #expect(row.actor == .customer && row.evidence?.note == "event u1")
      #expect(
        try await shop.consentEvents(.externalID("c2")).map(\.type) == [
          "sms_subscribed", "sms_unsubscribed",
        ]
      )
      #expect(try await shop.found(["sms": ["subscribers"]]) == [])
      // A refusal concerns the address alone.
      let failed = try await shop.emit(
        "sms_failed",
        "f1",
        at: nil,
        ["permanent": .boolValue(true)],
        of: Self.adaAndOther
      )
      #expect(failed.warnings.map(\.reason) == ["IDENTIFIER_KEPT", "ADDRESS_DIFFERS"])
      #expect(try await shop.reasons(.sms, .externalID("c2")) == [.invalidAddress])
      #expect(try await shop.reasons(.sms) == [])
      #expect(try await shop.found(["sms": ["suppressed"]]) == ["c2"])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func anOptOutNeedsNoCustomer() async throws {
    try await Shop.open { shop in
      try await both(shop)
      let stranger: (inout CustomerInput) -> Void = {
        $0.externalID = "stranger"
        $0.phoneNumber = Self.other
      }
      let stop = try await shop.emit("sms_unsubscribed", "u1", at: nil, of: stranger)
      #expect(stop.event == nil && stop.outcome == .updated)
      #expect(stop.warnings.map(\.reason) == ["ADDRESS_DIFFERS"])
      #expect(try await shop.state(.sms, .externalID("c2")) == .unsubscribed)
      let again = try await shop.emit("sms_unsubscribed", "u1", at: nil, of: stranger)
      #expect(again.outcome == .unchanged)
      // An event without an opt-out concerns a customer.
      for type in ["sms_delivered", "points_earned"] {
        let error = try await failure { try await shop.emit(type, "x", of: stranger) }
        #expect(error.code == .alreadyExists && error.reason == "IDENTIFIER_CONFLICT")
      }
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func identifiersOfOthersAreLeftOut() async throws {
    try await Shop.open { shop in
      try await both(shop)
      let quiz = try await shop.emit(
        "quiz_completed",
        "q1",
        source: .thirdParty,
        of: {
          Self.adaAndOther(&$0)
          $0.firstName = "Ada"
        }
      )
      #expect(quiz.outcome == .created && quiz.event?.enrichedFields == ["first_name"])
      #expect(quiz.warnings.map(\.reason) == ["IDENTIFIER_KEPT"])
      #expect(quiz.warnings.first?.field == "customer.phone_number")
      #expect(try await shop.customer(.phoneNumber(Self.other)).externalID == "c2")
      let agreed = try await shop.emit("sms_subscribed", "s1", of: Self.adaAndOther)
      #expect(agreed.warnings.map(\.reason) == ["IDENTIFIER_KEPT", "ADDRESS_DIFFERS"])
      #expect(try await shop.state(.sms) == .neverSubscribed)
      let checkout = try await shop.emit(
        "checkout_started",
        "k1",
        source: .ecommerce,
        of: {
          Self.adaAndOther(&$0)
          $0.acceptsSMSMarketing = true
        }
      )
      #expect(checkout.warnings.map(\.reason) == ["IDENTIFIER_KEPT", "ADDRESS_DIFFERS"])
      #expect(try await shop.state(.sms) == .neverSubscribed, "it was another number's agreement")
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func anyTopicOfAnUnknownAddressIsOptedOut() async throws {
    try await Shop.open { shop in
      for (number, topic) in ["transactional", "review_requests", "loyalty"].enumerated() {
        let phone = "+1415555021\(number)"
        let stop = try await shop.emit(
          "sms_unsubscribed",
          "u\(number)",
          ["topic": .stringValue(topic)],
          of: { $0.phoneNumber = phone }
        )
        #expect(stop.warnings.map(\.reason) == ["ADDRESS_SUPPRESSED"])
        try await shop.upsert { $0.phoneNumber = phone }
        #expect(try await shop.reasons(.sms, .phoneNumber(phone)) == [.unsubscribed])
      }
    }
  }

  @Test func customersOfFormsAreKnownByThem() async throws {
    try await Shop.open { shop in
      try await shop.emit("email_subscribed", "e1", of: { $0.email = "a@example.com" })
      #expect(try await shop.customer(.email("a@example.com")).origin == .subscriptionTool)
      try await shop.emit("points_earned", "e2", of: { $0.email = "b@example.com" })
      #expect(try await shop.customer(.email("b@example.com")).origin == .event)
    }
  }
}
