import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of consent that own products report a second time, and of suppressions, replies and
/// confirmations.
struct ReportedConsentTests {
  @Test func anOptOutThatIsReplacedByALaterOneCountsAgain() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      try await shop.emit("sms_subscribed", "s1", at: 1_700_000_000)
      try await shop.emit("sms_unsubscribed", "stop", at: 1_700_000_100)
      try await shop.emit("sms_subscribed", "s2", at: 1_700_000_200)
      // An exact repeat changes nothing.
      try await shop.emit("sms_unsubscribed", "stop", at: 1_700_000_100)
      #expect(try await shop.state(.sms) == .subscribed)
      let again = try await shop.emit("sms_unsubscribed", "stop", at: 1_700_000_300)
      #expect(again.outcome == .updated && again.warnings.isEmpty)
      #expect(again.event?.enrichedFields == ["accepts_sms_marketing", "subscriptions"])
      #expect(try await shop.state(.sms) == .unsubscribed)
      // A repeated agreement does not count: it would undo later opt-outs.
      try await shop.emit("sms_subscribed", "s2", at: 1_700_000_400)
      #expect(try await shop.state(.sms) == .unsubscribed)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func anOutdatedOptOutIsCorrected() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      try await shop.emit("email_subscribed", "s1", at: 1_700_000_100)
      let early = try await shop.emit("email_unsubscribed", "u1", at: 1_700_000_000)
      #expect(early.warnings.map(\.reason) == ["CONSENT_OUTDATED"])
      try await shop.emit("email_unsubscribed", "u1", at: 1_700_000_200)
      #expect(try await shop.state(.email) == .unsubscribed)
    }
  }

  @Test func aLaterBounceSuppressesAgain() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      let hard: [String: PropertyValue.Kind] = ["bounce_type": .stringValue("hard")]
      try await shop.emit("email_bounced", "b1", hard)
      try await shop.unsuppress(.externalID("c1"), [.hardBounce]) { $0.channels = [.email] }
      let past = try await shop.emit("email_bounced", "b1", at: 1_700_000_500, hard)
      #expect(past.warnings.map(\.reason) == ["SUPPRESSION_OUTDATED"])
      try await shop.emit("email_bounced", "b1", at: GoogleProtobuf.Timestamp.now + 60, hard)
      #expect(try await shop.reasons(.email) == [.hardBounce])
    }
  }

  @Test func aFlagOfTheShopThatSaysNoLaterCountsAgain() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      func placed(_ accepts: Bool, at seconds: Int64) async throws {
        try await shop.emit(
          "checkout_started",
          "k1",
          at: seconds,
          source: .ecommerce,
          of: {
            $0.externalID = "c1"
            $0.acceptsEmailMarketing = accepts
          }
        )
      }
      try await placed(false, at: 1_700_000_000)
      try await shop.emit("email_subscribed", "s1", at: 1_700_000_100)
      try await placed(false, at: 1_700_000_050)
      #expect(try await shop.state(.email) == .subscribed)
      try await placed(false, at: 1_700_000_200)
      #expect(try await shop.state(.email) == .unsubscribed)
      try await placed(true, at: 1_700_000_300)
      #expect(try await shop.state(.email) == .unsubscribed)
    }
  }

  @Test func reportedSuppressionsHold() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      try await shop.emit("sms_subscribed", "s1")
      let blocked = try await shop.emit(
        "sms_suppressed",
        "x1",
        ["reason": .stringValue("carrier_block")]
      )
      #expect(blocked.event?.enrichedFields == ["suppressions"] && blocked.warnings.isEmpty)
      #expect(try await shop.reasons(.sms) == [.carrierBlock])
      #expect(try await shop.status().canReceive == false)
      let odd = try await shop.emit("email_suppressed", "x2", ["reason": .stringValue("whim")])
      #expect(odd.warnings.map(\.reason) == ["SUPPRESSION_REASON_UNKNOWN"])
      #expect(odd.warnings.first?.message.contains("whim") == false)
      #expect(try await shop.reasons(.email) == [.manual])
      let told = try await shop.timeline(.externalID("c1")).events.map(\.type)
      #expect(told.filter { $0.hasSuffix("suppressed") }.count == 2, "each is told once")
      let lifted = try await shop.emit(
        "sms_unsuppressed",
        "x3",
        ["previous_reason": .stringValue("carrier_block")]
      )
      #expect(lifted.warnings.map(\.reason) == ["SUPPRESSION_KEPT"])
      #expect(try await shop.reasons(.sms) == [.carrierBlock])
      let unknown = try await shop.emit(
        "email_suppressed",
        "x4",
        ["reason": .stringValue("policy")],
        of: { $0.email = "n@example.com" }
      )
      #expect(unknown.event == nil && unknown.warnings.map(\.reason) == ["ADDRESS_SUPPRESSED"])
      try await shop.upsert { $0.email = "n@example.com" }
      #expect(try await shop.reasons(.email, .email("n@example.com")) == [.policy])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func aReplyOfStopOptsOut() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      try await shop.emit("sms_subscribed", "s1", at: 1_700_000_000)
      try await shop.emit(
        "sms_received",
        "r1",
        at: 1_700_000_100,
        ["body_excerpt": .stringValue("Will it? No!")]
      )
      let unread = try await shop.emit(
        "sms_received",
        "r3",
        at: 1_700_000_150,
        ["text": .stringValue("STOP")]
      )
      #expect(unread.warnings.map(\.reason) == ["REPLY_UNREAD"])
      #expect(try await shop.state(.sms) == .subscribed)
      let stop = try await shop.emit(
        "sms_received",
        "r2",
        at: 1_700_000_200,
        ["keyword": .stringValue("STOP"), "actor": .stringValue("system")]
      )
      #expect(stop.event?.enrichedFields == ["accepts_sms_marketing", "subscriptions"])
      let row = try #require(try await shop.history().last)
      #expect(row.state == .unsubscribed && row.actor == .customer)
      #expect(row.evidence?.method == .keyword)
      #expect(
        try await shop.consentEvents().map(\.type) == ["sms_subscribed", "sms_unsubscribed"]
      )
    }
  }

  @Test func aConfirmationEndsTheWaiting() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      let early = try await shop.emit("sms_opt_in_confirmed", "c1", at: 1_700_000_000)
      #expect(early.warnings.map(\.reason) == ["NOTHING_TO_CONFIRM"])
      let asked = try await shop.emit(
        "sms_opt_in_requested",
        "c2",
        at: 1_700_000_100,
        ["source": .stringValue("popup")]
      )
      #expect(asked.event?.enrichedFields == ["accepts_sms_marketing", "subscriptions"])
      #expect(try await shop.state(.sms) == .pending)
      try await shop.emit("sms_opt_in_confirmed", "c3", at: 1_700_000_200)
      let consent = try #require(try await shop.customer(.externalID("c1")).subscriptions.first)
      #expect(consent.state == .subscribed && consent.optInLevel == .confirmed)
      #expect(consent.source == "popup" && consent.changedBy == .customer)
      try await shop.emit("sms_unsubscribed", "c4", at: 1_700_000_300)
      let late = try await shop.emit("sms_opt_in_confirmed", "c5", at: 1_700_000_400)
      #expect(late.warnings.map(\.reason) == ["CONSENT_OUTDATED"])
      #expect(try await shop.state(.sms) == .unsubscribed)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func whatDoesNotFitLeavesTheOtherEvidence() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      let sent = try await shop.record {
        $0.source = .product
        $0.type = "sms_subscribed"
        $0.occurredAt = .at(1_700_000_000)
        $0.context = .with {
          $0.ip = "999.1.1.1"
          $0.userAgent = "UA"
          $0.url = "https://example.com/x"
        }
        $0.properties = [
          "source": .with { $0.kind = .stringValue("x") },
          "form_id": .with { $0.kind = .stringValue("form-7") },
        ]
      }
      #expect(
        Set(sent.warnings.map { "\($0.field) \($0.reason)" }) == [
          "event.context.ip IP_MALFORMED", "event.properties.source CONSENT_SOURCE_LENGTH",
        ]
      )
      #expect(!sent.warnings.contains { $0.message.contains("999") })
      #expect(sent.event?.context?.ip == "" && sent.event?.context?.userAgent == "UA")
      let evidence = try #require(try await shop.history().first?.evidence)
      #expect(evidence.source == "event" && evidence.ip.isEmpty)
      #expect(evidence.userAgent == "UA" && evidence.pageURL == "https://example.com/x")
      #expect(evidence.formID == "form-7" && evidence.method == .form)
    }
  }
}
