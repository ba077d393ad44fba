import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of values beside an opt-out in an event: invalid ones do not prevent the opt-out.
struct EventFieldTests {
  private func ann(_ shop: Shop) async throws {
    try await shop.ada()
    try await shop.subscribe {
      $0.channels = [.sms, .email]
      $0.evidence?.occurredAt = .at(1_600_000_000)
      $0.historical = true
    }
  }

  private func record(
    _ shop: Shop,
    _ type: String = "email_unsubscribed",
    _ invalid: InvalidFields = .unspecified,
    _ adjust: (inout EventInput) -> Void
  ) async throws -> RecordEventResponse {
    try await shop.record(invalidFields: invalid) {
      $0.source = .product
      $0.type = type
      $0.occurredAt = .at(1_700_000_000)
      adjust(&$0)
    }
  }

  private static let broken: [(String, String, @Sendable (inout EventInput) -> Void)] = [
    (
      "event.event_id", "EVENT_ID_LENGTH", { $0.eventID = String(repeating: "e", count: 300) }
    ), ("event.event_id", "TEXT_HAS_CONTROL_CHARACTER", { $0.eventID = "e\u{1}" }),
    ("event.source_name", "NAME_NOT_SNAKE_CASE", { $0.sourceName = "Mail Tool" }),
    ("event.amount.currency_code", "CURRENCY_UNKNOWN", { $0.amount = .of(1, "ZZZ") }),
    ("event.amount.currency_code", "CURRENCY_NOT_REAL", { $0.amount = .of(1, "XAU") }),
    ("event.channel", "ENUM_VALUE_UNKNOWN", { $0.channel = .init(rawValue: 9) }),
    ("event.actor", "ENUM_VALUE_UNKNOWN", { $0.actor = .init(rawValue: 9) }),
  ]

  @Test func anIDThatIsNobodysCostsNoOptOut() async throws {
    for id in ["null", String(repeating: "x", count: 300), "a\u{1}"] {
      try await Shop.open { shop in
        try await ann(shop)
        let email = try #require(try await shop.customer(.externalID("c1")).email)
        func emit(_ type: String, _ event: String, email: String?) async throws
          -> RecordEventResponse
        {
          try await shop.emit(
            type,
            event,
            of: {
              $0.externalID = id
              $0.email = email
            }
          )
        }
        let alone = try await failure { try await emit("email_unsubscribed", "u0", email: nil) }
        #expect(alone.code == .invalidArgument)
        // An event that restricts nothing needs an unambiguous identity.
        let other = try await failure { try await emit("email_opened", "u1", email: email) }
        #expect(other.code == .invalidArgument)
        let told = try await emit("email_unsubscribed", "u2", email: email)
        #expect(told.warnings.map(\.field) == ["customer.external_id"])
        #expect(try await shop.state(.email) == .unsubscribed)
      }
    }
  }

  @Test(arguments: ["email_unsubscribed", "email_marked_spam"])
  func secondaryValuesAreLeftOut(_ type: String) async throws {
    for (field, rule, adjust) in Self.broken {
      try await Shop.open { shop in
        try await ann(shop)
        let strict = try await violations { try await record(shop, type, .reject, adjust) }
        #expect(strict == [Broken(field, rule)])
        let answer = try await record(shop, type, .unspecified, adjust)
        let told = answer.warnings.map { "\($0.reason) \($0.field) \($0.rule)" }
        #expect(told == ["FIELD_DROPPED \(field) \(rule)"])
        #expect(try await shop.state(.email) == .unsubscribed)
        let event = try #require(answer.event)
        #expect(event.eventID.count == 36 && event.sourceName.isEmpty && event.amount == nil)
        #expect(event.channel == .email && event.actor == .customer)
        // The event is recognised by its content.
        #expect(try await record(shop, type, .unspecified, adjust).outcome == .unchanged)
        #expect(try shop.findings() == [])
      }
    }
  }

  @Test func theyAreEssentialElsewhere() async throws {
    try await Shop.open { shop in
      try await ann(shop)
      let before = try shop.image()
      for (field, rule, adjust) in Self.broken {
        let broken = try await violations {
          try await record(shop, "email_opened", .unspecified, adjust)
        }
        #expect(broken == [Broken(field, rule)])
      }
      let reserved = try await violations {
        try await record(shop) { $0.eventID = "patron:consent:1" }
      }
      #expect(reserved == [Broken("event.event_id", "EVENT_ID_RESERVED")])
      #expect(try shop.image() == before)
    }
  }

  @Test func tooManyPropertiesLeaveTheFirst() async throws {
    try await Shop.open { shop in
      try await ann(shop)
      func number(_ index: Int) -> String { String(1000 + index) }
      let many = Dictionary(
        uniqueKeysWithValues: (0..<500).map { index in
          ("a\(number(index))", PropertyValue.with { $0.kind = .int64Value(1) })
        }
      )
      let answer = try await record(shop, "sms_received") {
        $0.properties = many
        $0.properties["keyword"] = .with { $0.kind = .stringValue("STOP") }
      }
      #expect(
        answer.warnings.map { "\($0.reason) \($0.field) \($0.rule)" } == [
          "FIELD_CUT event.properties TOO_MANY_PROPERTIES"
        ]
      )
      let kept = try #require(answer.event).properties
      #expect(kept.count == 400 && kept["keyword"] != nil)
      #expect(kept["a\(number(398))"] != nil && kept["a\(number(399))"] == nil)
      #expect(try await shop.state(.sms) == .unsubscribed)
      let wide = String(repeating: "x", count: 8000)
      let large = try await record(shop, "email_unsubscribed") {
        for index in 0..<10 {
          $0.properties["p\(index)"] = .with { $0.kind = .stringValue(wide) }
        }
      }
      #expect(large.warnings.map(\.rule) == ["PROPERTIES_TOO_LARGE"])
      #expect(large.event?.properties.keys.sorted() == (0..<8).map { "p\($0)" })
      #expect(try await shop.state(.email) == .unsubscribed)
      let opened = try await violations {
        try await record(shop, "email_opened") { $0.properties = many }
      }
      #expect(opened == [Broken("event.properties", "TOO_MANY_PROPERTIES")])
    }
  }

  @Test(arguments: [
    ("STOP ", true), ("STOP. ", true), ("Bye. ", false),
  ])
  func aLongAnswerIsCutAndRead(_ begin: String, _ expected: Bool) async throws {
    try await Shop.open { shop in
      try await ann(shop)
      let text = begin + String(repeating: "\u{FC}", count: 5000)
      let answer = try await record(shop, "sms_received") {
        $0.properties = ["body_excerpt": .with { $0.kind = .stringValue(text) }]
      }
      let cut = try #require(answer.event).text("body_excerpt")
      #expect(text.hasPrefix(cut) && (8190...8192).contains(cut.utf8.count))
      let reasons = answer.warnings.map(\.reason)
      #expect(reasons.first == "FIELD_CUT" && !reasons.contains("REPLY_UNREAD"))
      let state = try await shop.state(.sms)
      let isRead = reasons.contains("POSSIBLE_OPT_OUT") || state == .unsubscribed
      #expect(isRead == expected)
    }
  }
}
