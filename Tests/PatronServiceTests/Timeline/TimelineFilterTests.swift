import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

/// Tests of timeline filters that read the content of events.
struct TimelineFilterTests {
  private let ada = CustomerRef.Ref.email("a@example.com")

  private func fill(_ shop: Shop) async throws {
    func record(_ id: String, _ event: (inout EventInput) -> Void) async throws {
      try await shop.record(of: { $0.email = "a@example.com" }) {
        $0.eventID = id
        $0.occurredAt = .at(1_700_000_000)
        event(&$0)
      }
    }
    // Events of other applications create a customer; events of messages do not.
    try await record("ticket") {
      $0.source = .thirdParty
      $0.sourceName = "helpdesk"
      $0.type = "ticket_created"
      $0.title = "Where is my Parcel?"
      $0.references = .with { $0.orderExternalID = "o1" }
      $0.properties = ["stars": .with { $0.kind = .int64Value(4711) }]
    }
    try await record("quiz") {
      $0.source = .thirdParty
      $0.sourceName = "quiz_app"
      $0.type = "quiz_completed"
    }
    try await record("sms") {
      $0.source = .product
      $0.type = "sms_sent"
      $0.references = .with { $0.campaignID = "spring" }
    }
    try await record("email") {
      $0.source = .product
      $0.type = "email_sent"
      $0.references = .with {
        $0.campaignID = "summer"
        $0.campaignName = "Summer Sale"
      }
      $0.properties = ["subject": .with { $0.kind = .stringValue("GRÜSSE aus Köln") }]
    }
  }

  private func ids(_ shop: Shop, size: Int32 = 1, _ filter: (inout EventFilter) -> Void)
    async throws -> Set<String>
  {
    var ids: [String] = []
    var token = ""
    repeat {
      let page = try await shop.timeline(ada, filter: .with(filter), size: size, token: token)
      ids += page.events.filter { $0.product != "profile" }.map(\.eventID)
      token = page.nextPageToken
    } while !token.isEmpty && ids.count < 20
    #expect(Set(ids).count == ids.count)
    return Set(ids)
  }

  @Test func byWhatTheyAreAbout() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      #expect(
        try await ids(shop) { $0.sourceNames = ["helpdesk", "quiz_app"] } == ["ticket", "quiz"]
      )
      #expect(try await ids(shop) { $0.sourceNames = ["help"] } == [])
      #expect(try await ids(shop) { $0.products = ["sms"] } == ["sms"])
      #expect(try await ids(shop) { $0.products = ["sms", "email"] } == ["sms", "email"])
      #expect(try await ids(shop) { $0.products = ["loyalty"] } == [])
      #expect(try await ids(shop) { $0.channels = [.email] } == ["email"])
      #expect(try await ids(shop) { $0.channels = [.email, .sms] } == ["email", "sms"])
      #expect(try await ids(shop) { $0.campaignID = "spring" } == ["sms"])
      #expect(try await ids(shop) { $0.campaignID = "Spring" } == [])
      #expect(try await ids(shop) { $0.orderExternalID = "o1" } == ["ticket"])
      #expect(
        try await ids(shop) {
          $0.channels = [.email, .sms]
          $0.campaignID = "summer"
        } == ["email"]
      )
      #expect(
        try await ids(shop) {
          $0.sourceNames = ["helpdesk"]
          $0.channels = [.sms]
        } == []
      )
    }
  }

  private static let searches: [(String, Set<String>)] = [
    ("grüsse", ["email"]), ("KÖLN", ["email"]), (" parcel ", ["ticket"]), ("471", ["ticket"]),
    ("STARS", ["ticket"]), ("summer sale", ["email"]), ("spring", ["sms"]),
    ("_sent", ["sms", "email"]), ("e-mail SENT", ["email"]),
    ("nothing", []), ("  ", ["sms", "email", "ticket", "quiz"]),
  ]

  @Test(arguments: searches)
  func byText(_ query: String, _ expected: Set<String>) async throws {
    try await Shop.open { shop in
      try await fill(shop)
      #expect(try await ids(shop) { $0.query = query } == expected, "\(query)")
    }
  }

  @Test func aLongTimelineIsSearchedToItsEnd() async throws {
    var limits = StoreLimits()
    limits.pointBudgetSteps = 2000
    try await Shop.open(limits: limits) { shop in
      let items = (0..<1000).map { number in
        RecordEventItem.with {
          $0.customer = .with { $0.email = "a@example.com" }
          $0.event = .with {
            RecordEventTests.quiz("e\(number)", at: 1_700_000_000 - Int64(number))(&$0)
            if number % 400 == 399 { $0.title = "Needle" }
          }
        }
      }
      _ = try await shop.timelines.batchRecordEvents(.with { $0.items = items })
      #expect(try await ids(shop, size: 100) { $0.query = "needle" } == ["e399", "e799"])
    }
  }

  @Test func typesAndTimesThatNoEventCanHave() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      let types = ["quiz_completed", "Quiz completed", ""]
      let broken = try await violations {
        try await shop.timeline(
          ada,
          filter: .with {
            $0.types = types
            $0.occurredFrom = .at(200)
            $0.occurredBefore = .at(100)
          }
        )
      }
      #expect(
        broken == [
          Broken("filter.types[1]", "NAME_NOT_SNAKE_CASE"),
          Broken("filter.types[2]", "TYPE_REQUIRED"),
          Broken("filter.occurred_before", "TIME_RANGE_REVERSED"),
        ]
      )
      let unknown = try await violations {
        try await shop.timeline(
          ada,
          filter: .with {
            $0.sources = [.ecommerce, .product]
            $0.types = ["order_placed", "sms_sent", "order_plced"]
          }
        )
      }
      #expect(unknown == [Broken("filter.types[2]", "TYPE_UNKNOWN")])
      #expect(
        try await ids(shop) {
          $0.sources = [.ecommerce, .thirdParty]
          $0.types = ["order_plced", "quiz_completed"]
          $0.occurredFrom = .at(1_700_000_000)
          $0.occurredBefore = .at(1_700_000_001)
        } == ["quiz"]
      )
    }
  }

  @Test func saysWhichPartDoesNotFit() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      let names = (0...50).map { "n\($0)" }
      let long = String(repeating: "x", count: 256)
      let broken = try await violations {
        try await shop.timeline(
          ada,
          filter: .with {
            $0.sources = [.thirdParty, .init(rawValue: 9), .unspecified]
            $0.types = names
            $0.sourceNames = names
            $0.products = ["sms", "nonsense"] + Array(repeating: "sms", count: 49)
            $0.channels = [.init(rawValue: 7)] + Array(repeating: .sms, count: 50)
            $0.campaignID = long
            $0.orderExternalID = long
            $0.query = long
          }
        )
      }
      #expect(
        Set(broken) == [
          Broken("filter.sources[1]", "ENUM_VALUE_UNKNOWN"),
          Broken("filter.sources[2]", "ENUM_VALUE_UNKNOWN"),
          Broken("filter.types", "LIST_TOO_LONG"), Broken("filter.source_names", "LIST_TOO_LONG"),
          Broken("filter.products", "LIST_TOO_LONG"), Broken("filter.channels", "LIST_TOO_LONG"),
          Broken("filter.products[1]", "PRODUCT_UNKNOWN"),
          Broken("filter.channels[0]", "ENUM_VALUE_UNKNOWN"),
          Broken("filter.campaign_id", "TEXT_TOO_LONG"),
          Broken("filter.order_external_id", "TEXT_TOO_LONG"),
          Broken("filter.query", "TEXT_TOO_LONG"),
        ]
      )
      let longest = String(repeating: "x", count: 255)
      #expect(
        try await ids(shop) {
          $0.types = Array(names.prefix(50))
          $0.query = longest
        } == []
      )
      let token = try await shop.timeline(ada, filter: .with { $0.query = "sent" }, size: 1)
        .nextPageToken
      let mismatch = try await violations {
        try await shop.timeline(ada, filter: .with { $0.query = "sen" }, token: token)
      }
      #expect(mismatch == [Broken("page_token", "PAGE_TOKEN_MISMATCH")])
      let same = try await shop.timeline(ada, filter: .with { $0.query = "SENT" }, token: token)
      #expect(same.events.count == 1)
    }
  }
}
