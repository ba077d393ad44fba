import PatronProto
import PatronStore
import ProtoWire
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of agreements with their evidence, and of the opt-outs that they undo or do not undo.
struct SubscribeTests {
  /// Acceptance 5 of the plan, word for word.
  @Test func theCustomersWordIsUndoneByTheCustomerOnly() async throws {
    try await Shop.open { shop in
      let form = GoogleProtobuf.Timestamp.now - 3000
      // Subscribed by a form: row 1.
      try await shop.subscribe { $0.evidence?.occurredAt = .at(form) }
      #expect(try await shop.history().map(\.state) == [.subscribed])
      // STOP by the customer: row 2.
      let stop = form + 1000
      try await shop.unsubscribe(.phoneNumber("+14155550101")) {
        $0.evidence = .with {
          $0.occurredAt = .at(stop)
          $0.method = .keyword
        }
      }
      #expect(try await shop.history().map(\.state) == [.subscribed, .unsubscribed])
      // accepts_sms_marketing = true from the shop: still unsubscribed, a warning, no row.
      let flag = try await shop.upsert {
        $0.externalID = "c1"
        $0.acceptsSMSMarketing = true
      }
      #expect(flag.warnings.map(\.reason) == ["STICKY_OPT_OUT"])
      #expect(flag.customer?.subscriptions.map(\.state) == [.unsubscribed])
      #expect(try await shop.history().count == 2)
      // The same form with an earlier time than the STOP is refused,
      let before = try shop.image()
      for early in [stop - 1, stop] {
        let error = try await failure("at \(early - stop)") {
          try await shop.subscribe { $0.evidence?.occurredAt = .at(early) }
        }
        #expect(error.code == .failedPrecondition && error.reason == "CONSENT_OUTDATED")
      }
      // and so is one by any other actor, at any time;
      for actor in [ActorKind.operator, .platform, .system] {
        let error = try await failure("\(actor)") {
          try await shop.subscribe {
            $0.actor = actor
            $0.evidence?.occurredAt = .at(stop + 1000)
          }
        }
        #expect(error.code == .failedPrecondition && error.reason == "STICKY_OPT_OUT")
      }
      #expect(try shop.image() == before)
      // a form by the customer with a later time: subscribed, row 3.
      let again = try await shop.subscribe { $0.evidence?.occurredAt = .at(stop + 1) }
      #expect(again.customer?.subscriptions.map(\.state) == [.subscribed])
      let rows = try await shop.history()
      #expect(rows.map(\.state) == [.subscribed, .unsubscribed, .subscribed])
      #expect(rows.map(\.actor) == [.customer, .customer, .customer])
      let events = try await shop.consentEvents()
      #expect(events.map(\.type) == ["sms_subscribed", "sms_unsubscribed", "sms_subscribed"])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func theCustomersWordIsKeptThoughTheFlagCameFirst() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.phoneNumber = "+14155550101"
        $0.acceptsSMSMarketing = true
      }
      let form: (inout SubscribeCustomerRequest) -> Void = {
        $0.evidence?.occurredAt = .at(GoogleProtobuf.Timestamp.now - 600)
        $0.evidence?.ip = "192.0.2.1"
      }
      let own = try await shop.subscribe(form)
      #expect(own.outcome == .updated && own.warnings.isEmpty)
      let consent = try #require(own.customer?.subscriptions.first)
      #expect(consent.changedBy == .customer && consent.source == "welcome_popup")
      #expect(try await shop.history().map { $0.evidence?.ip ?? "" } == ["", "192.0.2.1"])
      let older = try await shop.subscribe {
        $0.evidence?.occurredAt = .at(GoogleProtobuf.Timestamp.now - 1200)
      }
      #expect(older.outcome == .unchanged)
      #expect(older.warnings.map(\.reason) == ["CONSENT_OUTDATED"])
      // An opt-out between the form and the flag counts.
      try await shop.unsubscribe {
        $0.evidence = .with { $0.occurredAt = .at(GoogleProtobuf.Timestamp.now - 300) }
      }
      #expect(try await shop.status().state == .unsubscribed)
    }
  }

  @Test func anOperatorsRenewalDoesNotOutdateAnOptOut() async throws {
    try await Shop.open { shop in
      let now = GoogleProtobuf.Timestamp.now
      try await shop.subscribe {
        $0.evidence?.occurredAt = .at(now - 10_000)
        $0.evidence?.expiresAt = .at(now - 5000)
      }
      #expect(try await shop.status().blockReasons == [.expired])
      let flag = try await shop.upsert {
        $0.externalID = "c1"
        $0.acceptsSMSMarketing = true
      }
      #expect(flag.warnings.map(\.reason) == ["CONSENT_EXPIRED"])
      let renewed = try await shop.subscribe { $0.actor = .operator }
      #expect(renewed.customer?.subscriptions.map(\.changedBy) == [.operator])
      #expect(try await shop.status().canReceive)
      let stop = try await shop.unsubscribe {
        $0.evidence = .with { $0.occurredAt = .at(now - 3600) }
      }
      #expect(stop.channels.map(\.blockReasons) == [[.unsubscribed]])
      #expect(stop.customer?.subscriptions.map(\.changedBy) == [.customer])
    }
  }

  /// The customers of acceptance 4, in states that calls can produce.
  @Test func fiveCustomersInFiveStates() async throws {
    try await Shop.open { shop in
      func subscribe(_ id: String, _ channels: [ContactChannel]) async throws {
        try await shop.subscribe {
          $0.customer = .with {
            $0.externalID = id
            $0.email = "\(id.lowercased())@example.com"
            $0.phoneNumber = "+141555501\(id.utf8.first ?? 0)"
          }
          $0.channels = channels
        }
      }
      try await subscribe("A", [.sms])
      try await subscribe("B", [.sms])
      try await shop.suppress(.externalID("B"))
      try await subscribe("C", [.sms])
      try await shop.unsubscribe(.externalID("C"))
      try await shop.suppress(.externalID("C"))
      try await subscribe("D", [.sms, .email])
      try await subscribe("E", [.email])
      var found: [String: String] = [:]
      for id in ["A", "B", "C", "D", "E"] {
        let (sms, email) = (
          try await shop.status(of: .externalID(id)),
          try await shop.status(.email, of: .externalID(id))
        )
        found[id] =
          "\(sms.state) \(sms.suppressions.count) \(sms.canReceive) \(email.state) "
          + "\(email.canReceive)"
      }
      let (never, yes, no) = (
        ConsentState.neverSubscribed, ConsentState.subscribed, ConsentState.unsubscribed
      )
      #expect(
        found == [
          "A": "\(yes) 0 true \(never) false", "B": "\(yes) 1 false \(never) false",
          "C": "\(no) 1 false \(never) false", "D": "\(yes) 0 true \(yes) true",
          "E": "\(never) 0 false \(yes) true",
        ]
      )
    }
  }

  @Test func aRepeatChangesNothing() async throws {
    try await Shop.open { shop in
      let first = try await shop.subscribe { $0.channels = [.email, .sms, .sms] }
      #expect(first.outcome == .created)
      #expect(first.changes.map(\.channel) == [.sms, .email])
      #expect(first.changes.allSatisfy { $0.after == .subscribed && $0.ledgerID > 0 })
      #expect(first.customer?.origin == .subscriptionTool)
      let before = try shop.image()
      let second = try await shop.subscribe { $0.channels = [.sms, .email] }
      #expect(second.outcome == .unchanged && second.changes.isEmpty)
      #expect(second.customer == first.customer)
      #expect(try shop.image() == before)
      #expect(try await shop.consentEvents().map(\.type) == ["sms_subscribed", "email_subscribed"])
    }
  }

  @Test func aRequestIDGivesTheFirstAnswerAgain() async throws {
    try await Shop.open { shop in
      func ask() async throws -> SubscribeCustomerResponse {
        try await shop.subscribe {
          $0.requestID = "r1"
          $0.doubleOptIn = true
        }
      }
      let first = try await ask()
      #expect(!first.confirmationToken.isEmpty && first.outcome == .created)
      let before = try shop.image()
      #expect(try await ask() == first)
      #expect(try shop.image() == before)
      // Neither the token nor its bytes are in the database.
      let bytes = try #require(Base64.decode(exactly: first.confirmationToken, as: .url))
      let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined().uppercased()
      let text = first.confirmationToken.utf8.map { String($0, radix: 16) }.joined().uppercased()
      #expect(!before.contains(hex) && !before.contains(text))
      #expect(try await shop.confirm(first.confirmationToken).changes.count == 1)
    }
  }

  @Test func theEvidenceIsKept() async throws {
    try await Shop.open { shop in
      try await shop.subscribe {
        $0.topics = [.marketing, .loyalty]
        $0.evidence = .with {
          $0.occurredAt = .at(1_600_000_000)
          $0.source = "welcome_popup"
          $0.method = .form
          $0.ip = "2001:db8::1"
          $0.userAgent = "Browser/1.0"
          $0.pageURL = "https://shop.example/start"
          $0.consentText = "Yes, write to me."
          $0.consentTextVersion = "v2"
          $0.formID = "f1"
          $0.jurisdiction = "GDPR"
          $0.expiresAt = .at(4_000_000_000)
          $0.note = "first"
        }
      }
      let rows = try await shop.history()
      #expect(rows.map(\.topic) == [.marketing, .loyalty])
      for row in rows {
        #expect(row.occurredAt == .at(1_600_000_000) && row.evidence?.ip == "2001:db8::1")
        #expect(row.evidence?.method == .form && row.evidence?.userAgent == "Browser/1.0")
        #expect(row.evidence?.consentText == "Yes, write to me." && row.evidence?.note == "first")
        #expect(row.action == .subscribe && row.optInLevel == .single)
      }
      let stored = try await shop.customer(.externalID("c1")).subscriptions
      #expect(stored.map(\.expiresAt) == [.at(4_000_000_000), .at(4_000_000_000)])
      let events = try await shop.consentEvents()
      #expect(
        events.map { $0.properties["topic"]?.kind } == [
          .stringValue("marketing"), .stringValue("loyalty"),
        ]
      )
      #expect(events.map(\.eventID) == rows.map { "patron:consent:\($0.id)" })
      #expect(events.allSatisfy { $0.source == .product && $0.channel == .sms })
      #expect(events.allSatisfy { $0.actor == .customer && $0.title == "Subscribed to SMS" })
      #expect(events.allSatisfy { $0.occurredAt == .at(1_600_000_000) })
      #expect(events.first?.properties["form_id"]?.kind == .stringValue("f1"))
    }
  }

  @Test func namesFillGapsAndOtherFieldsAreIgnored() async throws {
    try await Shop.open { shop in
      func subscribe(_ name: String) async throws -> Customer? {
        try await shop.subscribe {
          $0.customer?.firstName = name
          $0.customer?.tags = "vip"
          $0.customer?.acceptsEmailMarketing = true
        }.customer
      }
      let first = try await subscribe("Ada")
      #expect(first?.firstName == "Ada" && first?.tags == nil)
      #expect(first?.acceptsEmailMarketing == nil && first?.subscriptions.count == 1)
      #expect(try await subscribe("Bea")?.firstName == "Ada")
    }
  }

  @Test func theAgreementIsForTheAddressThatGaveIt() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
      }
      let before = try shop.image()
      let none = try await failure {
        try await shop.subscribe { $0.customer = .with { $0.externalID = "c1" } }
      }
      #expect(none.code == .failedPrecondition && none.reason == "ADDRESS_MISSING")
      #expect(none.metadata["field"] == "phone_number")
      #expect(try shop.image() == before)
      try await shop.subscribe()
      #expect(try await shop.status().canReceive)
      let other = try await failure {
        try await shop.subscribe { $0.customer?.phoneNumber = "+14155550199" }
      }
      #expect(other.code == .failedPrecondition && other.reason == "ADDRESS_DIFFERS")
      #expect(other.metadata["field"] == "phone_number")
    }
  }

  /// A request without a number, and with an e-mail address that the customer does not have, may
  /// come from another person.
  @Test func anotherAddressOfTheOtherChannelAgreesToNothing() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
        $0.phoneNumber = "+14155550101"
      }
      try await shop.upsert {
        $0.externalID = "c2"
        $0.phoneNumber = "+14155550102"
      }
      let before = try shop.image()
      let other = try await failure {
        try await shop.subscribe {
          $0.customer = .with {
            $0.externalID = "c1"
            $0.email = "other@example.com"
          }
        }
      }
      #expect(other.code == .failedPrecondition && other.reason == "ADDRESS_DIFFERS")
      #expect(other.metadata["field"] == "email")
      #expect(try shop.image() == before)
      // The customer's own address beside it, the number itself, and a first address do not
      // contradict the customer.
      let own: [@Sendable (inout CustomerInput) -> Void] = [
        { $0.email = "C1@example.com" },
        {
          $0.email = "other@example.com"
          $0.phoneNumber = "+14155550101"
        },
        {
          $0.externalID = "c2"
          $0.email = "c2@example.com"
        },
      ]
      for adjust in own {
        try await shop.subscribe {
          $0.customer = .with {
            $0.externalID = "c1"
            adjust(&$0)
          }
        }
      }
      #expect(try await shop.status().canReceive)
      #expect(try await shop.status(of: .externalID("c2")).canReceive)
    }
  }

  @Test func historicalAgreementsAreNotConfirmed() async throws {
    try await Shop.open { shop in
      try await shop.set { $0.smsDoubleOptIn = true }
      let now = GoogleProtobuf.Timestamp.now
      for time in [nil, GoogleProtobuf.Timestamp.at(now + 100)] {
        let broken = try await violations {
          try await shop.subscribe {
            $0.historical = true
            $0.evidence?.occurredAt = time
          }
        }
        #expect(broken == [Broken("evidence.occurred_at", "HISTORICAL_TIME_REQUIRED")])
      }
      let both = try await violations {
        try await shop.subscribe {
          $0.historical = true
          $0.doubleOptIn = true
          $0.evidence?.occurredAt = .at(now - 100)
        }
      }
      #expect(both == [Broken("double_opt_in", "HISTORICAL_NOT_CONFIRMED")])
      let answer = try await shop.subscribe {
        $0.historical = true
        $0.evidence?.occurredAt = .at(now - 100)
      }
      #expect(answer.confirmationToken.isEmpty)
      #expect(answer.customer?.subscriptions.map(\.state) == [.subscribed])
    }
  }
}

/// Tests of input that is refused before the database is read.
struct ConsentInputTests {
  private typealias Adjust = @Sendable (inout SubscribeCustomerRequest) -> Void

  @Test func everyViolationAtOnce() async throws {
    try await Shop.open { shop in
      let before = try shop.image()
      let broken = try await violations {
        try await shop.customers.subscribeCustomer(SubscribeCustomerRequest())
      }
      #expect(
        Set(broken) == [
          Broken("customer", "IDENTITY_MISSING"), Broken("channels", "CHANNELS_MISSING"),
          Broken("evidence.source", "CONSENT_SOURCE_LENGTH"), Broken("actor", "ACTOR_REQUIRED"),
        ]
      )
      #expect(try shop.image() == before)
    }
  }

  @Test func bothSidesOfEveryLimit() async throws {
    let long: (Int) -> String = { String(repeating: "x", count: $0) }
    let now = GoogleProtobuf.Timestamp.now
    let limits: [(path: String, reason: String, good: Adjust, bad: Adjust)] = [
      (
        "source", "CONSENT_SOURCE_LENGTH", { $0.evidence?.source = "abc" },
        { $0.evidence?.source = "ab" }
      ),
      (
        "source", "CONSENT_SOURCE_LENGTH",
        { $0.evidence?.source = String(repeating: "x", count: 40) },
        { $0.evidence?.source = String(repeating: "x", count: 41) }
      ),
      (
        "occurred_at", "OCCURRED_AT_IN_FUTURE", { $0.evidence?.occurredAt = .at(now + 300) },
        { $0.evidence?.occurredAt = .at(now + 301) }
      ),
      (
        "occurred_at", "OCCURRED_AT_TOO_EARLY", { $0.evidence?.occurredAt = .at(631_152_000) },
        { $0.evidence?.occurredAt = .at(631_151_999) }
      ),
      ("ip", "IP_MALFORMED", { $0.evidence?.ip = "192.0.2.1" }, { $0.evidence?.ip = "192.0.2" }),
      (
        "expires_at", "EXPIRES_TOO_EARLY",
        {
          $0.evidence?.occurredAt = .at(1000_000_000)
          $0.evidence?.expiresAt = .at(1000_000_001)
        },
        {
          $0.evidence?.occurredAt = .at(1000_000_000)
          $0.evidence?.expiresAt = .at(1000_000_000)
        }
      ),
      (
        "method", "ENUM_VALUE_UNKNOWN", { $0.evidence?.method = .other },
        { $0.evidence?.method = .init(rawValue: 11) }
      ),
    ]
    // The clock stands still, so that the limit in the future does, too.
    try await Shop.open(clock: WallClock { now * 1_000_000 }) { shop in
      for (path, reason, good, bad) in limits {
        try await shop.subscribe(good)
        let broken = try await violations(path) { try await shop.subscribe(bad) }
        #expect(broken == [Broken("evidence.\(path)", reason)])
      }
      let texts: [(String, Int, WritableKeyPath<ConsentEvidence, String>)] = [
        ("user_agent", 512, \.userAgent), ("page_url", 2048, \.pageURL),
        ("consent_text", 8192, \.consentText), ("consent_text_version", 64, \.consentTextVersion),
        ("form_id", 64, \.formID), ("jurisdiction", 64, \.jurisdiction), ("note", 255, \.note),
      ]
      for (name, limit, field) in texts {
        var evidence = ConsentEvidence.with { $0.source = "form" }
        evidence[keyPath: field] = long(limit)
        let fits = evidence
        try await shop.subscribe { $0.evidence = fits }
        evidence[keyPath: field] = long(limit + 1)
        let tooLong = evidence
        let broken = try await violations(name) {
          try await shop.subscribe { $0.evidence = tooLong }
        }
        #expect(broken == [Broken("evidence.\(name)", "TEXT_TOO_LONG")])
      }
    }
  }

  @Test func unknownChannelsAndTopicsAreRefused() async throws {
    try await Shop.open { shop in
      let enums = try await violations {
        try await shop.subscribe {
          $0.channels = [.sms, .unspecified, .init(rawValue: 3)]
          $0.topics = [.loyalty, .init(rawValue: 5)]
        }
      }
      #expect(enums.map(\.path) == ["channels[1]", "channels[2]", "topics[1]"])
    }
  }
}
