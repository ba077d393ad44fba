import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the fields that events set, and of those that they must not change.
struct EnrichmentTests {
  private static let full: @Sendable (inout CustomerInput) -> Void = {
    $0.email = "new@example.com"
    $0.firstName = "Ada"
    $0.lastName = "King"
    $0.gender = "F"
    $0.tags = "vip"
    $0.defaultCurrency = "EUR"
    $0.defaultLanguage = "de"
    $0.address = .with { $0.city = "Bonn" }
    $0.customProperties["size"] = .with { $0.kind = .int64Value(4) }
  }

  /// The types that create their customer, with the fields that they set.
  static let creating: [(String, EventSource, [String])] = [
    (
      "account_created", .ecommerce,
      ["account_created_at", "account_status", "email", "first_name", "last_name"]
    ),
    (
      "checkout_started", .ecommerce,
      ["address", "default_currency", "email", "first_name", "last_name"]
    ),
    (
      "checkout_abandoned", .ecommerce,
      ["address", "default_currency", "email", "first_name", "last_name"]
    ),
    (
      "order_placed", .ecommerce,
      ["address", "default_currency", "default_language", "email", "first_name", "last_name"]
    ),
    ("review_created", .product, ["email", "first_name", "last_name", "reviews"]),
    ("points_earned", .product, ["email", "first_name", "last_name", "loyalty"]),
    ("referral_completed", .product, ["email", "loyalty"]),
    (
      "email_subscribed", .product,
      ["accepts_email_marketing", "email", "first_name", "last_name", "subscriptions"]
    ),
  ]

  @Test(arguments: creating)
  func makesTheCustomerWithTheFieldsOfItsRow(
    type: String,
    source: EventSource,
    fields: [String]
  ) async throws {
    try await Shop.open { shop in
      let made = try await shop.emit(type, "e1", source: source, of: Self.full)
      #expect(made.customerCreated)
      #expect(made.event?.enrichedFields == fields, "\(type)")
      let others = made.warnings.filter { $0.reason != "FIELD_NOT_ENRICHED" }.map(\.reason)
      #expect(others == (type == "order_placed" ? ["ORDER_STATS_KEPT"] : []))
      #expect(made.warnings.contains { $0.field == "customer.gender" })
      let customer = try await shop.customer(.email("new@example.com"))
      #expect(customer.gender == nil && customer.tags == nil && customer.customProperties.isEmpty)
      let known = try await shop.provenance(.email("new@example.com"))
      let told = Set(fields).subtracting(["subscriptions"])
      #expect(Set(known.keys) == told && Set(known.values) == [type])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test(arguments: [
    ("account_status_changed", EventSource.ecommerce), ("order_refunded", .ecommerce),
    ("order_cancelled", .ecommerce), ("email_opened", .product), ("loyalty_left", .product),
    ("reward_granted", .product), ("request_submitted", .product), ("sms_delivered", .product),
  ])
  func othersMakeNobody(type: String, source: EventSource) async throws {
    try await Shop.open { shop in
      try await shop.ada()
      let before = try shop.image()
      let to: [String: PropertyValue.Kind] = ["to": .stringValue("enabled")]
      for input: (inout CustomerInput) -> Void in [
        { $0.email = "stranger@example.com" }, { $0.externalID = "stranger" },
      ] {
        let error = try await failure {
          try await shop.emit(type, "e1", to, source: source, of: input)
        }
        #expect(error.code == .failedPrecondition && error.reason == "CUSTOMER_UNKNOWN")
        #expect(!error.message.contains("stranger"))
      }
      #expect(try shop.image() == before)
      #expect(try await shop.emit(type, "e1", to, source: source).outcome == .created)
    }
  }

  @Test func reviewersAreKnownByEmailOnly() async throws {
    try await Shop.open { shop in
      let error = try await failure {
        try await shop.emit("review_created", "e1", of: { $0.phoneNumber = "+14155550109" })
      }
      #expect(error.reason == "CUSTOMER_UNKNOWN")
      let signed: [String: PropertyValue.Kind] = ["reviewer_name": .stringValue("Ada M. King")]
      try await shop.emit("review_created", "e1", signed, of: { $0.email = "a@example.com" })
      var customer = try await shop.customer(.email("a@example.com"))
      #expect(customer.firstName == "Ada" && customer.lastName == "M. King")
      try await shop.upsert {
        $0.email = "b@example.com"
        $0.firstName = "Grace"
      }
      try await shop.emit("review_created", "e2", signed, of: { $0.email = "b@example.com" })
      customer = try await shop.customer(.email("b@example.com"))
      #expect(customer.firstName == "Grace" && customer.lastName == nil, "no mixture of two names")
    }
  }

  @Test func accountsAreOpenedAndChange() async throws {
    try await Shop.open { shop in
      try await shop.upsert { $0.email = "g@example.com" }
      let opened = try await shop.emit(
        "account_created",
        "e1",
        at: GoogleProtobuf.Timestamp.now + 60,
        ["account_created_at": .timestampValue(.at(1_690_000_000))],
        source: .ecommerce,
        of: {
          $0.externalID = "g1"
          $0.email = "g@example.com"
          $0.acceptsEmailMarketing = true
        }
      )
      #expect(
        opened.event?.enrichedFields == [
          "accepts_email_marketing", "account_created_at", "account_status", "external_id",
          "subscriptions",
        ]
      )
      let customer = try await shop.customer(.externalID("g1"))
      #expect(
        customer.accountStatus == "enabled" && customer.accountCreatedAt == .at(1_690_000_000)
      )
      #expect(try await shop.state(.email, .externalID("g1")) == .subscribed)
      let bad = try await shop.emit(
        "account_status_changed",
        "e2",
        ["to": .stringValue("gone")],
        source: .ecommerce,
        of: { $0.externalID = "g1" }
      )
      #expect(bad.warnings.map(\.field) == ["event.properties.to"])
      #expect(bad.warnings.map(\.rule) == ["ACCOUNT_STATUS_UNKNOWN"])
      #expect(try await shop.customer(.externalID("g1")).accountStatus == "enabled")
    }
  }

  @Test func nothingOlderOverwritesAndNothingNewerIsLost() async throws {
    try await Shop.open { shop in
      func status(_ text: String, _ id: String, at seconds: Int64?) async throws -> [String] {
        try await shop.emit(
          "account_status_changed",
          id,
          at: seconds,
          ["to": .stringValue(text)],
          source: .ecommerce
        ).event?.enrichedFields ?? []
      }
      try await shop.ada()
      #expect(try await status("invited", "e1", at: 1_700_000_100) == ["account_status"])
      // First out of order, then at the same time, then newer.
      #expect(try await status("declined", "e2", at: 1_700_000_000) == [])
      #expect(try await shop.customer(.externalID("c1")).accountStatus == "invited")
      #expect(try await status("declined", "e3", at: 1_700_000_100) == ["account_status"])
      #expect(try await status("enabled", "e4", at: 1_700_000_200) == ["account_status"])
      // A repeat changes nothing, although it is as old as the value that it set.
      _ = try await status("declined", "e3", at: 1_700_000_100)
      #expect(try await shop.customer(.externalID("c1")).accountStatus == "enabled")
      #expect(try await shop.provenance()["account_status"] == "account_status_changed")
      // The caller sets the field explicitly, now.
      try await shop.upsert {
        $0.externalID = "c1"
        $0.accountStatus = "disabled"
      }
      #expect(try await shop.provenance()["account_status"] == "upsert")
      #expect(
        try await status("enabled", "e5", at: GoogleProtobuf.Timestamp.now - 60) == []
      )
      #expect(try await shop.customer(.externalID("c1")).accountStatus == "disabled")
      #expect(try await status("enabled", "e6", at: nil) == ["account_status"])
      #expect(try await shop.customer(.externalID("c1")).accountStatus == "enabled")
    }
  }

  @Test func aReplacedEventSetsItsOwnValueAgain() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      for text in ["invited", "declined"] {
        let answer = try await shop.emit(
          "account_status_changed",
          "e1",
          ["to": .stringValue(text)],
          source: .ecommerce
        )
        #expect(answer.event?.enrichedFields == ["account_status"])
        #expect(try await shop.customer(.externalID("c1")).accountStatus == text)
      }
    }
  }

  @Test func whatWasClearedStaysClearedForThePast() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      try await shop.upsert {
        $0.externalID = "c1"
        $0.firstName = "Ada"
      }
      try await shop.upsert {
        $0.externalID = "c1"
        $0.firstName = ""
      }
      func checkout(_ id: String, at seconds: Int64?) async throws -> [String] {
        try await shop.emit(
          "checkout_started",
          id,
          at: seconds,
          source: .ecommerce,
          of: {
            $0.externalID = "c1"
            $0.firstName = "Old"
            $0.lastName = "King"
          }
        ).event?.enrichedFields ?? []
      }
      #expect(try await checkout("e1", at: 1_700_000_000) == ["last_name"])
      #expect(try await checkout("e2", at: nil) == ["first_name"])
      try await shop.sync(.of("o1", 100, at: 1_600_000_000) { $0.name = "#1" }) {
        $0.externalID = "c1"
        $0.firstName = "Older"
      }
      #expect(try await shop.customer(.externalID("c1")).firstName == "Old")
      #expect(try await shop.provenance()["default_currency"] == "order_placed")
    }
  }

  @Test func applicationsOfOthersSetPropertiesAndNeverConsent() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      func quiz(_ id: String, _ size: Int64, at seconds: Int64) async throws -> [String] {
        try await shop.emit(
          "quiz_completed",
          id,
          at: seconds,
          source: .thirdParty,
          of: {
            $0.externalID = "c1"
            $0.acceptsEmailMarketing = true
            $0.customProperties["size"] = .with { $0.kind = .int64Value(size) }
          }
        ).event?.enrichedFields ?? []
      }
      let size = ["custom_properties.size"]
      #expect(try await quiz("e1", 4, at: 1_700_000_000) == size)
      #expect(try await quiz("e2", 5, at: 1_700_000_100) == size)
      #expect(try await quiz("e3", 3, at: 1_700_000_050) == [])
      let kind = try await shop.customer(.externalID("c1")).customProperties["size"]?.kind
      #expect(kind == .int64Value(5))
      for type in ["email_subscribed", "sms_unsubscribed", "email_marked_spam", "email_bounced"] {
        try await shop.emit(
          type,
          type,
          ["bounce_type": .stringValue("hard")],
          source: .thirdParty
        )
      }
      #expect(try await shop.history().isEmpty)
      #expect(try await shop.reasons(.email) == [])
    }
  }

  @Test func anEmptyPropertyRemovesAnOlderOne() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      func quiz(
        _ id: String,
        _ value: PropertyValue.Kind,
        at seconds: Int64
      ) async throws -> [String] {
        try await shop.emit(
          "quiz_completed",
          id,
          at: seconds,
          source: .thirdParty,
          of: {
            $0.externalID = "c1"
            $0.customProperties["size"] = .with { $0.kind = value }
          }
        ).event?.enrichedFields ?? []
      }
      let size = ["custom_properties.size"]
      #expect(try await quiz("e1", .int64Value(4), at: 1_700_000_100) == size)
      #expect(try await quiz("e2", .stringValue(""), at: 1_700_000_000) == [], "it is older")
      #expect(try await quiz("e3", .stringValue(""), at: 1_700_000_200) == size)
      #expect(try await shop.customer(.externalID("c1")).customProperties.isEmpty)
      #expect(try await quiz("e4", .int64Value(5), at: 1_700_000_150) == [], "it was removed since")
      #expect(try await shop.customer(.externalID("c1")).customProperties.isEmpty)
    }
  }

  @Test func anAmountTellsTheCurrency() async throws {
    try await Shop.open { shop in
      func placed(_ id: String, _ currency: String) async throws -> RecordEventResponse {
        try await shop.record(of: { $0.email = "a@example.com" }) {
          $0.source = .ecommerce
          $0.type = "order_placed"
          $0.eventID = id
          $0.amount = .of(1000, currency)
          $0.references = .with { $0.orderExternalID = id }
        }
      }
      let first = try await placed("o1", "DEM")
      #expect(first.event?.enrichedFields == ["email"], "it is no currency any more")
      #expect(first.warnings.map(\.reason) == ["ORDER_STATS_KEPT"])
      #expect(try await placed("o2", "EUR").event?.enrichedFields == ["default_currency"])
      #expect(try await placed("o3", "USD").event?.enrichedFields == [])
      let customer = try await shop.customer(.email("a@example.com"))
      #expect(customer.defaultCurrency == "EUR" && customer.orderStats.isEmpty)
    }
  }

  @Test func figuresAreListedWithTheEventsThatChangeThem() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      let placed = try await shop.sync(.of("o1", 100)) { $0.externalID = "c1" }
      let told = try #require(placed.derivedEvents.first)
      #expect(told.enrichedFields == ["default_currency", "order_stats"])
      try await shop.emit("points_earned", "e1", ["points": .int64Value(5)])
      try await shop.emit("review_created", "e2", ["score": .int64Value(5)])
      var known = try await shop.provenance()
      #expect(known["loyalty"] == "points_earned" && known["reviews"] == "review_created")
      #expect(known["order_stats"] == "order_placed")
      let refunded = try await shop.timelines.syncRefund(
        .with {
          $0.orderExternalID = "o1"
          $0.refund = .with {
            $0.externalID = "r1"
            $0.amount = .of(40)
            $0.refundedAt = .at(1_700_000_500)
          }
        }
      )
      #expect(refunded.derivedEvents.map(\.enrichedFields) == [["order_stats"]])
      known = try await shop.provenance()
      #expect(known["order_stats"] == "order_refunded")
      #expect(known["default_currency"] == "order_placed")
      let entry = try await shop.get(.externalID("c1"), view: .full).provenance
        .first { $0.field == "order_stats" }
      #expect(entry?.eventID == refunded.derivedEvents.first?.id)
      #expect(entry?.setAt == .at(1_700_000_500))
      // A corrected order sets the statistics, a renamed order does not.
      let corrected = try await shop.sync(.of("o1", 70)) { $0.externalID = "c1" }
      #expect(corrected.derivedEvents.map(\.type) == ["order_updated"])
      #expect(corrected.derivedEvents.map(\.enrichedFields) == [["order_stats"]])
      let renamed = try await shop.sync(.of("o1", 70) { $0.name = "#1" }) { $0.externalID = "c1" }
      #expect(renamed.derivedEvents.map(\.enrichedFields) == [[]])
      let last = try await shop.get(.externalID("c1"), view: .full).provenance
        .first { $0.field == "order_stats" }
      #expect(last?.setBy == "order_updated")
      #expect(last?.eventID == corrected.derivedEvents.first?.id)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func provenanceIsOfTheFullViewOnly() async throws {
    try await Shop.open { shop in
      let begun = WallClock.system.now()
      try await shop.ada()
      let sent = try await shop.emit(
        "checkout_started",
        "e1",
        source: .ecommerce,
        of: {
          $0.externalID = "c1"
          $0.lastName = "King"
        }
      )
      #expect(try await shop.get(.externalID("c1")).provenance.isEmpty)
      let full = try await shop.get(.externalID("c1"), view: .full)
      #expect(
        full.provenance.map(\.field) == ["email", "external_id", "last_name", "phone_number"]
      )
      let name = try #require(full.provenance.first { $0.field == "last_name" })
      #expect(name.setAt == .at(1_700_000_000) && name.setBy == "checkout_started")
      #expect(name.eventID == sent.event?.id)
      let email = try #require(full.provenance.first { $0.field == "email" })
      #expect(email.setBy == "upsert" && email.eventID == 0)
      #expect(email.setAt.map { (begun...WallClock.system.now()).contains($0.micros) } == true)
      // A call without a change records no provenance.
      let before = try shop.image()
      try await shop.ada()
      #expect(try shop.image() == before)
    }
  }
}
