import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of a database with more records than it can ever get.
struct AgeingTests {
  /// The numbers of records and of filters after nine quintillion of them: thirteen million years
  /// at 20,000 writes a second.
  private static let old: Int64 = 9_000_000_000_000_000_000

  @Test func numbersDoNotRunOut() async throws {
    try await Shop.open { shop in
      try await shop.tamper("UPDATE sequences SET value = \(Self.old)")
      for number in 1...3 {
        try await shop.upsert {
          $0.externalID = "c\(number)"
          $0.email = "c\(number)@example.com"
          $0.tags = "vip,t\(number)"
          $0.acceptsEmailMarketing = true
        }
        let owner: (inout CustomerInput) -> Void = { $0.externalID = "c\(number)" }
        try await shop.sync(.of("o\(number)", 100), of: owner)
        for event in ["a", "b"] {
          try await shop.record(of: owner, RecordEventTests.quiz("\(event)\(number)"))
        }
      }
      let first = try await shop.customer(.externalID("c1"))
      #expect(first.id > Self.old)
      #expect(try await shop.customer(.id(first.id)).externalID == "c1")
      #expect(try await pages(shop, query: nil) == ["c3", "c2", "c1"])
      #expect(try await pages(shop, query: "example.com") == ["c3", "c2", "c1"])
      var events = 0
      var token = ""
      repeat {
        let page = try await shop.timeline(.externalID("c1"), size: 1, token: token)
        events += page.events.count
        token = page.nextPageToken
      } while !token.isEmpty
      #expect(events > 4)
      let second = try await shop.customer(.externalID("c2"))
      try await shop.merge(.id(first.id), .id(second.id))
      #expect(try await shop.customer(.id(second.id)).id == first.id)
      let receipt = try await shop.customers.deleteCustomer(
        .with { $0.customer = .with { $0.ref = .externalID("c3") } }
      )
      #expect(receipt.receiptID > first.id)
      #expect(try await pages(shop, query: nil) == ["c1"])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  private func pages(_ shop: Shop, query: String?) async throws -> [String] {
    var found: [String] = []
    var token = ""
    repeat {
      let page = try await shop.list(query, size: 1, token: token)
      found += page.customers.compactMap(\.externalID)
      token = page.nextPageToken
    } while !token.isEmpty
    return found
  }
}
