import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of orders: their states, the events that they emit, and the statistics that they add up
/// to.
struct SyncOrderTests {
  private func customer(_ shop: Shop) async throws {
    try await shop.upsert {
      $0.externalID = "c1"
      $0.email = "c1@example.com"
    }
  }

  private func types(_ answer: SyncOrderResponse) -> [String] { answer.derivedEvents.map(\.type) }

  private func stats(_ shop: Shop, _ currency: String = "USD") async throws -> OrderStats? {
    try await shop.customer(.externalID("c1")).orderStats.first { $0.currencyCode == currency }
  }

  @Test func eachTransitionIsToldOnce() async throws {
    try await Shop.open { shop in
      try await customer(shop)
      var order = Order.of("o1", 1000)
      let placed = try await shop.sync(order)
      #expect(placed.outcome == .created && types(placed) == ["order_placed"])
      #expect(placed.order?.name == "o1" && (placed.order?.id ?? 0) > 0)
      #expect(placed.derivedEvents.first?.amount == .of(1000))
      #expect(placed.derivedEvents.first?.occurredAt == .at(1_700_000_000))
      #expect(placed.derivedEvents.first?.orderID == placed.order?.id)
      let image = try shop.image()
      let again = try await shop.sync(order)
      #expect(again.outcome == .unchanged && again.derivedEvents.isEmpty)
      #expect(again.order == placed.order)
      #expect(try shop.image() == image)
      order.paymentStatus = .paid
      #expect(types(try await shop.sync(order)) == ["order_paid"])
      order.fulfillments = [
        .with {
          $0.externalID = "f1"
          $0.fulfilledAt = .at(1_700_001_000)
          $0.state = .success
        }
      ]
      #expect(types(try await shop.sync(order)) == ["order_fulfilled"])
      order.refunds = [
        .with {
          $0.externalID = "r1"
          $0.refundedAt = .at(1_700_002_000)
          $0.amount = .of(300)
        }
      ]
      #expect(types(try await shop.sync(order)) == ["order_refunded"])
      order.cancellation = .with {
        $0.cancelledAt = .at(1_700_003_000)
        $0.reason = "fraud"
      }
      let cancelled = try await shop.sync(order)
      #expect(types(cancelled) == ["order_cancelled"])
      #expect(cancelled.derivedEvents.first?.properties["reason"]?.kind == .stringValue("fraud"))
      order.cancellation = Cancellation()
      #expect(types(try await shop.sync(order, allowRegress: true)) == ["order_updated"])
      let page = try await shop.timeline(
        .externalID("c1"),
        filter: .with { $0.sources = [.ecommerce] }
      )
      #expect(Set(page.events.map(\.eventID)).count == 6)
      #expect(page.events.allSatisfy { $0.source == .ecommerce && $0.orderID == placed.order?.id })
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func aWholeHistoryAtOnceAndItsReplay() async throws {
    try await Shop.open { shop in
      try await customer(shop)
      let states = Self.life("o1")
      let last = try #require(states.last)
      #expect(
        types(try await shop.sync(last)) == [
          "order_placed", "order_paid", "order_fulfilled", "order_refunded", "order_cancelled",
        ]
      )
      let before = try await shop.timeline(.externalID("c1")).events.map(\.eventID)
      for state in states { try await shop.sync(state, replace: true, allowRegress: true) }
      let after = try await shop.timeline(.externalID("c1")).events.map(\.eventID)
      // Each state is a change on the timeline, and no transition is emitted twice.
      #expect(Set(after).count == after.count)
      let new = Set(after).subtracting(before)
      #expect(new.count == states.count && new.allSatisfy { $0.hasPrefix("patron:order_updated:") })
      #expect(try await shop.customer(.externalID("c1")).orderStats.map(\.cancelledCount) == [1])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  private static func life(_ id: String) -> [Order] {
    var order = Order.of(id, 1000)
    var states = [order]
    order.paymentStatus = .paid
    states.append(order)
    order.fulfillmentStatus = .fulfilled
    states.append(order)
    order.refunds = [
      .with {
        $0.externalID = "r1"
        $0.refundedAt = .at(1_700_002_000)
        $0.amount = .of(1000)
      }
    ]
    states.append(order)
    order.cancellation = .with { $0.cancelledAt = .at(1_700_003_000) }
    return states + [order]
  }

  @Test func statisticsAreExact() async throws {
    try await Shop.open { shop in
      try await customer(shop)
      let day: Int64 = 86_400
      var first = Order.of("o1", 1000, at: 1_700_000_000)
      var second = Order.of("o2", 0, at: 1_700_000_000 + day)
      let third = Order.of("o3", 77, "JPY", at: 1_700_000_000 - day)
      for order in [first, second, third] { try await shop.sync(order) }
      #expect(
        try await stats(shop)
          == .with {
            $0.currencyCode = "USD"
            $0.orderCount = 2
            $0.totalSpent = 1000
            $0.netSpent = 1000
            $0.firstOrderAt = .at(1_700_000_000)
            $0.lastOrderAt = .at(1_700_000_000 + day)
          }
      )
      #expect(try await stats(shop, "JPY")?.totalSpent == 77)
      first.cancellation = .with { $0.cancelledAt = .at(1_700_000_500) }
      first.refunds = [
        .with {
          $0.externalID = "r1"
          $0.refundedAt = .at(1_700_000_400)
          $0.amount = .of(400)
        }
      ]
      try await shop.sync(first)
      var usd = try #require(try await stats(shop))
      #expect(usd.orderCount == 1 && usd.totalSpent == 0 && usd.cancelledCount == 1)
      #expect(usd.refundedTotal == 400 && usd.firstOrderAt == .at(1_700_000_000 + day))
      #expect(usd.netSpent == 0)
      first.refunds[0].amount = .of(350)
      let corrected = try await shop.sync(first, allowRegress: true)
      #expect(types(corrected) == ["order_refunded"])
      #expect(corrected.derivedEvents.first?.revision == 1)
      first.cancellation = Cancellation()
      first.total = .of(1200)
      try await shop.sync(first, allowRegress: true)
      second.placedAt = .at(1_700_000_000 - 5 * day)
      try await shop.sync(second)
      usd = try #require(try await stats(shop))
      #expect(usd.orderCount == 2 && usd.totalSpent == 1200 && usd.cancelledCount == 0)
      #expect(usd.refundedTotal == 350 && usd.netSpent == 850)
      #expect(usd.firstOrderAt == .at(1_700_000_000 - 5 * day))
      #expect(usd.lastOrderAt == .at(1_700_000_000))
      let orders = try await shop.timeline(.externalID("c1")).header?.latestOrders
      #expect(orders?.map(\.externalID) == ["o1", "o3", "o2"])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func whatCannotChangeIsRefusedWithoutTrace() async throws {
    try await Shop.open { shop in
      try await customer(shop)
      try await shop.sync(.of("o1", 100))
      let before = try shop.image()
      let customer = try await failure {
        try await shop.sync(.of("o1", 100)) { $0.email = "new@example.com" }
      }
      #expect(
        customer.code == .failedPrecondition && customer.reason == "ORDER_CUSTOMER_CHANGED"
      )
      let owner = try await shop.customer(.externalID("c1")).id
      #expect(customer.metadata == ["customer_id": String(owner)])
      #expect(customer.message.contains("merge the two"))
      let sum = try await violations { try await shop.sync(.of("o2", .max)) }
      #expect(sum == [Broken("order.total", "AMOUNT_OUT_OF_RANGE")])
      #expect(try shop.image() == before)
    }
  }

  @Test func fillsTheCustomersGaps() async throws {
    try await Shop.open { shop in
      let order = Order.of("o1", 100, "EUR") {
        $0.shippingAddress = .with { $0.city = "Berlin" }
        $0.billingAddress = .with { $0.city = "Bonn" }
      }
      let guest: (inout CustomerInput) -> Void = {
        $0.email = "guest@example.com"
        $0.phoneNumber = "+14155550101"
        $0.firstName = "Ada"
      }
      let made = try await shop.sync(order, of: guest)
      #expect(made.customerCreated)
      let customer = try await shop.customer(.email("guest@example.com"))
      #expect(customer.phoneNumber == "+14155550101" && customer.externalID == nil)
      #expect(customer.origin == .ecommercePlatform)
      #expect(customer.address?.city == "Berlin" && customer.defaultCurrency == "EUR")
      #expect(
        made.derivedEvents.first?.enrichedFields == [
          "address", "default_currency", "email", "first_name", "order_stats", "phone_number",
        ]
      )
      let next = Order.of("o2", 100, "DEM") {
        $0.billingAddress = .with { $0.city = "Paris" }
      }
      let second = try await shop.sync(next) {
        $0.email = "guest@example.com"
        $0.firstName = "Grace"
        $0.lastName = "Hopper"
      }
      #expect(second.derivedEvents.first?.enrichedFields == ["last_name", "order_stats"])
      let after = try await shop.customer(.email("guest@example.com"))
      #expect(after.firstName == "Ada" && after.lastName == "Hopper")
      #expect(after.address?.city == "Berlin" && after.defaultCurrency == "EUR")
      // A field that a shop cleared stays empty when a known order is synced again.
      try await shop.upsert {
        $0.email = "guest@example.com"
        $0.address = Address()
      }
      try await shop.sync(order, of: guest)
      #expect(try await shop.customer(.email("guest@example.com")).address == nil)
      let historic = try await shop.sync(.of("o3", 5, "DEM")) { $0.email = "old@example.com" }
      #expect(historic.customerCreated)
      #expect(try await shop.customer(.email("old@example.com")).defaultCurrency == nil)
    }
  }

  @Test func tellsEveryViolationAtOnce() async throws {
    try await Shop.open { shop in
      let long = String(repeating: "x", count: 256)
      let broken = try await violations {
        try await shop.sync(
          .with {
            $0.placedAt = .at(-1)
            $0.total = .of(-1)
            $0.tax = .of(1, "EUR")
            $0.name = long
            $0.paymentStatus = .init(rawValue: 99)
            $0.fulfillmentStatus = .init(rawValue: -1)
            $0.cancellation = .with { $0.reason = "late" }
            $0.version = -1
            $0.lineItems = [
              .with {
                $0.quantity = -1
                $0.name = long
              }
            ]
            $0.refunds = [Refund()]
            $0.fulfillments = [
              .with {
                $0.externalID = "f"
                $0.fulfilledAt = .at(GoogleProtobuf.Timestamp.now + 90_000)
                $0.state = .init(rawValue: 77)
                $0.shipmentStatus = .init(rawValue: 77)
                $0.items = [FulfilledItem()]
              }
            ]
            $0.discountCodes = (0..<21).map { "c\($0)" }
            $0.shippingAddress = .with { $0.countryCode = "ZZ" }
          },
          invalidFields: .reject
        ) { $0.email = "x" }
      }
      #expect(
        Set(broken) == [
          Broken("order.external_id", "FIELD_REQUIRED"),
          Broken("order.placed_at", "TIME_OUT_OF_RANGE"),
          Broken("order.total.minor_units", "AMOUNT_NEGATIVE"),
          Broken("order.tax.currency_code", "CURRENCY_MIXED"),
          Broken("order.name", "TEXT_TOO_LONG"),
          Broken("order.payment_status", "ENUM_VALUE_UNKNOWN"),
          Broken("order.fulfillment_status", "ENUM_VALUE_UNKNOWN"),
          Broken("order.cancellation.cancelled_at", "FIELD_REQUIRED"),
          Broken("order.version", "VERSION_NEGATIVE"),
          Broken("order.line_items[0].quantity", "QUANTITY_OUT_OF_RANGE"),
          Broken("order.line_items[0].name", "TEXT_TOO_LONG"),
          Broken("order.refunds[0].external_id", "FIELD_REQUIRED"),
          Broken("order.refunds[0].refunded_at", "FIELD_REQUIRED"),
          Broken("order.refunds[0].amount", "FIELD_REQUIRED"),
          Broken("order.fulfillments[0].fulfilled_at", "TIME_OUT_OF_RANGE"),
          Broken("order.fulfillments[0].state", "ENUM_VALUE_UNKNOWN"),
          Broken("order.fulfillments[0].shipment_status", "ENUM_VALUE_UNKNOWN"),
          Broken("order.fulfillments[0].items[0].quantity", "QUANTITY_OUT_OF_RANGE"),
          Broken("order.discount_codes", "LIST_TOO_LONG"),
          Broken("order.shipping_address.country_code", "COUNTRY_UNKNOWN"),
          Broken("customer.email", "EMAIL_MALFORMED"),
        ]
      )
      #expect(try shop.rows("SELECT 1 FROM customers", columns: 1).isEmpty)
    }
  }

  @Test func duplicatesInsideAnOrderAreRefused() async throws {
    try await Shop.open { shop in
      try await customer(shop)
      let refund = Refund.with {
        $0.externalID = "r"
        $0.refundedAt = .at(1_700_000_000)
        $0.amount = .of(1)
      }
      let twice = try await violations {
        try await shop.sync(.of("o1", 10) { $0.refunds = [refund, refund] })
      }
      #expect(twice == [Broken("order", "REFUND_DUPLICATE")])
      let shipment = Fulfillment.with {
        $0.externalID = "f"
        $0.fulfilledAt = .at(1_700_000_000)
      }
      let shipments = try await violations {
        try await shop.sync(.of("o1", 10) { $0.fulfillments = [shipment, shipment] })
      }
      #expect(shipments == [Broken("order", "FULFILLMENT_DUPLICATE")])
    }
  }

  @Test func aBatchTakesGoodOrdersAndRefusesBadOnes() async throws {
    try await Shop.open { shop in
      func item(_ order: Order, _ email: String) -> SyncOrderItem {
        .with {
          $0.customer = .with { $0.email = email }
          $0.order = order
        }
      }
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "a@example.com"
      }
      for count in [0, 1001] {
        let refused = try await violations {
          try await shop.timelines.batchSyncOrders(
            .with {
              $0.items = (0..<count).map { item(.of("n\($0)", 1), "n@example.com") }
            }
          )
        }
        #expect(refused == [Broken("items", "BATCH_SIZE_OUT_OF_RANGE")])
      }
      let answer = try await shop.timelines.batchSyncOrders(
        .with {
          $0.items = [
            item(.of("o1", 100), "a@example.com"), item(Order(), "b@example.com"),
            item(.of("o1", -1), "a@example.com"), item(.of("o1", 100), "c@example.com"),
            item(.of("o1", 150), "a@example.com"), item(.of("o1", 150), "a@example.com"),
            SyncOrderItem(), item(.of("o2", .max), "a@example.com"),
          ]
        }
      )
      #expect(
        answer.results.map(\.outcome) == [
          .created, .unspecified, .unspecified, .unspecified, .updated, .unchanged, .unspecified,
          .unspecified,
        ]
      )
      #expect(answer.results[0].id == answer.results[4].id && answer.results[0].id != 0)
      #expect(answer.results[2].error?.asError.broken.map(\.reason) == ["AMOUNT_NEGATIVE"])
      #expect(answer.results[3].error?.asError.reason == "ORDER_CUSTOMER_CHANGED")
      #expect(
        answer.counts
          == .with {
            $0.created = 1
            $0.updated = 1
            $0.unchanged = 1
            $0.rejected = 5
          }
      )
      #expect(try shop.rows("SELECT email FROM customers", columns: 1) == [["a@example.com"]])
      let thousand = try await shop.timelines.batchSyncOrders(
        .with {
          $0.items = (0..<1000).map { item(.of("n\($0)", 1), "n\($0 % 7)@example.com") }
        }
      )
      #expect(thousand.counts == .with { $0.created = 1000 })
      let customer = try await shop.customer(.email("n0@example.com"))
      #expect(customer.orderStats.map(\.orderCount) == [143])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }
}
