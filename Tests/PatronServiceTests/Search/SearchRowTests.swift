import PatronProto
import PatronStore
import ProtobufC
import Synchronization
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the search index where the customers of several stores have the same ids.
struct SearchRowTests {
  private let names = ["one", "two", "three"]

  /// Adds customers to the stores in turns, so that ids are the same and rows are not.
  private func fill(_ shop: Shop, _ numbers: Range<Int>) async throws {
    for number in numbers {
      for store in names {
        try await shop.upsert(in: store) {
          $0.externalID = "\(store)\(number)"
          $0.email = "c\(number)@example.com"
        }
      }
    }
  }

  /// Returns the external ids of all pages of a search.
  private func pages(
    _ shop: Shop,
    in store: String,
    _ selections: Selections = [:]
  ) async throws -> [String] {
    var found: [String] = []
    var token = ""
    repeat {
      let page = try await shop.customers.listCustomers(
        .with {
          $0.storeID = store
          $0.filter = .of(selections, query: "example")
          $0.pageSize = 2
          $0.pageToken = token
        }
      )
      found += page.customers.map { $0.externalID ?? "" }
      token = page.nextPageToken
    } while !token.isEmpty
    return found
  }

  /// Returns the external ids of a walk in the other direction.
  private func oldestFirst(_ shop: Shop, in store: String) async throws -> [String] {
    let found = Mutex<[String]>([])
    let store = try StoreID.named(store)
    try await shop.write { transaction in
      let reader = StoreReader(transaction.read, store)
      try reader.customersOldestFirst(in: .matching("example")) { _, record, _ in
        let name = try Customer(stored: record).externalID ?? ""
        found.withLock { $0.append(name) }
        return true
      }
    }
    return found.withLock { $0 }
  }

  @Test func everyStoreFindsItsOwn() async throws {
    try await Shop.open { shop in
      try await fill(shop, 0..<5)
      let rows = try shop.rows("SELECT count(*) FROM search_rows", columns: 1)
      #expect(rows != [["0"]])
      for store in names {
        let all = (0..<5).map { "\(store)\($0)" }
        #expect(try await pages(shop, in: store) == all.reversed())
        #expect(
          try await pages(shop, in: store, ["email": ["never_subscribed"]]) == all.reversed()
        )
        #expect(try await oldestFirst(shop, in: store) == all)
        #expect(try await shop.search("c3@", in: store) == ["\(store)3"])
      }
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func changesErasuresAndMergesKeepTheRows() async throws {
    try await Shop.open { shop in
      try await fill(shop, 0..<5)
      try await shop.upsert(in: "two") {
        $0.externalID = "two1"
        $0.email = "moved@example.com"
      }
      #expect(try await shop.search("moved", in: "two") == ["two1"])
      #expect(try await shop.search("moved", in: "one") == [])
      _ = try await shop.customers.deleteCustomer(
        .with {
          $0.storeID = "three"
          $0.customer = .with { $0.ref = .externalID("three2") }
        }
      )
      #expect(try await pages(shop, in: "three") == ["three4", "three3", "three1", "three0"])
      let merge = try await shop.customers.mergeCustomers(
        .with {
          $0.storeID = "two"
          $0.primary = .with { $0.ref = .externalID("two4") }
          $0.secondary = .with { $0.ref = .externalID("two2") }
        }
      )
      #expect(try await pages(shop, in: "two") == ["two4", "two3", "two1", "two0"])
      try await fill(shop, 5..<6)
      _ = try await shop.customers.unmergeCustomers(
        .with {
          $0.storeID = "two"
          $0.mergeID = merge.mergeID
        }
      )
      let all = (0..<6).reversed().map { "two\($0)" }
      #expect(try await pages(shop, in: "two") == all)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func aRebuiltIndexHasTheSameRows() async throws {
    try await Shop.open { shop in
      try await fill(shop, 0..<40)
      try await shop.tamper("DELETE FROM customer_search_data WHERE id = 1")
      try await fill(shop, 40..<41)
      while try shop.rows("SELECT count(*) FROM search_rebuild", columns: 1) != [["0"]] {
        try await Task.sleep(for: .milliseconds(5))
      }
      for store in names {
        #expect(try await pages(shop, in: store) == (0..<41).reversed().map { "\(store)\($0)" })
      }
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }
}
