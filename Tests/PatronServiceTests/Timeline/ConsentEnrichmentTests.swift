import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of events of own products that change consent and suppressions.
struct ConsentEnrichmentTests {
  @Test func subscribesWithTheEventAsEvidence() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      let sent = try await shop.emit(
        "sms_subscribed",
        "e1",
        ["source": .stringValue("popup"), "form_id": .stringValue("f7")]
      )
      #expect(sent.event?.enrichedFields == ["accepts_sms_marketing", "subscriptions"])
      #expect(try await shop.state(.sms) == .subscribed)
      let row = try #require(try await shop.history().first)
      #expect(row.occurredAt == .at(1_700_000_000) && row.actor == .customer)
      #expect(row.evidence?.source == "popup" && row.evidence?.formID == "f7")
      #expect(row.evidence?.method == .form && row.evidence?.note == "event e1")
      #expect(try await shop.customer(.externalID("c1")).acceptsSMSMarketing == true)
      let told = try await shop.timeline(.externalID("c1")).events.map(\.type)
      #expect(told == ["profile_created", "sms_subscribed"], "the event tells of the consent")
      let before = try shop.image()
      #expect(
        try await shop.emit(
          "sms_subscribed",
          "e1",
          ["source": .stringValue("popup"), "form_id": .stringValue("f7")]
        ).outcome == .unchanged
      )
      #expect(try shop.image() == before)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func theRulesOfConsentHold() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      try await shop.emit("email_subscribed", "e1", at: 1_700_000_000)
      let out = try await shop.emit("email_unsubscribed", "e2", at: 1_700_000_200)
      #expect(out.event?.enrichedFields == ["accepts_email_marketing", "subscriptions"])
      #expect(try await shop.customer(.externalID("c1")).acceptsEmailMarketing == false)
      // Another actor cannot, and an older agreement cannot; a newer agreement of the customer can.
      let other = try await shop.emit(
        "email_subscribed",
        "e3",
        at: 1_700_000_300,
        ["actor": .stringValue("operator")]
      )
      #expect(other.warnings.map(\.reason) == ["STICKY_OPT_OUT"] && other.outcome == .created)
      let older = try await shop.emit("email_subscribed", "e4", at: 1_700_000_100)
      #expect(older.warnings.map(\.reason) == ["CONSENT_OUTDATED"])
      #expect(older.event?.enrichedFields == [])
      #expect(try await shop.state(.email) == .unsubscribed)
      try await shop.emit("email_subscribed", "e5", at: 1_700_000_400)
      #expect(try await shop.state(.email) == .subscribed)
      let late = try await shop.emit("email_unsubscribed", "e6", at: 1_700_000_350)
      #expect(late.warnings.map(\.reason) == ["CONSENT_OUTDATED"])
      #expect(try await shop.state(.email) == .subscribed)
      #expect(try await shop.history().count == 3)
    }
  }

  @Test func aStoreMayAskForConfirmation() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      _ = try await shop.customers.updateStoreSettings(
        .with { $0.settings = .with { $0.emailDoubleOptIn = true } }
      )
      try await shop.emit("email_subscribed", "e1")
      #expect(try await shop.state(.email) == .pending)
      try await shop.emit(
        "email_subscribed",
        "e2",
        at: 1_700_000_100,
        ["opt_in_level": .stringValue("confirmed")]
      )
      #expect(try await shop.state(.email) == .subscribed)
      let consent = try await shop.customer(.externalID("c1")).subscriptions.first
      #expect(consent?.optInLevel == .confirmed)
    }
  }

  @Test func anAgreementIsForItsAddressAndTopic() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
      }
      let none = try await shop.emit("sms_subscribed", "e1")
      #expect(none.warnings.map(\.reason) == ["ADDRESS_MISSING"])
      let other = try await shop.emit(
        "email_subscribed",
        "e2",
        of: {
          $0.externalID = "c1"
          $0.email = "other@example.com"
        }
      )
      #expect(other.warnings.map(\.reason) == ["ADDRESS_DIFFERS"])
      let topic = try await shop.emit("email_subscribed", "e3", ["topic": .stringValue("weather")])
      #expect(topic.warnings.map(\.reason) == ["TOPIC_UNKNOWN"])
      #expect(try await shop.history().isEmpty)
      try await shop.emit(
        "email_subscribed",
        "e4",
        ["topic": .stringValue("loyalty")]
      )
      let customer = try await shop.customer(.externalID("c1"))
      #expect(customer.subscriptions.map(\.topic) == [.loyalty])
      #expect(customer.acceptsEmailMarketing == nil, "the flag is about marketing")
    }
  }

  /// An event that names no number, and an e-mail address of another person, may be about that
  /// person.
  @Test func anotherAddressOfTheOtherChannelAgreesToNothing() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      try await shop.upsert {
        $0.externalID = "c2"
        $0.email = "c2@example.com"
      }
      for (number, email) in ["c2@example.com", "nobody@example.com"].enumerated() {
        let other = try await shop.emit(
          "sms_subscribed",
          "e\(number)",
          of: {
            $0.externalID = "c1"
            $0.email = email
          }
        )
        #expect(other.warnings.last?.reason == "ADDRESS_DIFFERS")
        #expect(try await shop.state(.sms) == .neverSubscribed)
      }
      // An opt-out still counts, and an agreement beside her own address does too.
      let own = try await shop.emit(
        "sms_subscribed",
        "e3",
        of: {
          $0.externalID = "c1"
          $0.email = "C1@example.com"
        }
      )
      #expect(own.warnings.isEmpty, "\(own.warnings)")
      #expect(try await shop.state(.sms) == .subscribed)
      try await shop.emit(
        "sms_unsubscribed",
        "e4",
        at: 1_700_000_100,
        of: {
          $0.externalID = "c1"
          $0.email = "c2@example.com"
        }
      )
      #expect(try await shop.state(.sms) == .unsubscribed)
    }
  }

  @Test func aNewerFlagStays() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      try await shop.upsert {
        $0.externalID = "c1"
        $0.acceptsSMSMarketing = false
      }
      try await shop.emit("sms_subscribed", "e1", at: 1_700_000_000)
      let customer = try await shop.customer(.externalID("c1"))
      #expect(customer.acceptsSMSMarketing == false)
      #expect(try await shop.provenance()["accepts_sms_marketing"] == "upsert")
    }
  }

  @Test func bouncesAndFailuresSuppress() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      let hard = try await shop.emit("email_bounced", "e1", ["bounce_type": .stringValue("hard")])
      #expect(hard.event?.enrichedFields == ["suppressions"])
      #expect(try await shop.reasons(.email) == [.hardBounce])
      try await shop.emit("sms_failed", "e2", ["permanent": .boolValue(false)])
      #expect(try await shop.reasons(.sms) == [])
      try await shop.emit("sms_failed", "e3", ["permanent": .boolValue(true)])
      #expect(try await shop.reasons(.sms) == [.invalidAddress])
      #expect(try await shop.state(.email) == .neverSubscribed)
      // A suppression that was lifted since stays lifted. A later event counts again.
      try await shop.unsuppress(.externalID("c1"), [.hardBounce]) { $0.channels = [.email] }
      let late = try await shop.emit(
        "email_bounced",
        "e4",
        at: 1_700_000_500,
        ["bounce_type": .stringValue("hard")]
      )
      #expect(late.warnings.map(\.reason) == ["SUPPRESSION_OUTDATED"])
      #expect(try await shop.reasons(.email) == [])
      try await shop.emit("email_bounced", "e5", at: nil, ["bounce_type": .stringValue("hard")])
      #expect(try await shop.reasons(.email) == [.hardBounce])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func bouncesHaveManyNames() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      _ = try await shop.customers.updateStoreSettings(
        .with { $0.settings = .with { $0.softBounceThreshold = 2 } }
      )
      let strange = try await shop.emit(
        "email_bounced",
        "e1",
        ["bounce_type": .stringValue("weird")]
      )
      #expect(strange.outcome == .created && strange.event?.enrichedFields == [])
      #expect(strange.warnings.map(\.reason) == ["BOUNCE_TYPE_UNKNOWN"])
      let warning = try #require(strange.warnings.first)
      #expect(warning.field == "event.properties.bounce_type")
      #expect(warning.message.contains("hard_bounce") && warning.message.contains("transient"))
      #expect(!warning.message.contains("weird"))
      for (id, type) in [("e2", "Transient"), ("e3", "undetermined")] {
        #expect(try await shop.reasons(.email) == [])
        let soft = try await shop.emit(
          "email_bounced",
          id,
          at: 1_700_000_100,
          ["bounce_type": .stringValue(type)]
        )
        #expect(soft.warnings.isEmpty)
      }
      #expect(try await shop.reasons(.email) == [.softBounce])
      for (id, type) in [("b1", "Permanent"), ("b2", "hard_bounce")] {
        try await shop.upsert { $0.email = "\(id)@example.com" }
        let hard = try await shop.emit(
          "email_bounced",
          id,
          ["bounce_type": .stringValue(type)],
          of: { $0.email = "\(id)@example.com" }
        )
        #expect(hard.warnings.isEmpty)
        #expect(try await shop.reasons(.email, .email("\(id)@example.com")) == [.hardBounce])
      }
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func softBouncesInARowSuppress() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      _ = try await shop.customers.updateStoreSettings(
        .with { $0.settings = .with { $0.softBounceThreshold = 3 } }
      )
      func bounce(_ id: String, at seconds: Int64) async throws -> [SuppressionReason] {
        try await shop.emit(
          "email_bounced",
          id,
          at: seconds,
          ["bounce_type": .stringValue("soft")]
        )
        return try await shop.reasons(.email)
      }
      #expect(try await bounce("e1", at: 1_700_000_000) == [])
      #expect(try await bounce("e2", at: 1_700_000_100) == [])
      #expect(try await bounce("e2", at: 1_700_000_100) == [], "a repeat is no bounce")
      try await shop.emit("email_delivered", "e3", at: 1_700_000_200)
      #expect(try await bounce("e4", at: 1_700_000_300) == [])
      #expect(try await bounce("e5", at: 1_700_000_150) == [], "before what was delivered")
      #expect(try await bounce("e6", at: 1_700_000_400) == [])
      #expect(try await bounce("e7", at: 1_700_000_250) == [.softBounce])
    }
  }

  @Test func spamIsAnOptOutOfTheCustomer() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      try await shop.emit("email_subscribed", "e1", at: 1_700_000_000)
      let spam = try await shop.emit(
        "email_marked_spam",
        "e2",
        at: 1_700_000_100,
        ["actor": .stringValue("system")]
      )
      #expect(
        spam.event?.enrichedFields == [
          "accepts_email_marketing", "subscriptions", "suppressions",
        ]
      )
      let consent = try await shop.customer(.externalID("c1")).subscriptions.first
      #expect(consent?.state == .unsubscribed && consent?.changedBy == .customer)
      #expect(try await shop.reasons(.email) == [.spamComplaint])
      try await shop.emit("email_subscribed", "e3", at: 1_700_000_300)
      #expect(try await shop.state(.email) == .subscribed)
      #expect(try await shop.reasons(.email) == [])
      // A complaint that is reported late is older than the agreement.
      try await shop.emit("email_marked_spam", "e4", at: 1_700_000_200)
      #expect(try await shop.state(.email) == .subscribed)
      #expect(try await shop.reasons(.email) == [])
    }
  }

  @Test func whatWasLiftedForOneReasonIsSuppressedForAnother() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      try await shop.suppress { $0.channels = [.email] }
      try await shop.unsuppress { $0.channels = [.email] }
      try await shop.emit("email_bounced", "e1", ["bounce_type": .stringValue("hard")])
      #expect(try await shop.reasons(.email) == [.hardBounce])
      try await shop.unsuppress(.externalID("c1"), [.hardBounce]) { $0.channels = [.email] }
      let late = try await shop.emit("email_bounced", "e2", ["bounce_type": .stringValue("hard")])
      #expect(late.warnings.map(\.reason) == ["SUPPRESSION_OUTDATED"])
      #expect(try await shop.reasons(.email) == [])
    }
  }

  @Test func aComplaintAboutAFormerAddressIsKeptWithIt() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "old@example.com"
      }
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
        $0.phoneNumber = "+14155550101"
      }
      try await shop.subscribe { $0.channels = [.email] }
      try await shop.emit(
        "email_marked_spam",
        "e1",
        of: {
          $0.externalID = "c1"
          $0.email = "old@example.com"
        }
      )
      #expect(try await shop.reasons(.email) == [])
      try await shop.upsert { $0.email = "old@example.com" }
      #expect(try await shop.reasons(.email, .email("old@example.com")) == [.spamComplaint])
    }
  }

  @Test func anActorThatNobodyKnowsIsNotTheCustomer() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      try await shop.emit("email_unsubscribed", "e1", ["actor": .stringValue("merchant")])
      let again = try await shop.emit(
        "email_subscribed",
        "e2",
        at: 1_700_000_100,
        ["actor": .stringValue("merchant")]
      )
      #expect(again.warnings.map(\.reason) == ["STICKY_OPT_OUT"])
      #expect(try await shop.state(.email) == .unsubscribed)
    }
  }

  @Test func addressesOfNobodyAreSuppressed() async throws {
    try await Shop.open { shop in
      let cases: [(String, [String: PropertyValue.Kind], Bool, SuppressionReason)] = [
        ("email_unsubscribed", [:], true, .unsubscribed),
        ("sms_unsubscribed", [:], false, .unsubscribed),
        ("email_bounced", ["bounce_type": .stringValue("hard")], true, .hardBounce),
        ("email_marked_spam", [:], true, .spamComplaint),
        ("sms_failed", ["permanent": .boolValue(true)], false, .invalidAddress),
      ]
      for (number, (type, properties, isEmail, reason)) in cases.enumerated() {
        let email = "n\(number)@example.com"
        let phone = "+1415555020\(number)"
        let input: (inout CustomerInput) -> Void = {
          if isEmail { $0.email = email } else { $0.phoneNumber = phone }
        }
        let answer = try await shop.emit(type, "e\(number)", properties, of: input)
        #expect(answer.event == nil && answer.outcome == .updated && !answer.customerCreated)
        #expect(answer.warnings.map(\.reason) == ["ADDRESS_SUPPRESSED"])
        let again = try await shop.emit(type, "e\(number)", properties, of: input)
        #expect(again.outcome == .unchanged)
        let ref: CustomerRef.Ref = isEmail ? .email(email) : .phoneNumber(phone)
        #expect(try await failure { try await shop.get(ref) }.reason == "CUSTOMER_NOT_FOUND")
        try await shop.upsert(input)
        #expect(try await shop.reasons(isEmail ? .email : .sms, ref) == [reason])
      }
      let soft = try await failure {
        try await shop.emit(
          "email_bounced",
          "s",
          ["bounce_type": .stringValue("soft")],
          of: { $0.email = "soft@example.com" }
        )
      }
      #expect(soft.reason == "CUSTOMER_UNKNOWN")
    }
  }
}
