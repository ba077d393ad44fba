import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the catalogue, of registered types, and of the rules that they set for events.
struct EventTypeTests {
  private func list(
    _ shop: Shop,
    _ source: EventSource = .unspecified,
    in store: String = ""
  ) async throws -> [EventType] {
    try await shop.timelines.listEventTypes(
      .with {
        $0.storeID = store
        $0.source = source
      }
    ).types
  }

  private func register(
    _ shop: Shop,
    _ adjust: (inout EventType) -> Void = { _ in }
  ) async throws -> RegisterEventTypeResponse {
    try await shop.timelines.registerEventType(
      .with {
        $0.type = .with {
          $0.sourceName = "quiz_app"
          $0.type = "badge_won"
          adjust(&$0)
        }
      }
    )
  }

  @Test func theCatalogueIsPublished() async throws {
    try await Shop.open { shop in
      let all = try await list(shop)
      #expect(all.count > 90)
      let placed = all.first { $0.type == "order_placed" }
      #expect(placed?.source == .ecommerce && placed?.label == "Order placed")
      #expect(
        placed?.fields.first
          == .with {
            $0.name = "references.order_external_id"
            $0.type = "string"
            $0.required = true
          }
      )
      let own = try await list(shop, .product)
      #expect(own.allSatisfy { $0.source == .product && !$0.product.isEmpty })
      let subscribed = own.first { $0.type == "sms_subscribed" }
      #expect(
        subscribed?.enriches == [
          "first_name", "last_name", "phone_number", "accepts_sms_marketing", "subscriptions",
          "suppressions",
        ]
      )
      let shops = try await list(shop, .ecommerce)
      let others = try await list(shop, .thirdParty)
      #expect(shops.count + own.count + others.count == all.count)
      let unknown = try await violations { try await list(shop, .init(rawValue: 9)) }
      #expect(unknown == [Broken("source", "ENUM_VALUE_UNKNOWN")])
    }
  }

  @Test func storesRegisterTypesOfTheirOwn() async throws {
    try await Shop.open { shop in
      let first = try await register(shop) {
        $0.label = " Badge won "
        $0.product = "sms"
        $0.enriches = ["email"]
        $0.fields = [.with { $0.name = "badge" }]
      }
      #expect(first.outcome == .created && first.type?.label == "Badge won")
      #expect(first.type?.source == .thirdParty && first.type?.fields.first?.type == "string")
      #expect(first.type?.product == "" && first.type?.enriches == [])
      let stored = try #require(first.type)
      let image = try shop.image()
      let again = try await register(shop) { $0 = stored }
      #expect(again.outcome == .unchanged && again.type == stored)
      #expect(try shop.image() == image)
      let second = try await register(shop)
      #expect(second.outcome == .updated && second.type?.label == "Badge won")
      let catalogue = try await list(shop, in: "other")
      #expect(try await list(shop) == catalogue + [second.type ?? EventType()])
      #expect(try await list(shop, .thirdParty).last == second.type)
      let own = try await list(shop, .product)
      #expect(!own.contains { $0.type == "badge_won" })
    }
  }

  @Test func malformedTypesAreRefused() async throws {
    try await Shop.open { shop in
      let broken = try await violations {
        try await register(shop) {
          $0.source = .product
          $0.sourceName = ""
          $0.type = "Badge Won"
          $0.label = String(repeating: "x", count: 256)
          $0.description = String(repeating: "x", count: 1025)
          $0.fields = [
            .with { $0.name = "a" }, .with { $0.name = "a" },
            .with {
              $0.name = ""
              $0.type = "money"
            },
          ]
        }
      }
      #expect(
        Set(broken) == [
          Broken("type.source", "SOURCE_NOT_THIRD_PARTY"),
          Broken("type.source_name", "SOURCE_NAME_REQUIRED"),
          Broken("type.type", "NAME_NOT_SNAKE_CASE"), Broken("type.label", "TEXT_TOO_LONG"),
          Broken("type.description", "TEXT_TOO_LONG"),
          Broken("type.fields[1].name", "PROPERTY_DUPLICATE"),
          Broken("type.fields[2].name", "PROPERTY_NAME_LENGTH"),
          Broken("type.fields[2].type", "FIELD_TYPE_UNKNOWN"),
        ]
      )
      func fields(_ count: Int) -> [EventField] {
        (0..<count).map { n in .with { $0.name = "f\(n)" } }
      }
      let many = try await violations { try await register(shop) { $0.fields = fields(51) } }
      #expect(many == [Broken("type.fields", "LIST_TOO_LONG")])
      let most = try await register(shop) {
        $0.fields = fields(50)
        $0.label = String(repeating: "x", count: 255)
        $0.description = String(repeating: "x", count: 1024)
      }
      #expect(most.outcome == .created)
      let wide = String(repeating: "\u{1F600}", count: 60)
      let large = try await violations {
        try await register(shop) {
          $0.fields = (0..<50).map { n in .with { $0.name = "\(wide)\(n)" } }
        }
      }
      #expect(large == [Broken("type.fields", "EVENT_TYPE_TOO_LARGE")])
    }
  }

  @Test func aStoreHasFourHundredTypes() async throws {
    try await Shop.open { shop in
      for number in 0..<400 { _ = try await register(shop) { $0.type = "t\(number)" } }
      let error = try await failure { try await register(shop) }
      #expect(error.code == .failedPrecondition && error.reason == "TOO_MANY_EVENT_TYPES")
      let replaced = try await register(shop) {
        $0.type = "t7"
        $0.label = "Seven"
      }
      #expect(replaced.outcome == .updated)
    }
  }

  private func record(
    _ shop: Shop,
    _ type: String,
    _ source: EventSource = .product,
    _ adjust: (inout EventInput) -> Void = { _ in }
  ) async throws -> RecordEventResponse {
    try await shop.record(invalidFields: .reject, of: { $0.email = "a@example.com" }) {
      $0.source = source
      $0.type = type
      $0.occurredAt = .at(1_700_000_000)
      adjust(&$0)
    }
  }

  /// The label applies in every read of events, also to those recorded before the label.
  @Test func theLabelOfATypeIsTheTitleOfItsEvents() async throws {
    try await Shop.open { shop in
      func event(
        _ id: String,
        _ type: String = "badge_won",
        app: String = "quiz_app",
        _ title: String = ""
      ) async throws -> Event {
        let response = try await record(shop, type, .thirdParty) {
          $0.eventID = id
          $0.sourceName = app
          $0.title = title
          $0.references = .with { $0.orderExternalID = "o1" }
        }
        return try #require(response.event)
      }
      let early = try await event("early")
      #expect(early.title == "Badge won")
      try await shop.sync(.of("o1", 100)) { $0.email = "a@example.com" }
      _ = try await register(shop) { $0.label = "Won a badge" }
      #expect(try await event("late").title == "Won a badge")
      #expect(try await event("own", "badge_won", app: "quiz_app", "Mine").title == "Mine")
      #expect(try await event("other", app: "other_app").title == "Badge won")
      // A template of the catalogue has a label too.
      #expect(try await event("desk", "ticket_created", app: "desk").title == "Ticket created")
      let titles = [
        "early": "Won a badge", "late": "Won a badge", "own": "Mine", "other": "Badge won",
        "desk": "Ticket created",
      ]
      try await checkTitles(shop, early, titles)
      // A new label applies at once, without a write to any event.
      let bodies = try shop.blobs("SELECT body FROM events ORDER BY id")
      _ = try await register(shop) { $0.label = "Has a badge" }
      #expect(try shop.blobs("SELECT body FROM events ORDER BY id") == bodies)
      let shown = try await shop.timeline(.email("a@example.com")).events
      #expect(shown.first { $0.eventID == "early" }?.title == "Has a badge")
      let again = try await record(shop, "badge_won", .thirdParty) {
        $0.eventID = "late"
        $0.sourceName = "quiz_app"
        $0.references = .with { $0.orderExternalID = "o1" }
      }
      #expect(again.outcome == .unchanged && again.event?.title == "Has a badge")
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  private func checkTitles(_ shop: Shop, _ early: Event, _ titles: [String: String]) async throws {
    func own(_ events: [Event]) -> [String: String] {
      let own = events.filter { titles[$0.eventID] != nil }
      return Dictionary(uniqueKeysWithValues: own.map { ($0.eventID, $0.title) })
    }
    let customer = CustomerRef.with { $0.ref = .email("a@example.com") }
    #expect(own(try await shop.timeline(.email("a@example.com")).events) == titles)
    let found = try await shop.timeline(
      .email("a@example.com"),
      filter: .with { $0.query = "won a BADGE" }
    )
    #expect(Set(own(found.events).keys) == ["early", "late"])
    let one = try await shop.timelines.getEvent(.with { $0.event = .id(early.id) })
    #expect(one.event?.title == "Won a badge" && own(one.relatedEvents).count == 4)
    #expect(own(one.relatedEvents + [one.event ?? Event()]) == titles)
    let order = try await shop.timelines.getOrder(.with { $0.order = .externalID("o1") })
    #expect(own(order.events) == titles)
    for format in [ExportFormat.csv, .ndjson] {
      var bytes: [UInt8] = []
      for try await part in try await shop.timelines.exportTimeline(
        .with {
          $0.customer = customer
          $0.format = format
        }
      ) {
        bytes += part.data
      }
      if format == .csv {
        let rows = try Shop.table(String(decoding: bytes, as: UTF8.self))
        let cells = rows.filter { titles[$0[0]] != nil }.map { ($0[0], $0[7]) }
        #expect(Dictionary(uniqueKeysWithValues: cells) == titles)
      } else {
        let lines = try bytes.split(separator: UInt8(ascii: "\n")).map {
          try Event(json: Array($0))
        }
        #expect(own(lines) == titles)
      }
    }
    var watched: [Event] = []
    let stream = try await shop.timelines.watchTimeline(
      .with {
        $0.customer = customer
        $0.afterSequence = 1
      }
    )
    for try await change in stream {
      if let event = change.event, titles[event.eventID] != nil { watched.append(event) }
      if watched.count == titles.count { break }
    }
    #expect(own(watched) == titles)
  }

  @Test func requiredFieldsOfTheCatalogue() async throws {
    try await Shop.open { shop in
      let broken1 = try await violations { try await record(shop, "points_earned") }
      #expect(broken1 == [Broken("event.properties.points", "FIELD_REQUIRED")])
      let broken2 = try await violations { try await record(shop, "order_paid", .ecommerce) }
      #expect(broken2 == [Broken("event.references.order_external_id", "FIELD_REQUIRED")])
      let points = try await record(shop, "points_earned") {
        $0.properties = ["points": .with { $0.kind = .int64Value(5) }]
      }
      #expect(points.outcome == .created)
      let paid = try await record(shop, "order_paid", .ecommerce) {
        $0.references = .with { $0.orderExternalID = "o1" }
      }
      #expect(paid.outcome == .created)
      // A template of the catalogue does not bind other applications.
      let ticket = try await record(shop, "ticket_created", .thirdParty) {
        $0.sourceName = "desk"
        $0.properties = ["score": .with { $0.kind = .stringValue("good") }]
      }
      #expect(ticket.outcome == .created)
    }
  }

  @Test(arguments: [
    (PropertyValue.Kind.stringValue("5"), false), (.doubleValue(5.5), false),
    (.boolValue(true), false),
    (.int64Value(5), true), (.doubleValue(5), true),
  ])
  func kindsOfWholeNumbers(_ kind: PropertyValue.Kind, _ fits: Bool) async throws {
    try await Shop.open { shop in
      func call() async throws -> RecordEventResponse {
        try await record(shop, "points_earned") {
          $0.properties = ["points": .with { $0.kind = kind }]
        }
      }
      if fits {
        #expect(try await call().outcome == .created)
      } else {
        let broken3 = try await violations { try await call() }
        #expect(broken3 == [Broken("event.properties.points", "PROPERTY_KIND_MISMATCH")])
      }
    }
  }

  @Test(arguments: [
    ("review_created", "score", 1 as Int64, 5 as Int64),
    ("points_earned", "points", 0, 1_000_000_000_000),
    ("points_adjusted", "points", -1_000_000_000_000, 1_000_000_000_000),
  ])
  func rangesOfWholeNumbers(
    _ type: String,
    _ name: String,
    _ least: Int64,
    _ most: Int64
  ) async throws {
    try await Shop.open { shop in
      func call(_ kind: PropertyValue.Kind) async throws -> RecordEventResponse {
        try await record(shop, type) { $0.properties = [name: .with { $0.kind = kind }] }
      }
      #expect(try await call(.int64Value(least)).outcome == .created)
      #expect(try await call(.doubleValue(Double(most))).outcome == .created)
      for outside in [least - 1, most + 1] {
        let broken = try await violations { try await call(.int64Value(outside)) }
        #expect(broken == [Broken("event.properties.\(name)", "PROPERTY_OUT_OF_RANGE")])
      }
    }
  }

  @Test(arguments: [
    (PropertyValue.Kind.stringValue("2030-01-01"), true), (.stringValue("soon"), false),
    (.timestampValue(.at(1)), true), (.int64Value(1), false),
    (
      .dateValue(
        .with {
          $0.year = 2030
          $0.month = 1
          $0.day = 1
        }
      ), true
    ),
  ])
  func kindsOfTimes(_ kind: PropertyValue.Kind, _ fits: Bool) async throws {
    try await Shop.open { shop in
      func call() async throws -> RecordEventResponse {
        try await record(shop, "points_expiring") {
          $0.properties = [
            "points": .with { $0.kind = .int64Value(5) }, "expire_at": .with { $0.kind = kind },
            "anything": .with { $0.kind = .boolValue(true) },
          ]
        }
      }
      if fits {
        #expect(try await call().outcome == .created)
      } else {
        let broken4 = try await violations { try await call() }
        #expect(broken4 == [Broken("event.properties.expire_at", "PROPERTY_KIND_MISMATCH")])
      }
    }
  }
}
