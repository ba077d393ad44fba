import Foundation
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronSample
@testable import PatronServer
@testable import PatronService

/// Tests of counts: of all customers by counters, and of a selection by reading its customers.
struct CountTests {
  @Test func countersSayWhatListsShow() async throws {
    try await Shop.open { shop in
      let sample = SampleShop(customers: 400, eventsPerCustomer: 2, seed: 7)
      try sample.fill(shop.store) { _ in }
      let counted = try await shop.count(by: ["*"])
      #expect(counted.total == 400)
      let categories = try await shop.customers.listFilters(ListFiltersRequest()).categories
      #expect(counted.facets.filter { $0.category == "sms" }.map(\.filter).count == 6)
      for facet in counted.facets {
        let listed = try await shop.listed(.of([facet.category: [facet.filter]]))
        #expect(Int64(listed.count) == facet.count, "\(facet.category)=\(facet.filter)")
      }
      // Each category occurs once, in the order of the catalogue.
      var order: [String] = []
      for facet in counted.facets where order.last != facet.category {
        order.append(facet.category)
      }
      #expect(order == categories.map(\.id))
      let few = try await shop.count(by: ["country", "sms", "sms"])
      #expect(Set(few.facets.map(\.category)) == ["sms", "country"])
      #expect(few.facets == counted.facets.filter { ["sms", "country"].contains($0.category) })
      #expect(try await shop.count(in: "empty").total == 0)
      #expect(try await shop.count(by: ["*"], in: "empty").facets.allSatisfy { $0.count == 0 })
    }
  }

  @Test func facetsUnderASelectionAreOfItsCustomers() async throws {
    // All calls are of the same day.
    let now = WallClock.system.now()
    try await Shop.open(clock: WallClock { now }) { shop in
      let sample = SampleShop(customers: 300, eventsPerCustomer: 1, seed: 11)
      try sample.fill(shop.store) { _ in }
      let filters: [CustomerFilter] = [
        .of(["sms": ["subscribers", "unsubscribed"], "contact": ["has_email"]]),
        .of(["tags": ["vip", "gold"]], query: "0000"), .of(["products": ["no_activity_90_days"]]),
        .of([:], query: "shop.example"),
      ]
      for filter in filters {
        let counted = try await shop.count(filter, by: ["*"])
        let listed = try await shop.listed(filter)
        #expect(counted.total == Int64(listed.count))
        #expect(counted.total > 0)
        for facet in counted.facets {
          let ofFacet = try await shop.listed(.of([facet.category: [facet.filter]]))
          let both = Set(ofFacet).intersection(listed)
          #expect(facet.count == Int64(both.count), "\(facet.category)=\(facet.filter)")
        }
        #expect(counted.facets.filter { $0.category == "orders" }.count == 6)
        let dynamic = counted.facets.filter { $0.category == "tags" }
        #expect(dynamic.allSatisfy { $0.count > 0 })
        #expect(dynamic.map(\.count) == dynamic.map(\.count).sorted(by: >))
      }
    }
  }

  @Test func onlyTheCommonestTagsAreTold() async throws {
    try await Shop.open { shop in
      for (name, tags) in [("a", 0..<101), ("b", 1..<101)] {
        try await shop.upsert {
          $0.externalID = name
          $0.email = "\(name)@example.com"
          $0.tags = tags.map { "Tag \($0)" }.joined(separator: ",")
        }
      }
      for counted in [
        try await shop.count(by: ["tags"]),
        try await shop.count(.of(["contact": ["has_email"]]), by: ["tags"]),
      ] {
        #expect(counted.facets.count == 100)
        #expect(counted.facets.allSatisfy { $0.count == 2 && $0.filter.hasPrefix("Tag ") })
      }
    }
  }

  /// Compares the filters with the orders of a random shop.
  @Test func orderHistoryOfARandomShop() async throws {
    try await Shop.open { shop in
      var random = SeededRandom(seed: 5)
      var counts: [Int: Int] = [:]
      var items: [SyncOrderRequest] = []
      for order in 0..<900 {
        let customer = Int(pow(Double.random(in: 0..<1, using: &random), 2) * 500)
        counts[customer, default: 0] += 1
        items.append(
          .with {
            $0.customer = .with {
              $0.externalID = "c\(customer)"
              $0.email = "c\(customer)@example.com"
            }
            $0.order = .of("o\(order)", 100, at: 1_600_000_000 + Int64(order))
          }
        )
      }
      for item in items { _ = try await shop.timelines.syncOrder(item) }
      let facets = try await shop.count(by: ["orders"]).facets("orders")
      let once = Int64(counts.values.count { $0 == 1 })
      #expect(facets["one_order"] == once)
      #expect(facets["repeat_customers"] == Int64(counts.count) - once)
      #expect(try await shop.count().total == Int64(counts.count))
    }
  }
}
