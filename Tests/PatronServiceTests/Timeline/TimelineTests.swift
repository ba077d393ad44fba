import PatronProto
import ProtobufC
import TTRPC
import Testing

/// Tests of the pages of a timeline and of its header.
struct TimelineTests {
  private func event(
    _ shop: Shop,
    _ id: String,
    at seconds: Int64,
    _ type: String = "ping"
  ) async throws {
    try await shop.record(of: { $0.email = "a@example.com" }) {
      $0.eventID = id
      $0.source = .thirdParty
      $0.sourceName = "app"
      $0.type = type
      $0.occurredAt = .at(seconds)
    }
  }

  private let ada = CustomerRef.Ref.email("a@example.com")

  @Test(arguments: [Int32(1), 2, 3, 7, 100])
  func pagesNeitherLoseNorRepeatEventsOfOneInstant(_ size: Int32) async throws {
    try await Shop.open { shop in
      // The instants are 0, 0, 0, 1, 1, 1, …, recorded in a different order.
      for number in 0..<30 {
        try await event(shop, "e\(number)", at: 1_700_000_000 + Int64(number * 7 % 10))
      }
      let all = try await shop.timeline(ada, size: 100).events
      #expect(all.count == 31, "with profile_created")
      let expected = all.sorted {
        ($0.occurredAt?.seconds ?? 0, $0.id) > ($1.occurredAt?.seconds ?? 0, $1.id)
      }
      #expect(all.map(\.eventID) == expected.map(\.eventID))
      var seen: [Event] = []
      var token = ""
      var pages = 0
      repeat {
        let page = try await shop.timeline(ada, size: size, token: token)
        #expect((page.header == nil) == (pages > 0), "the header is on the first page only")
        seen += page.events
        token = page.nextPageToken
        pages += 1
        // Events that are recorded meanwhile are newer than the position of the page.
        try await event(shop, "new\(pages)", at: 1_700_000_100)
      } while !token.isEmpty && pages < 40
      #expect(seen.map(\.eventID) == all.map(\.eventID))
      #expect(pages == (31 + Int(size) - 1) / Int(size))
    }
  }

  @Test func filtersBySourceTypeAndTime() async throws {
    try await Shop.open { shop in
      for (index, type) in ["ping", "pong", "ping", "peng"].enumerated() {
        try await event(shop, "e\(index)", at: 1_700_000_000 + Int64(index), type)
      }
      try await shop.sync(.of("o1", 100, at: 1_700_000_002)) { $0.email = "a@example.com" }
      let made = "profile_created"
      func ids(_ filter: EventFilter, size: Int32 = 0) async throws -> [String] {
        var ids: [String] = []
        var token = ""
        repeat {
          let page = try await shop.timeline(ada, filter: filter, size: size, token: token)
          ids += page.events.map { event in
            event.source == .thirdParty ? event.eventID : event.type
          }
          token = page.nextPageToken
        } while !token.isEmpty && ids.count < 20
        return ids
      }
      #expect(try await ids(EventFilter()) == ["e3", "order_placed", "e2", "e1", "e0", made])
      #expect(try await ids(.with { $0.sources = [.ecommerce] }) == ["order_placed"])
      #expect(try await ids(.with { $0.sources = [.product] }) == [made])
      #expect(
        try await ids(.with { $0.sources = [.ecommerce, .thirdParty] }, size: 2)
          == ["e3", "order_placed", "e2", "e1", "e0"]
      )
      #expect(try await ids(.with { $0.types = ["ping"] }, size: 1) == ["e2", "e0"])
      #expect(
        try await ids(.with { $0.types = ["peng", "pong", "pin"] }, size: 1) == ["e3", "e1"]
      )
      #expect(
        try await ids(.with { $0.occurredFrom = .at(1_700_000_002) }, size: 1)
          == ["e3", "order_placed", "e2"]
      )
      #expect(
        try await ids(.with { $0.occurredBefore = .at(1_700_000_002) }, size: 1)
          == ["e1", "e0", made]
      )
      #expect(
        try await ids(
          .with {
            $0.occurredFrom = .at(1_700_000_001)
            $0.occurredBefore = .at(1_700_000_003)
            $0.types = ["ping", "order_placed"]
            $0.sources = [.thirdParty]
          }
        ) == ["e2"]
      )
    }
  }

  @Test func refusesWhatItCannotDo() async throws {
    try await Shop.open { shop in
      try await event(shop, "e1", at: 1_700_000_000)
      let many = try await violations {
        try await shop.timeline(ada, filter: .with { $0.types = (0...50).map { "t\($0)" } })
      }
      #expect(many == [Broken("filter.types", "LIST_TOO_LONG")])
      let time = try await violations {
        try await shop.timeline(ada, filter: .with { $0.occurredFrom = .at(0, nanos: -1) })
      }
      #expect(time == [Broken("filter.occurred_from", "TIME_NANOS_INVALID")])
      for size in [Int32(-1), 101] {
        let refused = try await violations { try await shop.timeline(ada, size: size) }
        #expect(refused == [Broken("page_size", "PAGE_SIZE_OUT_OF_RANGE")])
      }
      let nobody = try await failure { try await shop.timeline(.email("b@example.com")) }
      #expect(nobody.code == .notFound && nobody.reason == "CUSTOMER_NOT_FOUND")
    }
  }

  @Test func aTokenIsBoundToCustomerAndFilter() async throws {
    try await Shop.open { shop in
      for number in 0..<3 {
        try await event(shop, "e\(number)", at: 1_700_000_000, "t\(number)")
        try await shop.record(of: { $0.email = "b@example.com" }) {
          RecordEventTests.quiz("b\(number)")(&$0)
        }
      }
      let ecommerce = EventFilter.with { $0.sources = [.ecommerce, .thirdParty] }
      let token = try await shop.timeline(ada, filter: ecommerce, size: 1).nextPageToken
      let page = try await shop.timeline(ada, filter: ecommerce, size: 2, token: token)
      #expect(page.events.map(\.eventID) == ["e1", "e0"])
      let others: [(CustomerRef.Ref, EventFilter?)] = [
        (.email("b@example.com"), ecommerce), (ada, nil), (ada, .with { $0.types = ["1", "3"] }),
        (ada, .with { $0.sources = [.thirdParty] }),
        (
          ada,
          .with {
            $0.sources = [.ecommerce, .thirdParty]
            $0.occurredBefore = .at(1_800_000_000)
          }
        ),
      ]
      for (ref, filter) in others {
        let refused = try await violations {
          try await shop.timeline(ref, filter: filter, size: 1, token: token)
        }
        #expect(refused == [Broken("page_token", "PAGE_TOKEN_MISMATCH")])
      }
      let bad = try await violations { try await shop.timeline(ada, token: "abc") }
      #expect(bad == [Broken("page_token", "PAGE_TOKEN_MALFORMED")])
    }
  }

  @Test func theHeaderShowsOrdersChannelsAndActions() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.email = "a@example.com"
        $0.acceptsEmailMarketing = true
      }
      for number in 0..<12 {
        try await shop.sync(.of("o\(number)", 10, at: 1_700_000_000 + Int64(number % 6))) {
          $0.email = "a@example.com"
        }
      }
      let header = try #require(try await shop.timeline(ada).header)
      #expect(
        header.latestOrders.map(\.externalID) == [
          "o11", "o5", "o10", "o4", "o9", "o3", "o8", "o2", "o7", "o1",
        ]
      )
      #expect(header.customer == (try await shop.customer(ada)))
      #expect(header.customer?.orderStats.map(\.orderCount) == [12])
      #expect(header.channels.map(\.channel) == [.sms, .email])
      #expect(header.channels.map(\.state) == [.neverSubscribed, .subscribed])
      #expect(header.channels.last?.subscribedAt != nil)
      #expect(header.availableActions == [.unsubscribeEmail, .export])
    }
  }

  @Test func aPageOfLargeEventsAndOrdersEndsEarly() async throws {
    try await Shop.open { shop in
      let text = String(repeating: "x", count: 8000)
      for number in 0..<70 {
        try await shop.record(of: { $0.email = "a@example.com" }) {
          RecordEventTests.quiz("e\(number)", at: 1_700_000_000 + Int64(number))(&$0)
          for name in 0..<8 {
            $0.properties["p\(name)"] = .with { $0.kind = .stringValue(text) }
          }
        }
      }
      for number in 0..<10 {
        try await shop.sync(
          .of("o\(number)", 1) {
            $0.lineItems = (0..<350).map { _ in .with { $0.url = String(text.prefix(2000)) } }
          }
        ) { $0.email = "a@example.com" }
      }
      var seen = 0
      var token = ""
      var pages = 0
      repeat {
        let page = try await shop.timeline(ada, size: 100, token: token)
        if let header = page.header { #expect((1...9).contains(header.latestOrders.count)) }
        seen += page.events.count
        token = page.nextPageToken
        pages += 1
      } while !token.isEmpty && pages < 80
      #expect(seen == 81, "with profile_created")
    }
  }
}
