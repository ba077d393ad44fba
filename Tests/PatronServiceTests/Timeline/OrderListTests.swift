import PatronProto
import ProtobufC
import TTRPC
import Testing

/// Tests of ListOrders and GetOrder.
struct OrderListTests {
  private func list(
    _ shop: Shop,
    _ ref: CustomerRef.Ref?,
    size: Int32 = 0,
    token: String = ""
  ) async throws -> ListOrdersResponse {
    try await shop.timelines.listOrders(
      .with {
        $0.customer = .with { $0.ref = ref }
        $0.pageSize = size
        $0.pageToken = token
      }
    )
  }

  @Test(arguments: [Int32(1), 2, 3, 100])
  func pagesNeitherLoseNorRepeatOrders(_ size: Int32) async throws {
    try await Shop.open { shop in
      for number in 0..<7 {
        try await shop.sync(.of("o\(number)", 100, at: 1_700_000_000 + Int64(number * 2 % 3))) {
          $0.email = "a@example.com"
        }
      }
      try await shop.sync(.of("other", 100)) { $0.email = "b@example.com" }
      var seen: [Order] = []
      var token = ""
      repeat {
        let page = try await list(shop, .email("a@example.com"), size: size, token: token)
        #expect(page.orders.count <= Int(size))
        seen += page.orders
        token = page.nextPageToken
      } while !token.isEmpty && seen.count < 20
      let expected = seen.sorted {
        ($0.placedAt?.seconds ?? 0, $0.id) > ($1.placedAt?.seconds ?? 0, $1.id)
      }
      #expect(seen == expected && Set(seen.map(\.id)).count == 7)
    }
  }

  @Test func tokensAndSizesThatDoNotFit() async throws {
    try await Shop.open { shop in
      for email in ["a@example.com", "b@example.com"] {
        for number in 0..<2 {
          try await shop.sync(.of("\(email)\(number)", 100)) { $0.email = email }
        }
      }
      let token = try await list(shop, .email("a@example.com"), size: 1).nextPageToken
      let foreign = try await violations {
        try await list(shop, .email("b@example.com"), token: token)
      }
      #expect(foreign == [Broken("page_token", "PAGE_TOKEN_MISMATCH")])
      let malformed = try await violations {
        try await list(shop, .email("b@example.com"), token: "x")
      }
      #expect(malformed == [Broken("page_token", "PAGE_TOKEN_MALFORMED")])
      for size in [Int32(-1), 101] {
        let refused = try await violations {
          try await list(shop, .email("a@example.com"), size: size)
        }
        #expect(refused == [Broken("page_size", "PAGE_SIZE_OUT_OF_RANGE")])
      }
      let nobody = try await failure { try await list(shop, .email("c@example.com")) }
      #expect(nobody.code == .notFound && nobody.reason == "CUSTOMER_NOT_FOUND")
      let broken1 = try await violations { try await list(shop, nil) }
      #expect(broken1 == [Broken("customer", "REF_MISSING")])
    }
  }

  private func get(_ shop: Shop, _ order: GetOrderRequest.Order?) async throws -> GetOrderResponse {
    try await shop.timelines.getOrder(.with { $0.order = order })
  }

  @Test func anOrderWithItsEvents() async throws {
    try await Shop.open { shop in
      let synced = try await shop.sync(.of("o1", 100)) { $0.email = "a@example.com" }
      try await shop.sync(.of("o2", 100)) { $0.email = "a@example.com" }
      for number in 0..<55 {
        try await shop.record(of: { $0.email = "a@example.com" }) {
          RecordEventTests.quiz("e\(number)", at: 1_700_000_100 + Int64(number))(&$0)
          if number % 11 == 0 { $0.references = .with { $0.orderExternalID = "o1" } }
        }
      }
      let answer = try await get(shop, .externalID("o1"))
      #expect(answer.order == synced.order)
      #expect(
        answer.events.map(\.eventID)
          == ["e44", "e33", "e22", "e11", "e0", synced.derivedEvents[0].eventID]
      )
      #expect(try await get(shop, .id(synced.order?.id ?? 0)) == answer)
      for number in 0..<50 {
        try await shop.record(of: { $0.email = "a@example.com" }) {
          RecordEventTests.quiz("m\(number)", at: 1_700_001_000)(&$0)
          $0.references = .with { $0.orderExternalID = "o1" }
        }
      }
      #expect(try await get(shop, .externalID("o1")).events.count == 50)
    }
  }

  @Test func unknownOrders() async throws {
    try await Shop.open { shop in
      for order in [GetOrderRequest.Order.id(1), .externalID("o1")] {
        let error = try await failure { try await get(shop, order) }
        #expect(error.code == .notFound && error.reason == "ORDER_NOT_FOUND")
      }
      let broken2 = try await violations { try await get(shop, nil) }
      #expect(broken2 == [Broken("order", "REF_MISSING")])
    }
  }
}
