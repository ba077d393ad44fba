import PatronProto
import ProtoWire
import ProtobufC
import TTRPC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronSample
@testable import PatronServer
@testable import PatronService

/// Tests of the sorts of lists, other than newest first.
struct SortTests {
  private func fill(_ shop: Shop) async throws {
    let people: [(id: String, first: String?, last: String?, orders: [Order])] = [
      ("a", "Zoe", "Ünal", [.of("o1", 500, at: 1_700_000_000)]),
      ("b", "Adam", "smith", [.of("o2", 900, at: 1_600_000_000), .of("o3", 1, at: 1_500_000_000)]),
      ("c", "Adam", nil, []),
      ("d", "Berta", "Smith", [.of("o4", 700, "EUR", at: 1_650_000_000)]),
      ("e", nil, nil, [.of("o5", 0, at: 1_700_000_000)]),
      ("f", "adam", "Smithson", []),
    ]
    for person in people {
      try await shop.upsert {
        $0.externalID = person.id
        $0.email = "\(person.id)@example.com"
        $0.firstName = person.first
        $0.lastName = person.last
        $0.tags = "abd".contains(person.id) ? "some" : nil
      }
    }
    for person in people {
      for order in person.orders {
        try await shop.sync(order, of: { $0.externalID = person.id })
      }
    }
    try await shop.upsert {
      $0.externalID = "c"
      $0.gender = "F"
    }
  }

  @Test func everyOrderInPagesOfAnySize() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      let all = CustomerFilter.of([:])
      let some = CustomerFilter.of(["tags": ["some"]])
      let cases: [(CustomerFilter, CustomerSort, [String])] = [
        (all, .created, ["f", "e", "d", "c", "b", "a"]),
        (all, .updated, ["c", "d", "b", "a", "f", "e"]),
        (all, .name, ["b", "d", "f", "a", "c", "e"]),
        // Each upsert emits an event; the last was that of c.
        (all, .lastEvent, ["c", "f", "e", "d", "b", "a"]),
        (all, .totalSpent, ["b", "d", "a", "f", "e", "c"]),
        (all, .orderCount, ["b", "e", "d", "a", "f", "c"]),
        (some, .name, ["b", "d", "a"]), (some, .lastEvent, ["d", "b", "a"]),
        (some, .totalSpent, ["b", "d", "a"]), (.of([:], query: "e@ex"), .name, ["e"]),
      ]
      for (filter, sort, expected) in cases {
        for size: Int32 in [1, 2, 4, 100] where sort != .updated {
          #expect(
            try await shop.listed(filter, sort: sort, size: size) == expected,
            "\(sort) \(size)"
          )
        }
      }
      // The first order of a customer gives its currency, which changes the record.
      #expect(try await shop.listed(all, sort: .updated, size: 2).first == "c")
    }
  }

  @Test func namesAreInTheOrderOfTheirLetters() async throws {
    try await Shop.open { shop in
      let names = [
        "Ærø", "Andersen", "Ärzt", "ČAPEK", "Celan", "Łem", "Lenz", "Öberg", "Ostrom", "zed", "日本",
      ]
      for (index, name) in names.enumerated().reversed() {
        try await shop.upsert {
          $0.externalID = "c\(index)"
          $0.email = "c\(index)@example.com"
          $0.lastName = name
        }
      }
      let expected = names.indices.map { "c\($0)" }
      #expect(try await shop.listed(.of([:]), sort: .name, size: 3) == expected)
    }
  }

  @Test func aTokenByNameHoldsNoName() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      let page = try await shop.page(.of([:]), sort: .name, size: 2)
      #expect(page.customers.map(\.externalID) == ["b", "d"])
      #expect(page.nextPageToken.utf8.count < 40)
      let bytes = Base64.decode(exactly: page.nextPageToken, as: .url) ?? []
      for name in ["smith", "Smith", "berta", "Berta"] {
        #expect(bytes.firstRange(of: Array(name.utf8)) == nil)
      }
      // The end of the page is unknown after its last customer moved.
      func next() async throws -> ListCustomersResponse {
        try await shop.page(.of([:]), sort: .name, size: 2, token: page.nextPageToken)
      }
      try await shop.upsert {
        $0.externalID = "d"
        $0.gender = "F"
      }
      #expect(try await next().customers.map(\.externalID) == ["f", "a"])
      for name in ["Adler", ""] {
        try await shop.upsert {
          $0.externalID = "d"
          $0.lastName = name
        }
        let refused = try await failure { try await next() }
        #expect(refused.code == .failedPrecondition && refused.reason == "PAGE_TOKEN_OUTDATED")
        #expect(refused.message.contains("Begin without a token"), "\(refused.message)")
      }
    }
  }

  @Test func aTokenByTotalsIsOfTheirCurrency() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      let token = try await shop.page(.of([:]), sort: .totalSpent, size: 2).nextPageToken
      _ = try await shop.customers.updateStoreSettings(
        .with { $0.settings = .with { $0.currencyCode = "EUR" } }
      )
      let refused = try await violations {
        try await shop.page(.of([:]), sort: .totalSpent, size: 2, token: token)
      }
      #expect(refused == [Broken("page_token", "PAGE_TOKEN_MISMATCH")])
    }
  }

  @Test func totalsAreThoseOfTheCurrencyThatTheStoreChose() async throws {
    try await Shop.open { shop in
      try await fill(shop)
      _ = try await shop.customers.updateStoreSettings(
        .with { $0.settings = .with { $0.currencyCode = "EUR" } }
      )
      #expect(
        try await shop.listed(.of([:]), sort: .totalSpent, size: 2)
          == ["d", "f", "e", "c", "b", "a"]
      )
    }
  }

  @Test func manyCustomersByLastEventComeDayByDay() async throws {
    try await Shop.open { shop in
      // There are more customers than a list reads as a whole. A third have no events of their own,
      // and some have no events at all; those were created before and after the others.
      let silent = (0..<150).map { "n\($0)" }
      try await shop.plant(Array(silent.prefix(50)))
      let count = 2400
      let sample = SampleShop(customers: count, eventsPerCustomer: 0, seed: 3)
      try sample.fill(shop.store) { _ in }
      var random = SeededRandom(seed: 9)
      var times: [String: Int64] = [:]
      var items: [RecordEventItem] = []
      for number in 1...count {
        let name = "g" + String(repeating: "0", count: 7 - "\(number)".count) + "\(number)"
        // The time at which the sample records were made.
        times[name] = 1_767_225_600
        guard number % 3 != 0 else { continue }
        // A time after the creation of the sample records, which is an event too.
        let time = 1_770_000_000 + Int64.random(in: 0..<40, using: &random) * 40_000
        times[name] = time
        items.append(
          .with {
            $0.customer = .with { $0.externalID = name }
            $0.event = .with {
              $0.eventID = name
              $0.source = .thirdParty
              $0.sourceName = "app"
              $0.type = "ping"
              $0.occurredAt = .at(time)
            }
          }
        )
      }
      for start in stride(from: 0, to: items.count, by: 1000) {
        let part = Array(items[start..<min(start + 1000, items.count)])
        _ = try await shop.timelines.batchRecordEvents(.with { $0.items = part })
      }
      try await shop.plant(Array(silent.dropFirst(50)))
      let newest = try await shop.listed(.of([:]))
      let expected = newest.enumerated().sorted { left, right in
        (times[right.element] ?? 0, left.offset) < (times[left.element] ?? 0, right.offset)
      }.map(\.element)
      #expect(newest.count == count + silent.count)
      #expect(expected.suffix(silent.count) == ArraySlice(silent.reversed()))
      #expect(try await shop.listed(.of([:]), sort: .lastEvent, size: 97) == expected)
      let filter = CustomerFilter.of(["contact": ["has_phone", "email_only"]])
      #expect(try await shop.listed(filter, sort: .lastEvent, size: 100) == expected)
    }
  }

  @Test func anUnknownOrderIsRefused() async throws {
    try await Shop.open { shop in
      let refused = try await violations {
        try await shop.page(.of([:]), sort: CustomerSort(rawValue: 99))
      }
      #expect(refused == [Broken("sort", "SORT_UNKNOWN")])
    }
  }
}
