import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

/// Tests of lists, pages and search.
struct ListTests {
  private func fill(_ shop: Shop, _ numbers: Range<Int>, in store: String = "") async throws {
    _ = try await shop.customers.batchUpsertCustomers(
      .with {
        $0.storeID = store
        $0.customers = numbers.map { number in
          .with {
            $0.externalID = "c\(number)"
            $0.email = "c\(number)@example.com"
          }
        }
      }
    )
  }

  @Test func newestFirstAndNothingLostWhileCustomersAreAdded() async throws {
    try await Shop.open { shop in
      try await fill(shop, 0..<95)
      var seen: [String] = []
      var token = ""
      var pages = 0
      repeat {
        let page = try await shop.list(size: 10, token: token)
        seen += page.customers.compactMap(\.externalID)
        token = page.nextPageToken
        pages += 1
        try await fill(shop, (1000 + pages * 3)..<(1003 + pages * 3))
      } while !token.isEmpty && pages < 20
      #expect(seen == (0..<95).reversed().map { "c\($0)" })
      #expect(pages == 10)
    }
  }

  /// A page ends after 1 MiB, whatever size was asked for, and the next goes on behind it.
  @Test func aPageOfLargeCustomersEndsEarly() async throws {
    try await Shop.open { shop in
      let tags = (0..<250).map { "\($0)" + String(repeating: "x", count: 250) }
        .joined(separator: ",")
      for number in 0..<40 {
        try await shop.upsert {
          $0.externalID = "c\(number)"
          $0.email = "c\(number)@example.com"
          $0.tags = tags
        }
      }
      let bytes = try await shop.customer(.externalID("c1")).encoded().count
      let fitting = (1 << 20) / bytes + 1
      var seen: [String] = []
      var token = ""
      repeat {
        let page = try await shop.list(size: 100, token: token)
        seen += page.customers.compactMap(\.externalID)
        token = page.nextPageToken
        #expect(token.isEmpty || abs(page.customers.count - fitting) <= 1)
        #expect(!page.customers.isEmpty)
      } while !token.isEmpty && seen.count < 40
      #expect(seen == (0..<40).reversed().map { "c\($0)" })
    }
  }

  @Test func pagesHaveTheSizeAskedFor() async throws {
    try await Shop.open { shop in
      try await fill(shop, 0..<120)
      for (size, expected) in [(Int32(0), 50), (1, 1), (100, 100)] {
        let page = try await shop.list(size: size)
        #expect(page.customers.count == expected)
        #expect(!page.nextPageToken.isEmpty)
      }
      for size in [Int32(101), -1, .max, .min] {
        let refused = try await violations { try await shop.list(size: size) }
        #expect(refused == [Broken("page_size", "PAGE_SIZE_OUT_OF_RANGE")])
      }
      // A page that ends with the last customer has no token.
      var page = try await shop.list(size: 60)
      page = try await shop.list(size: 60, token: page.nextPageToken)
      #expect(page.customers.count == 60 && page.nextPageToken.isEmpty)
      #expect(try await shop.list(in: "empty").customers.isEmpty)
    }
  }

  @Test func aTokenIsGoodForItsOwnListOnly() async throws {
    try await Shop.open { shop in
      try await fill(shop, 0..<30)
      try await fill(shop, 0..<30, in: "other")
      let token = try await shop.list(size: 10).nextPageToken
      let filtered = try await shop.list("example", size: 10).nextPageToken
      #expect(!token.isEmpty && !filtered.isEmpty)
      #expect(try await shop.list(size: 7, token: token).customers.first?.externalID == "c19")
      let timelineToken = try await timelineToken(shop)
      let mismatched: [(String?, String, String)] = [
        (nil, "other", token), ("example", "", token), (nil, "", filtered),
        ("exampl", "", filtered), (nil, "", timelineToken),
      ]
      for (query, store, token) in mismatched {
        let refused = try await violations {
          try await shop.list(query, in: store, size: 10, token: token)
        }
        #expect(refused == [Broken("page_token", "PAGE_TOKEN_MISMATCH")])
      }
      for bad in ["x", token + "A", String(token.dropLast()), "🙂"] {
        let refused = try await violations { try await shop.list(size: 10, token: bad) }
        #expect(refused == [Broken("page_token", "PAGE_TOKEN_MALFORMED")], "\(bad)")
      }
    }
  }

  private func timelineToken(_ shop: Shop) async throws -> String {
    for id in ["e1", "e2"] {
      try await shop.record {
        $0.eventID = id
        $0.source = .thirdParty
        $0.sourceName = "app"
        $0.type = "ping"
      }
    }
    return try await shop.timeline(.externalID("c1"), size: 1).nextPageToken
  }

  @Test func aSearchHasALimit() async throws {
    try await Shop.open { shop in
      let long = try await violations {
        try await shop.list(String(repeating: "x", count: 255))
      }
      #expect(long == [Broken("filter.query", "QUERY_TOO_LONG")])
      #expect(try await shop.search(String(repeating: "x", count: 254)).isEmpty)
    }
  }

  @Test func aPageOfLargeRecordsEndsEarly() async throws {
    try await Shop.open { shop in
      let tags = (0..<250).map { "\($0)" + String(repeating: "ü", count: 250) }
        .joined(separator: ",")
      for number in 0..<40 {
        try await shop.upsert {
          $0.externalID = "c\(number)"
          $0.email = "c\(number)@example.com"
          $0.tags = tags
        }
      }
      var seen: [String] = []
      var token = ""
      var pages = 0
      repeat {
        let page = try await shop.list(size: 100, token: token)
        seen += page.customers.compactMap(\.externalID)
        token = page.nextPageToken
        pages += 1
      } while !token.isEmpty && pages < 40
      #expect(seen == (0..<40).reversed().map { "c\($0)" })
      #expect(pages > 1)
    }
  }
}
