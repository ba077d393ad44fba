import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import TTRPCNIO
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of RecordEvent.
struct RecordEventTests {
  static func quiz(_ id: String = "", at seconds: Int64? = 1_700_000_000) -> (inout EventInput) ->
    Void
  {
    {
      $0.eventID = id
      $0.source = .thirdParty
      $0.sourceName = "quiz_app"
      $0.type = "quiz_completed"
      $0.occurredAt = seconds.map { .at($0) }
    }
  }

  private func customer(_ shop: Shop) async throws {
    try await shop.upsert(FieldValueTests.full)
  }

  @Test func keepsAllOfAnEvent() async throws {
    try await Shop.open { shop in
      try await shop.sync(.of("o1", 100)) {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
      }
      let start = GoogleProtobuf.Timestamp.now
      let answer = try await shop.record {
        $0.eventID = "e1"
        $0.source = .product
        $0.type = "email_clicked"
        $0.occurredAt = .at(1_700_000_000, nanos: 1_999)
        $0.properties = [
          "url": .with { $0.kind = .stringValue("https://example.com/?a=1") },
          "none": PropertyValue(),
        ]
        $0.amount = .of(-5, "jpy")
        $0.references = .with { $0.campaignID = " spring " }
        $0.context = .with { $0.ip = "2001:db8::1" }
        $0.actor = .system
      }
      let event = try #require(answer.event)
      #expect(answer.outcome == .created && !answer.customerCreated && answer.warnings.isEmpty)
      #expect(event.product == "email" && event.channel == .email)
      #expect(!event.title.isEmpty)
      #expect(event.occurredAt == .at(1_700_000_000, nanos: 1_000))
      #expect(event.amount == .of(-5, "JPY"))
      #expect(event.references?.campaignID == "spring")
      #expect(event.context?.ip == "2001:db8::1")
      #expect(event.actor == .system)
      #expect(Array(event.properties.keys) == ["url"])
      #expect(event.id > 0 && event.sequence > 0 && event.revision == 0)
      let recordedAt = event.recordedAt?.seconds ?? 0
      #expect(recordedAt >= start && recordedAt <= GoogleProtobuf.Timestamp.now)
      let customer = try await shop.customer(.externalID("c1"))
      #expect(event.customerID == customer.id)
      #expect(customer.lastEventAt == event.occurredAt)
      #expect(
        customer.activity.filter { $0.source == .product } == [
          .with {
            $0.source = .product
            $0.lastEventAt = event.occurredAt
            $0.type = "email_clicked"
            // The event of the new customer's creation counts too.
            $0.eventCount = 2
          }
        ]
      )
    }
  }

  @Test func catalogueTypesMustBeKnownAndOthersAreFree() async throws {
    try await Shop.open { shop in
      try await customer(shop)
      for source in [EventSource.ecommerce, .product] {
        let refused = try await violations {
          try await shop.record {
            $0.source = source
            $0.type = "order_plcaed"
          }
        }
        #expect(refused == [Broken("event.type", "TYPE_UNKNOWN")])
      }
      let free = try await shop.record {
        $0.source = .thirdParty
        $0.sourceName = "my_app"
        $0.type = "whatever_happened"
      }
      #expect(free.outcome == .created && free.event?.title == "Whatever happened")
    }
  }

  @Test func tellsEveryViolationAtOnce() async throws {
    try await Shop.open { shop in
      let long = String(repeating: "x", count: 256)
      let error = try await failure {
        try await shop.timelines.recordEvent(
          .with {
            $0.requestID = String(repeating: "r", count: 65)
            $0.defaultCountry = "ZZ"
            $0.invalidFields = .reject
            $0.customer = .with { $0.email = "nobody" }
            $0.event = .with {
              $0.eventID = "a\u{1}"
              $0.type = "Not Snake"
              $0.sourceName = "Bad Name"
              $0.occurredAt = .at(0)
              $0.title = long
              $0.channel = .init(rawValue: 9)
              $0.actor = .init(rawValue: 9)
              $0.amount = .of(1, "ZZZ")
              $0.references = .with { $0.orderExternalID = long }
              $0.context = .with { $0.ip = String(repeating: "1", count: 65) }
              $0.properties = [
                String(repeating: "p", count: 65): .with { $0.kind = .boolValue(true) },
                "inf": .with { $0.kind = .doubleValue(.infinity) },
                "big": .with { $0.kind = .stringValue(String(repeating: "b", count: 8193)) },
              ]
            }
          }
        )
      }
      let paths = Set(error.broken.map { $0.path.prefix(24) })
      for path in [
        "request_id", "default_country", "customer.email", "event.event_id", "event.source",
        "event.type", "event.source_name", "event.occurred_at", "event.title", "event.channel",
        "event.actor", "event.amount.currency_code", "event.references.order_external_id",
        "event.context.ip", "event.properties.inf", "event.properties.big",
        "event.properties.ppppppp",
      ] {
        #expect(paths.contains(path.prefix(24)), "\(path)")
      }
      #expect(error.broken.count == 17)
    }
  }

  @Test func boundsHoldFromBothSides() async throws {
    try await Shop.open { shop in
      try await customer(shop)
      let now = GoogleProtobuf.Timestamp.now
      let year: Int64 = 365 * 86_400
      let cases: [(Int64, String?)] = [
        (631_151_999, "OCCURRED_AT_TOO_EARLY"), (631_152_000, nil), (now, nil),
        (now + year - 60, nil), (now + year + 86_400, "OCCURRED_AT_TOO_LATE"),
      ]
      for (seconds, reason) in cases {
        if let reason {
          let refused = try await violations {
            try await shop.record(Self.quiz("x\(seconds)", at: seconds))
          }
          #expect(refused == [Broken("event.occurred_at", reason)])
        } else {
          let made = try await shop.record(Self.quiz("x\(seconds)", at: seconds))
          #expect(made.event?.occurredAt == .at(seconds))
          let isFuture = seconds > now + 300
          #expect(made.warnings.map(\.reason) == (isFuture ? ["OCCURRED_AT_IN_FUTURE"] : []))
        }
      }
    }
  }

  @Test func propertiesHaveLimits() async throws {
    try await Shop.open { shop in
      try await customer(shop)
      func record(_ properties: [String: PropertyValue.Kind]) async throws {
        try await shop.record(invalidFields: .reject) {
          Self.quiz("p")(&$0)
          $0.properties = properties.mapValues { kind in .with { $0.kind = kind } }
        }
      }
      func text(_ count: Int) -> PropertyValue.Kind {
        .stringValue(String(repeating: "x", count: count))
      }
      func many(_ count: Int) -> [String: PropertyValue.Kind] {
        Dictionary(uniqueKeysWithValues: (0..<count).map { ("p\($0)", .int64Value(1)) })
      }
      try await record(["a": text(8192)])
      try await record(many(400))
      try await record([String(repeating: "ü", count: 64): .stringValue("")])
      var eight = Dictionary(uniqueKeysWithValues: (0..<7).map { ("k\($0)", text(8192)) })
      eight["k7"] = text(8192 - 16)
      try await record(eight)
      let before = try shop.image()
      let tooMany = try await violations { try await record(many(401)) }
      #expect(tooMany == [Broken("event.properties", "TOO_MANY_PROPERTIES")])
      let tooLarge = try await violations { try await record(["a": text(8193)]) }
      #expect(tooLarge == [Broken("event.properties.a", "PROPERTY_TOO_LARGE")])
      eight["k7"] = text(8192)
      let together = try await violations { try await record(eight) }
      #expect(together == [Broken("event.properties", "PROPERTIES_TOO_LARGE")])
      let noName = try await violations { try await record(["": .boolValue(true)]) }
      #expect(noName == [Broken("event.properties.", "PROPERTY_NAME_LENGTH")])
      #expect(try shop.image() == before)
    }
  }

  @Test func theSameIDAgainReplacesAndTheSameEventChangesNothing() async throws {
    try await Shop.open { shop in
      try await customer(shop)
      let first = try await shop.record(Self.quiz("e1"))
      let image = try shop.image()
      let same = try await shop.record(Self.quiz("e1"))
      #expect(same.outcome == .unchanged && same.event == first.event)
      let timeless = try await shop.record(Self.quiz("e1", at: nil))
      #expect(timeless.outcome == .unchanged, "no time given leaves the time")
      #expect(try shop.image() == image)
      let moved = try await shop.record(Self.quiz("e1", at: 1_600_000_000))
      let event = try #require(moved.event)
      #expect(moved.outcome == .updated)
      #expect(event.id == first.event?.id && event.revision == 1)
      #expect(event.sequence > first.event?.sequence ?? 0)
      #expect(event.recordedAt == first.event?.recordedAt)
      let page = try await shop.timeline(.externalID("c1"))
      #expect(page.events.filter { $0.source == .thirdParty } == [event])
      let activity = page.header?.customer?.activity.filter { $0.source == .thirdParty } ?? []
      #expect(activity.map(\.lastEventAt) == [.at(1_600_000_000)])
      #expect(activity.map(\.eventCount) == [1])
      // The same id from another application is another event.
      let other = try await shop.record {
        Self.quiz("e1")(&$0)
        $0.sourceName = "other_app"
      }
      #expect(other.outcome == .created)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func anIDIsMadeFromTheContent() async throws {
    try await Shop.open { shop in
      try await customer(shop)
      func record(_ answer: String) async throws -> RecordEventResponse {
        try await shop.record {
          Self.quiz()(&$0)
          $0.properties = [
            "a": .with { $0.kind = .stringValue(answer) }, "b": .with { $0.kind = .int64Value(1) },
            "c": .with { $0.kind = .int64Value(2) },
          ]
        }
      }
      let first = try await record("yes")
      #expect(first.event?.eventID.count == 36)
      #expect(try await record("yes").outcome == .unchanged)
      let second = try await record("no")
      #expect(second.outcome == .created && second.event?.eventID != first.event?.eventID)
    }
  }

  @Test func aMadeIDOutlivesAMerge() async throws {
    try await Shop.open { shop in
      try await customer(shop)
      try await shop.upsert {
        $0.externalID = "c2"
        $0.email = "second@example.com"
      }
      let second: (inout CustomerInput) -> Void = { $0.externalID = "c2" }
      let points: (inout EventInput) -> Void = {
        $0.source = .product
        $0.type = "points_earned"
        $0.occurredAt = .at(1_700_000_000)
        $0.properties = ["points": .with { $0.kind = .int64Value(5) }]
      }
      let first = try await shop.record(of: second, points)
      try await shop.merge(.externalID("c1"), .externalID("c2"))
      for customer in [second, { $0.externalID = "c1" }] {
        let again = try await shop.record(of: customer, points)
        #expect(again.outcome == .unchanged && again.event?.id == first.event?.id)
      }
      #expect(try await shop.customer(.externalID("c1")).loyalty?.pointsEarned == 5)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func spaceAroundAnIDIsNoPartOfIt() async throws {
    try await Shop.open { shop in
      try await customer(shop)
      let first = try await shop.record(Self.quiz(" pad\t"))
      #expect(first.event?.eventID == "pad")
      #expect(try await shop.record(Self.quiz("pad")).outcome == .unchanged)
      let found = try await shop.timelines.getEvent(
        .with {
          $0.event = .key(
            .with {
              $0.source = .thirdParty
              $0.sourceName = "quiz_app"
              $0.eventID = " pad "
            }
          )
        }
      )
      #expect(found.event?.id == first.event?.id)
      let blank = try await violations { try await shop.record(Self.quiz("  ")) }
      #expect(blank == [Broken("event.event_id", "EVENT_ID_LENGTH")])
      let reserved = try await violations { try await shop.record(Self.quiz(" patron:x")) }
      #expect(reserved == [Broken("event.event_id", "EVENT_ID_RESERVED")])
    }
  }

  @Test func reservedAndForeignIDsAreRefused() async throws {
    try await Shop.open { shop in
      let owner = try await shop.upsert(FieldValueTests.full)
      try await shop.record(Self.quiz("e1"))
      let before = try shop.image()
      let reserved = try await violations { try await shop.record(Self.quiz("patron:x")) }
      #expect(reserved == [Broken("event.event_id", "EVENT_ID_RESERVED")])
      for email in ["new@example.com", "c2@example.com"] {
        let foreign = try await failure {
          try await shop.record(of: { $0.email = email }, Self.quiz("e1"))
        }
        #expect(foreign.code == .failedPrecondition)
        #expect(foreign.reason == "EVENT_CUSTOMER_CHANGED")
        #expect(foreign.metadata == ["customer_id": String(owner.customer?.id ?? 0)])
      }
      #expect(try shop.image() == before, "the customer of a refused event is not made")
    }
  }

  @Test func createsTheCustomerAndFillsGapsOnly() async throws {
    try await Shop.open { shop in
      let made = try await shop.record(
        of: {
          $0.email = "new@example.com"
          $0.firstName = "Ada"
        },
        Self.quiz("e1")
      )
      #expect(made.customerCreated)
      #expect(made.event?.enrichedFields == ["email", "first_name"])
      var customer = try await shop.customer(.email("new@example.com"))
      #expect(customer.origin == .event && customer.firstName == "Ada")
      let filled = try await shop.record(
        of: {
          $0.email = "NEW@example.com"
          $0.firstName = "Grace"
          $0.lastName = "Hopper"
          $0.tags = ""
          $0.customProperties["size"] = .with { $0.kind = .int64Value(4) }
        },
        Self.quiz("e2")
      )
      #expect(!filled.customerCreated)
      #expect(filled.event?.enrichedFields == ["custom_properties.size", "last_name"])
      customer = try await shop.customer(.email("new@example.com"))
      #expect(customer.email == "new@example.com")
      #expect(customer.firstName == "Ada" && customer.lastName == "Hopper")
      let nobody = try await failure { try await shop.record(Self.quiz("e3")) }
      #expect(nobody.reason == "CONTACT_REQUIRED")
    }
  }

  @Test func aRequestIDGetsTheFirstAnswer() async throws {
    try await Shop.open { shop in
      try await customer(shop)
      let method = TimelineService.recordEvent.method
      func request(_ type: String, _ store: String = "") throws -> [UInt8] {
        try RecordEventRequest.with {
          $0.storeID = store
          $0.requestID = "r1"
          $0.customer = .with { $0.email = "c1@example.com" }
          $0.event = .with {
            $0.source = .thirdParty
            $0.sourceName = "app"
            $0.type = type
          }
        }.encoded()
      }
      let first = try await shop.client.unary(method, try request("one"), .init())
      let image = try shop.image()
      let again = try await shop.client.unary(method, try request("one"), .init())
      #expect(first == again)
      let different = try await violations {
        try await shop.client.unary(method, try request("two"), .init())
      }
      #expect(different == [Broken("request_id", "REQUEST_ID_REUSED")])
      #expect(try shop.image() == image)
      let reused = try await violations {
        try await shop.timelines.batchRecordEvents(
          .with {
            $0.requestID = "r1"
            $0.items = [RecordEventItem()]
          }
        )
      }
      #expect(reused == [Broken("request_id", "REQUEST_ID_REUSED")])
      let elsewhere = try await shop.client.unary(method, try request("one", "b"), .init())
      #expect(try RecordEventResponse(decoding: elsewhere).outcome == .created)
      // A refused request leaves its id free.
      let bad = try await violations {
        try await shop.record(requestID: "r2") { $0.source = .thirdParty }
      }
      #expect(!bad.isEmpty)
      #expect(try await shop.record(requestID: "r2", Self.quiz()).outcome == .created)
    }
  }

  @Test func answersAreForgottenAfterADay() async throws {
    try await Shop.open { shop in
      try await customer(shop)
      try await shop.record(requestID: "old", Self.quiz("e1"))
      try await shop.tamper("UPDATE requests SET created_at = created_at - 90000000000")
      try await shop.record(requestID: "new", Self.quiz("e2"))
      #expect(try shop.rows("SELECT request_id FROM requests", columns: 1) == [["new"]])
    }
  }
}
