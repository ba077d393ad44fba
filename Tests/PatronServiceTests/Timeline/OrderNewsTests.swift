import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the events of orders and checkouts, and of their content.
struct OrderNewsTests {
  private func sync(_ shop: Shop, _ order: Order) async throws -> [Event] {
    try await shop.sync(order, replace: true, allowRegress: true) { $0.email = "a@example.com" }
      .derivedEvents
  }

  private func text(_ event: Event?, _ name: String) -> String? {
    guard case .stringValue(let text) = event?.properties[name]?.kind else { return nil }
    return text
  }

  private static func shipment(_ adjust: (inout Fulfillment) -> Void = { _ in }) -> Fulfillment {
    .with {
      $0.externalID = "f1"
      $0.fulfilledAt = .at(1_700_001_000)
      adjust(&$0)
    }
  }

  @Test func changesWithoutAnEventOfTheirOwnAreNamed() async throws {
    try await Shop.open { shop in
      var order = Order.of("o1", 5000) { $0.paymentStatus = .pending }
      _ = try await sync(shop, order)
      order.total = .of(6000)
      order.shippingAddress = .with { $0.city = "Delft" }
      let dearer = try await sync(shop, order)
      #expect(dearer.map(\.type) == ["order_updated"])
      #expect(text(dearer.first, "changes") == "total,shipping_address")
      #expect(dearer.first?.amount == .of(6000))
      #expect(dearer.first?.references?.orderExternalID == "o1")
      order.paymentStatus = .voided
      let voided = try await sync(shop, order)
      #expect(text(voided.first, "changes") == "payment_status")
      #expect(text(voided.first, "payment_status") == "voided" && voided.first?.amount == nil)
      // A change with an event of its own is not reported twice; other changes are reported too.
      order.paymentStatus = .paid
      order.fulfillments = [Self.shipment()]
      order.salesChannel = "pos"
      let several = try await sync(shop, order)
      #expect(Set(several.map(\.type)) == ["order_paid", "order_fulfilled", "order_updated"])
      #expect(text(several.last, "changes") == "sales_channel")
      order.fulfillments[0].trackingNumber = "N2"
      #expect(text(try await sync(shop, order).first, "changes") == "fulfillments")
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func changesOfOneInstantAreSeveralEvents() async throws {
    try await Shop.open { shop in
      let answer = try await shop.timelines.batchSyncOrders(
        .with {
          $0.items = ([100, 200, 300] as [Int64]).map { total in
            .with {
              $0.customer = .with { $0.email = "a@example.com" }
              $0.order = .of("o1", total)
            }
          }
        }
      )
      #expect(answer.counts?.updated == 2)
      let events = try await shop.timeline(.email("a@example.com")).events
      let updated = events.filter { $0.type == "order_updated" }
      #expect(updated.map(\.amount) == [.of(300), .of(200)])
    }
  }

  @Test func theLastWordFitsTheOrder() async throws {
    try await Shop.open { shop in
      let cancellation = Cancellation.with {
        $0.cancelledAt = .at(1_700_005_000)
        $0.reason = "fraud"
      }
      var order = Order.of("o1", 5000) { $0.cancellation = cancellation }
      _ = try await sync(shop, order)
      order.cancellation?.reason = "other"
      let corrected = try await sync(shop, order)
      #expect(corrected.map(\.type) == ["order_cancelled"] && corrected.first?.revision == 1)
      #expect(text(corrected.first, "reason") == "other")
      order.cancellation = nil
      #expect(text(try await sync(shop, order).first, "changes") == "cancellation")
      order.cancellation = cancellation
      order.cancellation?.reason = "other"
      let again = try await sync(shop, order)
      #expect(again.map(\.type) == ["order_updated"])
      #expect(text(again.first, "changes") == "cancellation")
      order.cancellation?.cancelledAt = .at(1_700_006_000)
      let moved = try await sync(shop, order)
      #expect(moved.map(\.type) == ["order_cancelled"] && moved.first?.revision == 0)
      #expect(moved.first?.occurredAt == .at(1_700_006_000))
      for (status, type) in [
        (PaymentStatus.paid, "order_paid"), (.pending, "order_updated"), (.paid, "order_updated"),
      ] {
        order.paymentStatus = status
        #expect(try await sync(shop, order).map(\.type) == [type])
      }
    }
  }

  @Test func aRefundThatWasRemovedComesBackAsItIsThen() async throws {
    try await Shop.open { shop in
      var order = Order.of("o1", 5000) { $0.refunds = [OrderPartTests.refund("r1", 1000)] }
      _ = try await sync(shop, order)
      order.refunds = []
      #expect(text(try await sync(shop, order).first, "changes") == "refunds")
      order.refunds = [OrderPartTests.refund("r1", 2500)]
      let told = try await sync(shop, order)
      #expect(told.map(\.type) == ["order_refunded"] && told.first?.revision == 1)
      let stored = try await shop.timeline(
        .email("a@example.com"),
        filter: .with { $0.types = ["order_refunded"] }
      )
      #expect(stored.events.map(\.amount) == [.of(2500)])
      // After a second refund and a correction of the first, the first is not a full refund any
      // more.
      order.refunds = [
        OrderPartTests.refund("r1", 2500), OrderPartTests.refund("r2", 2500, at: 1_700_000_600),
      ]
      _ = try await sync(shop, order)
      order.refunds[0].amount = .of(100)
      #expect(try await sync(shop, order).count == 2)
      let full = try await shop.timeline(
        .email("a@example.com"),
        filter: .with { $0.types = ["order_refunded"] }
      )
      let flags = full.events.map { $0.properties["full"]?.kind }
      #expect(flags == [.boolValue(false), .boolValue(false)])
    }
  }

  @Test func carriersReportUntilTheOrderArrived() async throws {
    try await Shop.open { shop in
      _ = try await sync(shop, .of("o1", 5000))
      func ship(_ status: ShipmentStatus) async throws -> SyncFulfillmentResponse {
        try await shop.timelines.syncFulfillment(
          .with {
            $0.orderExternalID = "o1"
            $0.fulfillment = Self.shipment {
              $0.shipmentStatus = status
              $0.trackingCompany = "DHL"
              $0.trackingNumber = "N1"
              $0.trackingURL = "https://dhl.example/N1"
            }
          }
        )
      }
      let sent = try await ship(.inTransit)
      #expect(sent.derivedEvents.map(\.type) == ["order_fulfilled"])
      #expect(text(sent.derivedEvents.first, "tracking_number") == "N1")
      for status in [ShipmentStatus.attemptedDelivery, .inTransit, .attemptedDelivery] {
        let moved = try await ship(status).derivedEvents
        #expect(moved.map(\.type) == ["shipment_status_changed"])
        #expect(text(moved.first, "fulfillment_id") == "f1")
        #expect(text(moved.first, "tracking_company") == "DHL")
      }
      let arrived = try await ship(.delivered)
      #expect(arrived.derivedEvents.map(\.type) == ["shipment_status_changed", "order_delivered"])
      #expect(text(arrived.derivedEvents.first, "from") == "attempted_delivery")
      #expect(text(arrived.derivedEvents.first, "to") == "delivered")
      #expect(arrived.derivedEvents.last?.properties["delivered_at"] != nil)
      let image = try shop.image()
      #expect(try await ship(.delivered).derivedEvents.isEmpty)
      #expect(try shop.image() == image)
      let types = try await shop.timeline(.email("a@example.com")).events.map(\.type)
      #expect(types.filter { $0 == "shipment_status_changed" }.count == 4)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  private static let full = Order.of("o1", 5000) {
    $0.name = "#1001"
    $0.paymentStatus = .paid
    $0.paymentMethod = "visa"
    $0.checkoutToken = "k1"
    $0.discountCodes = ["SAVE10", "VIP"]
    $0.lineItems = [
      .with {
        $0.productID = "p1"
        $0.name = "Blue Mug"
        $0.quantity = 2
      },
      .with {
        $0.productID = "p2"
        $0.quantity = 1
      },
    ]
    $0.refunds = [OrderPartTests.refund("r1", 1000)]
    $0.refunds[0].reason = "broken handle"
    $0.fulfillments = [
      shipment {
        $0.trackingCompany = "DHL"
        $0.trackingURL = "https://dhl.example/N1"
        $0.items = [
          .with {
            $0.productID = "p1"
            $0.quantity = 2
          }
        ]
      }
    ]
  }

  @Test func eventsSayWhatTheCatalogueHas() async throws {
    try await Shop.open { shop in
      let events = try await sync(shop, Self.full)
      func event(_ type: String) -> Event? { events.first { $0.type == type } }
      let placed = event("order_placed")
      #expect(text(placed, "line_items") == "2 × Blue Mug, p2")
      #expect(text(placed, "discount_codes") == "SAVE10,VIP")
      #expect(text(placed, "payment_status") == "paid" && text(placed, "order_name") == "#1001")
      #expect(placed?.properties["item_count"]?.kind == .int64Value(3))
      #expect(placed?.properties["line_item_count"]?.kind == .int64Value(2))
      #expect(placed?.references?.checkoutToken == "k1")
      #expect(text(event("order_paid"), "payment_method") == "visa")
      #expect(text(event("order_refunded"), "reason") == "broken handle")
      #expect(text(event("order_refunded"), "payment_status") == "paid")
      let shipped = event("order_partially_fulfilled")
      #expect(text(shipped, "items") == "2 × Blue Mug" && text(shipped, "fulfillment_id") == "f1")
      #expect(text(shipped, "tracking_url") == "https://dhl.example/N1")
      for event in events {
        let known = try #require(EventCatalogue.type(event.type, of: .ecommerce))
        let names = Set(known.fields.map(\.name)).union(["order_name"])
        #expect(Set(event.properties.keys).isSubset(of: names), "\(event.type)")
      }
      for (query, type) in [
        ("broken", "order_refunded"), ("save10", "order_placed"), ("visa", "order_paid"),
      ] {
        let found = try await shop.timeline(
          .email("a@example.com"),
          filter: .with { $0.query = query }
        )
        #expect(found.events.map(\.type) == [type], "\(query)")
      }
    }
  }

  @Test func longListsOfPositionsEndWithAnEllipsis() async throws {
    try await Shop.open { shop in
      let order = Order.of("o1", 5000) {
        $0.lineItems = (0..<500).map { number in
          .with { $0.name = "\(number)" + String(repeating: "x", count: 200) }
        }
      }
      let line = text(try await sync(shop, order).first, "line_items") ?? ""
      #expect(line.hasSuffix("x, …") && line.utf8.count < 1400)
    }
  }

  @Test func ordersAreNumberedWhileTheyComeInOrder() async throws {
    try await Shop.open { shop in
      var numbers: [[PatronProto.PropertyValue.Kind?]] = []
      for (id, seconds) in [("o1", 100), ("o2", 300), ("o3", 200), ("o4", 300)] as [(String, Int64)]
      {
        let event = try await sync(shop, .of(id, 100, at: 1_700_000_000 + seconds)).first
        numbers.append(
          ["order_number_for_customer", "first_order"].map { event?.properties[$0]?.kind }
        )
      }
      #expect(
        numbers == [
          [.int64Value(1), .boolValue(true)], [.int64Value(2), .boolValue(false)], [nil, nil],
          [.int64Value(4), .boolValue(false)],
        ]
      )
    }
  }

  private func checkOut(
    _ shop: Shop,
    _ adjust: (inout Checkout) -> Void
  ) async throws -> SyncCheckoutResponse {
    try await shop.timelines.syncCheckout(
      .with {
        $0.customer = .with { $0.email = "a@example.com" }
        $0.checkout = .with {
          $0.token = "k1"
          $0.startedAt = .at(1_699_990_000)
          $0.lineItems = Self.full.lineItems
          adjust(&$0)
        }
      }
    )
  }

  @Test func checkoutsSayWhatIsInTheBasketAndBelongToTheirOrder() async throws {
    try await Shop.open { shop in
      let left = try await checkOut(shop) { $0.abandonedAt = .at(1_699_993_600) }.derivedEvents
      #expect(left.map { text($0, "line_items") } == ["2 × Blue Mug, p2", "2 × Blue Mug, p2"])
      #expect(
        left.last?.properties["abandoned_at"]?.kind == .timestampValue(.at(1_699_993_600))
      )
      let later = try await checkOut(shop) { $0.abandonedAt = .at(1_699_997_200) }.derivedEvents
      #expect(later.map(\.type) == ["checkout_abandoned"])
      let placed = try await sync(shop, Self.full).first
      let related = try await shop.timelines.getEvent(.with { $0.event = .id(placed?.id ?? 0) })
      #expect(related.relatedEvents.contains { $0.type == "checkout_started" })
    }
  }

  @Test func timesThatContradictEachOtherAreKeptWithAWarning() async throws {
    try await Shop.open { shop in
      let day: Int64 = 86_400
      var order = Order.of("o1", 5000, at: 1_700_000_000) {
        $0.refunds = [
          OrderPartTests.refund("r1", 1, at: 1_700_000_000 - day),
          OrderPartTests.refund("r2", 1, at: 1_700_000_000 - day - 1),
        ]
        $0.fulfillments = [Self.shipment { $0.fulfilledAt = .at(1_600_000_000) }]
        $0.cancellation = .with { $0.cancelledAt = .at(1_600_000_000) }
      }
      let whole = try await shop.sync(order) { $0.email = "a@example.com" }
      #expect(whole.warnings.allSatisfy { $0.reason == "TIMES_CONTRADICT" })
      #expect(
        whole.warnings.map(\.field) == [
          "order.cancellation.cancelled_at", "order.refunds[1].refunded_at",
          "order.fulfillments[0].fulfilled_at",
        ]
      )
      order = .of("o2", 5000)
      #expect(try await shop.sync(order) { $0.email = "a@example.com" }.warnings.isEmpty)
      let part = try await shop.timelines.syncRefund(
        .with {
          $0.orderExternalID = "o2"
          $0.refund = OrderPartTests.refund("r1", 1, at: 1_600_000_000)
        }
      )
      #expect(part.warnings.map(\.field) == ["refund.refunded_at"] && part.outcome == .updated)
      let checkout = try await checkOut(shop) { $0.abandonedAt = .at(1_600_000_000) }
      #expect(checkout.warnings.map(\.field) == ["checkout.abandoned_at"])
    }
  }
}
