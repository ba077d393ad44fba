import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronSample
@testable import PatronServer
@testable import PatronService

/// Tests of predefined filters: OR inside a category, AND across categories.
struct FilterTests {
  /// A: SMS subscribed. B: SMS subscribed and suppressed. C: SMS unsubscribed and suppressed.
  /// D: SMS and e-mail subscribed. E: e-mail subscribed.
  private func fillAtoE(_ shop: Shop) async throws {
    let flags: [(String, sms: Bool?, email: Bool?)] = [
      ("A", true, nil), ("B", true, nil), ("C", true, nil), ("D", true, true), ("E", nil, true),
    ]
    for (index, customer) in flags.enumerated() {
      try await shop.upsert {
        $0.externalID = customer.0
        $0.email = "\(customer.0)@example.com"
        $0.phoneNumber = "+1415555010\(index)"
        $0.acceptsSMSMarketing = customer.sms
        $0.acceptsEmailMarketing = customer.email
      }
    }
    try await shop.upsert {
      $0.externalID = "C"
      $0.acceptsSMSMarketing = false
    }
    try await shop.suppress([.sms], .externalID("B"))
    try await shop.suppress([.sms], .externalID("C"))
  }

  @Test func theExamplesOfTheArticle() async throws {
    try await Shop.open { shop in
      try await fillAtoE(shop)
      // All subscribed customers, all suppressed customers, and all who are both.
      #expect(
        try await shop.found(["sms": ["subscribers", "suppressed"]]) == ["A", "B", "C", "D"]
      )
      #expect(
        try await shop.found(["sms": ["subscribers", "suppressed"], "email": ["subscribers"]])
          == ["D"]
      )
      #expect(try await shop.found(["sms": ["suppressed"]]) == ["B", "C"])
      #expect(try await shop.found(["sms": ["subscribers"]]) == ["A", "B", "D"])
      #expect(try await shop.found(["sms": ["subscribers"], "email": ["subscribers"]]) == ["D"])
      #expect(try await shop.found(["sms": ["unsubscribed"]]) == ["C"])
      #expect(try await shop.found(["sms": ["never_subscribed"]]) == ["E"])
      #expect(try await shop.found(["sms": ["pending"]]) == [])
      #expect(try await shop.found([:]) == ["A", "B", "C", "D", "E"])
      // Selections of one category are joined, here to all customers with any state.
      #expect(
        try await shop.found(["sms": ["suppressed"], "email": ["subscribers"], "sms": ["pending"]])
          == []
      )
      #expect(
        try await shop.found(["sms": ["suppressed"], "sms": ["never_subscribed"]])
          == ["B", "C", "E"]
      )
    }
  }

  @Test func refundsAreToldByStatusToo() async throws {
    try await Shop.open { shop in
      for (id, status) in [
        ("A", PaymentStatus.partiallyRefunded), ("B", .refunded), ("C", .paid),
      ] {
        try await shop.sync(.of("o\(id)", 100) { $0.paymentStatus = status }) {
          $0.externalID = id
          $0.email = "\(id)@example.com"
        }
      }
      #expect(try await shop.found(["orders": ["refunded"]]) == ["A", "B"])
      #expect(try await shop.count(by: ["orders"]).facets("orders")["refunded"] == 2)
      #expect(try await shop.customer(.externalID("A")).orderStats.map(\.unknownRefundCount) == [1])
      try await shop.sync(.of("oA", 100) { $0.paymentStatus = .paid }, allowRegress: true) {
        $0.externalID = "A"
      }
      #expect(try await shop.found(["orders": ["refunded"]]) == ["B"])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func suppressionFollowsTheAddress() async throws {
    try await Shop.open { shop in
      try await fillAtoE(shop)
      // The address is suppressed before a customer has it.
      try await shop.suppress([.email], .email("new@example.com"))
      #expect(try await shop.found(["email": ["suppressed"]]) == [])
      try await shop.upsert {
        $0.externalID = "E"
        $0.email = "New@Example.com"
      }
      #expect(try await shop.found(["email": ["suppressed"]]) == ["E"])
      #expect(try await shop.count(by: ["email"]).facets("email")["suppressed"] == 1)
      try await shop.upsert {
        $0.externalID = "E"
        $0.email = "other@example.com"
      }
      #expect(try await shop.found(["email": ["suppressed"]]) == [])
      _ = try await shop.customers.unsuppressCustomer(
        .with {
          $0.customer = .with { $0.ref = .externalID("B") }
          $0.channels = [.sms]
        }
      )
      #expect(try await shop.found(["sms": ["suppressed"]]) == ["C"])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func doubleOptInIsPending() async throws {
    try await Shop.open { shop in
      _ = try await shop.customers.subscribeCustomer(
        .with {
          $0.customer = .with { $0.email = "ada@example.com" }
          $0.channels = [.email]
          $0.evidence = .with { $0.source = "footer_form" }
          $0.actor = .customer
          $0.doubleOptIn = true
        }
      )
      #expect(try await shop.count(.of(["email": ["pending"]])).total == 1)
      #expect(try await shop.count(.of(["email": ["subscribers"]])).total == 0)
      #expect(try await shop.count(.of(["origin": ["subscription_tool"]])).total == 1)
    }
  }

  @Test func searchAndFiltersAreJoinedByAND() async throws {
    try await Shop.open { shop in
      try await fillAtoE(shop)
      let filter = CustomerFilter.of(["sms": ["subscribers", "suppressed"]], query: " 55501 ")
      #expect(try await shop.listed(filter) == ["D", "C", "B", "A"])
      #expect(try await shop.listed(.of(["sms": ["suppressed"]], query: "B@EXAMPLE")) == ["B"])
      #expect(try await shop.listed(.of(["sms": ["pending"]], query: "example.com")) == [])
      #expect(try await shop.count(.of(["sms": ["suppressed"]], query: "c@")).total == 1)
      let blank = CustomerFilter.of(["sms": ["suppressed"]], query: "  ")
      #expect(try await shop.listed(blank) == ["C", "B"])
    }
  }

  @Test func exportsTakeTheSameFilter() async throws {
    try await Shop.open { shop in
      try await fillAtoE(shop)
      for filter in [
        CustomerFilter.of(["sms": ["subscribers", "suppressed"]]),
        .of(["sms": ["subscribers"], "email": ["subscribers"]]), .of([:], query: "c@ex"), .of([:]),
      ] {
        let exported = try await shop.export(filter).compactMap(\.externalID)
        // An export begins with the oldest, so that an import creates the customers in this order.
        #expect(exported == (try await shop.listed(filter)).reversed())
        #expect(try await shop.count(filter).total == Int64(exported.count))
      }
      let refused = try await violations { try await shop.export(.of(["sms": ["nobody"]])) }
      #expect(refused == [Broken("filter.selections[0].filters[0]", "FILTER_UNKNOWN")])
    }
  }

  @Test func everyRecordFilterFindsWhatItSays() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "both"
        $0.email = "both@example.com"
        $0.phoneNumber = "+14155550100"
        $0.accountStatus = "enabled"
        $0.tags = "VIP, gold"
        $0.address = .with { $0.countryCode = "DE" }
        $0.defaultLanguage = "de-AT"
      }
      try await shop.upsert {
        $0.externalID = "mail"
        $0.email = "mail@example.com"
        $0.accountStatus = "declined"
        $0.tags = "vip"
      }
      try await shop.sync(.of("o1", 100)) {
        $0.externalID = "phone"
        $0.phoneNumber = "+14155550101"
      }
      let cases: [(Selections, [String])] = [
        (["contact": ["has_email"]], ["both", "mail"]),
        (["contact": ["has_phone"]], ["both", "phone"]),
        (["contact": ["email_only"]], ["mail"]), (["contact": ["phone_only"]], ["phone"]),
        (["contact": ["both"]], ["both"]),
        (["contact": ["has_email", "has_phone"]], ["both", "mail", "phone"]),
        (["account": ["enabled"]], ["both"]), (["account": ["declined"]], ["mail"]),
        (["account": ["no_account"]], ["phone"]),
        (["account": ["disabled", "invited"]], []), (["origin": ["api"]], ["both", "mail"]),
        (["origin": ["ecommerce_platform"]], ["phone"]), (["tags": ["vip"]], ["both", "mail"]),
        (["tags": [" Vip ", "gold"]], ["both", "mail"]), (["tags": ["GOLD"]], ["both"]),
        (["tags": ["silver"]], []), (["country": ["de"]], ["both"]),
        (["language": ["de"]], ["both"]), (["language": ["de-CH"]], ["both"]),
        (["products": ["has_reviews", "loyalty_member"]], []),
        (["contact": ["has_email"], "tags": ["vip"], "account": ["enabled"]], ["both"]),
      ]
      for (selections, expected) in cases {
        #expect(try await shop.found(selections) == expected, "\(selections)")
        let total = try await shop.count(.of(selections)).total
        #expect(total == Int64(expected.count), "\(selections)")
      }
      try await shop.upsert {
        $0.externalID = "both"
        $0.tags = ""
        $0.phoneNumber = ""
        $0.accountStatus = "disabled"
      }
      #expect(try await shop.found(["tags": ["vip"]]) == ["mail"])
      #expect(try await shop.found(["contact": ["email_only"]]) == ["both", "mail"])
      #expect(try await shop.found(["account": ["enabled", "disabled"]]) == ["both"])
      // A tag is shown in its first spelling.
      #expect(try await shop.count(by: ["tags"]).facets("tags") == ["VIP": 1])
    }
  }

  @Test func orderHistoryAndRefunds() async throws {
    try await Shop.open { shop in
      for name in ["zero", "one", "two", "cancelled", "refunded"] {
        try await shop.upsert {
          $0.externalID = name
          $0.email = "\(name)@example.com"
        }
      }
      try await shop.sync(.of("o1", 100), of: { $0.externalID = "one" })
      try await shop.sync(.of("o2", 100), of: { $0.externalID = "two" })
      try await shop.sync(.of("o3", 100, "EUR"), of: { $0.externalID = "two" })
      let cancelled = Order.of("o4", 100) {
        $0.cancellation = .with { $0.cancelledAt = .at(1_700_000_050) }
      }
      try await shop.sync(cancelled, of: { $0.externalID = "cancelled" })
      let refunded = Order.of("o5", 100) {
        $0.refunds = [
          .with {
            $0.externalID = "r1"
            $0.amount = .of(40)
            $0.refundedAt = .at(1_700_000_100)
          }
        ]
      }
      try await shop.sync(refunded, of: { $0.externalID = "refunded" })
      #expect(try await shop.found(["orders": ["no_orders"]]) == ["cancelled", "zero"])
      #expect(try await shop.found(["orders": ["one_order"]]) == ["one", "refunded"])
      #expect(try await shop.found(["orders": ["repeat_customers"]]) == ["two"])
      #expect(try await shop.found(["orders": ["refunded"]]) == ["refunded"])
      #expect(try await shop.found(["orders": ["ordered_last_90_days"]]) == [])
    }
  }

  @Test func windowsAreCountedInWholeDays() async throws {
    try await Shop.open { shop in
      let day: Int64 = 86_400
      let midnight = GoogleProtobuf.Timestamp.now / day * day
      // Orders inside and outside of 30 and 90 days, at the first and last second of the limits.
      let ages: [(String, Int64)] = [
        ("d0", 0), ("d30", -30 * day), ("d31", -30 * day - 1), ("d90", -90 * day),
        ("d91", -90 * day - 1), ("d400", -400 * day),
      ]
      for (name, age) in ages {
        try await shop.sync(.of("o-\(name)", 100, at: midnight + age)) {
          $0.externalID = name
          $0.email = "\(name)@example.com"
        }
      }
      try await shop.upsert {
        $0.externalID = "today"
        $0.email = "today@example.com"
      }
      try await shop.plant(["never"])
      #expect(try await shop.found(["orders": ["ordered_last_30_days"]]) == ["d0", "d30"])
      #expect(
        try await shop.found(["orders": ["ordered_last_90_days"]]) == ["d0", "d30", "d31", "d90"]
      )
      // The creation of a record is an event of today.
      #expect(
        try await shop.found(["products": ["no_activity_90_days"]]) == ["d400", "d91", "never"]
      )
      let facets = try await shop.count(by: ["orders", "products"])
      #expect(facets.facets("orders")["ordered_last_30_days"] == 2)
      #expect(facets.facets("orders")["ordered_last_90_days"] == 4)
      #expect(facets.facets("products") == ["no_activity_90_days": 3])
      let selected = try await shop.count(
        .of(["contact": ["has_email"]]),
        by: ["products", "orders"]
      )
      #expect(selected.facets("orders") == facets.facets("orders"))
      #expect(selected.facets("products") == facets.facets("products"))
    }
  }

  @Test func whatDoesNotExistIsNamed() async throws {
    try await Shop.open { shop in
      let unknown = try await failure {
        try await shop.page(
          .of(["phone": ["x"], "sms": ["subscribers", "subscribed"], "tags": []])
        )
      }
      #expect(
        unknown.broken == [
          Broken("filter.selections[0].category", "FILTER_CATEGORY_UNKNOWN"),
          Broken("filter.selections[1].filters[1]", "FILTER_UNKNOWN"),
          Broken("filter.selections[2].filters", "FILTERS_MISSING"),
        ]
      )
      #expect(unknown.violations[0].description.contains("sms, email, orders"))
      #expect(unknown.violations[1].description.contains("subscribers, unsubscribed"))
      let empty = try await violations { try await shop.page(.of(["tags": [""]])) }
      #expect(empty == [Broken("filter.selections[0].filters[0]", "FILTER_UNKNOWN")])
      // Values that depend on the clock are stored by day. Their categories are not filters of the
      // contract.
      let hidden = try await violations { try await shop.page(.of(["last_event_day": ["x"]])) }
      #expect(hidden == [Broken("filter.selections[0].category", "FILTER_CATEGORY_UNKNOWN")])
      let tags = (0...200).map { "t\($0)" }
      #expect(try await shop.found(["tags": Array(tags.dropLast())]) == [])
      let many = try await violations { try await shop.page(.of(["tags": tags])) }
      #expect(many == [Broken("filter.selections", "LIST_TOO_LONG")])
      let facet = try await violations { try await shop.count(by: ["sms", "lists"]) }
      #expect(facet == [Broken("facet_categories[1]", "FILTER_CATEGORY_UNKNOWN")])
    }
  }

  @Test func pagesOfAFilterLoseAndRepeatNobody() async throws {
    try await Shop.open { shop in
      let numbers = 0..<230
      _ = try await shop.customers.batchUpsertCustomers(
        .with {
          $0.customers = numbers.map { number in
            .with {
              $0.externalID = "c\(number)"
              $0.email = "c\(number)@example.com"
              $0.tags = number % 3 == 0 ? "three" : number % 7 == 0 ? "seven" : "none"
              $0.acceptsEmailMarketing = number % 2 == 0
            }
          }
        }
      )
      func expected(_ passes: (Int) -> Bool) -> [String] {
        numbers.reversed().filter(passes).map { "c\($0)" }
      }
      for size: Int32 in [1, 7, 16, 100] {
        let either = try await shop.listed(.of(["tags": ["three", "seven"]]), size: size)
        #expect(either == expected { $0 % 3 == 0 || $0 % 7 == 0 })
        let both = try await shop.listed(
          .of(["tags": ["three", "seven"], "email": ["subscribers"]]),
          size: size
        )
        #expect(both == expected { $0 % 2 == 0 && ($0 % 3 == 0 || $0 % 7 == 0) })
      }
      let found = try await shop.listed(
        .of(["tags": ["three"]], query: "c1"),
        size: 5
      )
      #expect(found == expected { $0 % 3 == 0 && "\($0)".hasPrefix("1") })
    }
  }

  /// For each form of set, an export walks it from the other end and finds the same customers.
  @Test func exportsHaveTheOrderOfIDs() async throws {
    try await Shop.open { shop in
      let sample = SampleShop(customers: 3000, eventsPerCustomer: 0, seed: 5)
      try sample.fill(shop.store) { _ in }
      let day: Int64 = 86_400
      let recent = GoogleProtobuf.Timestamp.now / day * day - 200 * day
      // More customers than a list reads at once (2000) and a cursor buffers (2048), and events on
      // more days than are merged one by one, for sets that contain most customers.
      let items = (1...200).map { number in
        RecordEventItem.with {
          $0.customer = .with { $0.email = "e\(number)@example.com" }
          $0.event = .with {
            $0.source = .thirdParty
            $0.sourceName = "app"
            $0.type = "ping"
            $0.occurredAt = .at(recent + Int64(number * 7919 % 200) * day)
          }
        }
      }
      _ = try await shop.timelines.batchRecordEvents(.with { $0.items = items })
      for filter in [
        CustomerFilter.of(["sms": ["suppressed"]]), .of(["contact": ["has_phone"]]),
        .of(["sms": ["subscribers", "unsubscribed"], "tags": ["vip", "gold", "press"]]),
        .of(["products": ["no_activity_90_days"]]), .of([:], query: "00123"), .of([:], query: "15"),
        .of(["email": ["subscribers"]], query: "@shop"),
        .of(["products": ["no_activity_90_days"], "contact": ["email_only"]]), .of([:]),
      ] {
        let exported = try await shop.export(filter)
        let ids = exported.map(\.id)
        #expect(ids == ids.sorted() && !ids.isEmpty, "\(filter)")
        let names = exported.map { $0.externalID ?? "#\($0.id)" }
        #expect(names == (try await shop.listed(filter)).reversed(), "\(filter)")
      }
    }
  }

  @Test func aTokenIsBoundToTheFilterHoweverItIsSaid() async throws {
    try await Shop.open { shop in
      for number in 0..<10 {
        try await shop.upsert {
          $0.externalID = "c\(number)"
          $0.email = "c\(number)@example.com"
          $0.acceptsEmailMarketing = true
        }
      }
      let filter = CustomerFilter.of([
        "sms": ["never_subscribed", "suppressed"], "email": ["subscribers"],
      ])
      let token = try await shop.page(filter, size: 4).nextPageToken
      let same: [CustomerFilter] = [
        filter,
        .of(["email": ["subscribers"], "sms": ["suppressed", "never_subscribed"]], query: " "),
        .of(["sms": ["suppressed"], "email": ["subscribers"], "sms": ["never_subscribed"]]),
        .of(["sms": ["suppressed", "never_subscribed", "suppressed"], "email": ["subscribers"]]),
      ]
      for filter in same {
        let page = try await shop.page(filter, size: 4, token: token)
        #expect(page.customers.map { $0.externalID ?? "" } == ["c5", "c4", "c3", "c2"])
      }
      let others: [(CustomerFilter, CustomerSort)] = [
        (.of(["sms": ["never_subscribed"], "email": ["subscribers"]]), .unspecified),
        (
          .of(["email": ["never_subscribed", "suppressed"], "sms": ["subscribers"]]), .unspecified
        ),
        (.of([:]), .unspecified),
        (.of(["sms": ["never_subscribed", "suppressed"]]), .unspecified),
      ]
      for (other, sort) in others {
        let refused = try await violations {
          try await shop.page(other, sort: sort, size: 4, token: token)
        }
        #expect(refused == [Broken("page_token", "PAGE_TOKEN_MISMATCH")])
      }
      for sort: CustomerSort in [.updated, .lastEvent, .name, .totalSpent, .orderCount] {
        let refused = try await violations {
          try await shop.page(filter, sort: sort, size: 4, token: token)
        }
        #expect(refused.map(\.path) == ["page_token"])
        let next = try await shop.page(filter, sort: sort, size: 4).nextPageToken
        let other = try await violations {
          try await shop.page(.of([:]), sort: sort, size: 4, token: next)
        }
        #expect(other == [Broken("page_token", "PAGE_TOKEN_MISMATCH")])
      }
    }
  }

  @Test func listFiltersPublishesTheCatalogue() async throws {
    try await Shop.open { shop in
      let categories = try await shop.customers.listFilters(ListFiltersRequest()).categories
      #expect(
        categories.map(\.id) == [
          "sms", "email", "orders", "account", "contact", "birthday", "origin", "products", "tags",
          "country", "language",
        ]
      )
      #expect(
        categories.filter(\.dynamic).map(\.id) == ["tags", "country", "language"]
      )
      #expect(categories.allSatisfy { $0.dynamic == $0.filters.isEmpty && !$0.label.isEmpty })
      // Lists accept every published filter.
      for category in categories {
        for filter in category.filters {
          #expect(!filter.label.isEmpty && !filter.description.isEmpty)
          #expect(try await shop.found([category.id: [filter.id]]) == [])
        }
      }
      let refused = try await violations {
        try await shop.customers.listFilters(.with { $0.storeID = "No" })
      }
      #expect(refused == [Broken("store_id", "STORE_ID_MALFORMED")])
    }
  }
}
