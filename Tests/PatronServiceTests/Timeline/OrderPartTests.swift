import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of refunds and shipments that arrive without their order.
struct OrderPartTests {
  static func refund(
    _ id: String,
    _ amount: Int64,
    _ currency: String = "USD",
    at seconds: Int64 = 1_700_000_500
  ) -> Refund {
    .with {
      $0.externalID = id
      $0.refundedAt = .at(seconds)
      $0.amount = .of(amount, currency)
    }
  }

  private func refund(
    _ shop: Shop,
    _ refund: Refund?,
    of order: String = "o1"
  ) async throws -> SyncRefundResponse {
    try await shop.timelines.syncRefund(
      .with {
        $0.orderExternalID = order
        $0.refund = refund
      }
    )
  }

  private func ship(
    _ shop: Shop,
    _ fulfillment: Fulfillment?,
    of order: String = "o1"
  ) async throws -> SyncFulfillmentResponse {
    try await shop.timelines.syncFulfillment(
      .with {
        $0.orderExternalID = order
        $0.fulfillment = fulfillment
      }
    )
  }

  private func order(_ shop: Shop, _ adjust: (inout Order) -> Void = { _ in }) async throws {
    try await shop.sync(
      .of("o1", 1000) {
        $0.paymentStatus = .paid
        adjust(&$0)
      }
    ) { $0.email = "a@example.com" }
  }

  private func stats(_ shop: Shop) async throws -> OrderStats? {
    try await shop.customer(.email("a@example.com")).orderStats.first
  }

  @Test func refundsAddUpAndAreToldOnce() async throws {
    try await Shop.open { shop in
      try await order(shop)
      let first = try await refund(shop, Self.refund("r1", 300))
      #expect(first.outcome == .updated && first.order?.paymentStatus == .partiallyRefunded)
      #expect(first.derivedEvents.map(\.type) == ["order_refunded"])
      #expect(first.derivedEvents.first?.amount == .of(300))
      #expect(first.derivedEvents.first?.properties["full"]?.kind == .boolValue(false))
      #expect(try await stats(shop)?.refundedTotal == 300)
      let image = try shop.image()
      let again = try await refund(shop, Self.refund("r1", 300))
      #expect(again.outcome == .unchanged && again.derivedEvents.isEmpty)
      #expect(again.order == first.order)
      #expect(try shop.image() == image)
      // A repeat of the refund with another amount corrects its event.
      let corrected = try await refund(shop, Self.refund("r1", 400))
      #expect(corrected.order?.refunds.count == 1)
      #expect(corrected.derivedEvents.map(\.id) == first.derivedEvents.map(\.id))
      #expect(corrected.derivedEvents.first?.revision == 1)
      let rest = try await refund(shop, Self.refund("r2", 600))
      #expect(rest.order?.paymentStatus == .refunded)
      #expect(rest.derivedEvents.first?.properties["full"]?.kind == .boolValue(true))
      #expect(try await stats(shop)?.refundedTotal == 1000)
      #expect(try await stats(shop)?.totalSpent == 1000)
      let lowered = try await refund(shop, Self.refund("r2", 0))
      #expect(lowered.order?.paymentStatus == .partiallyRefunded)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func theStateEqualsThatOfOneSync() async throws {
    try await Shop.open { shop in
      try await order(shop)
      let parts = try await refund(shop, Self.refund("r1", 300)).order ?? Order()
      let whole = try await shop.sync(
        .of("o1", 1000) {
          $0.paymentStatus = .partiallyRefunded
          $0.refunds = [Self.refund("r1", 300)]
        }
      ) { $0.email = "a@example.com" }
      #expect(whole.outcome == .unchanged && whole.order == parts)
    }
  }

  @Test func whatTheShopSaidWithoutRefundsStays() async throws {
    try await Shop.open { shop in
      try await order(shop) { $0.paymentStatus = .refunded }
      let late = try await refund(shop, Self.refund("r1", 300))
      #expect(late.order?.paymentStatus == .refunded)
      // The return of the money was reported before. The details of the refund are another change.
      #expect(late.derivedEvents.map(\.type) == ["order_updated"])
      // The refund is part of what the shop reported as refunded: all of it.
      #expect(try await stats(shop)?.refundedTotal == 1000)
      try await shop.sync(.of("o2", 500)) { $0.email = "a@example.com" }
      let unpaid = try await refund(shop, Self.refund("r1", 100), of: "o2")
      #expect(unpaid.order?.paymentStatus == .unspecified)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func refusedRefundsLeaveNoTrace() async throws {
    try await Shop.open { shop in
      try await order(shop) { $0.refunds = (0..<99).map { Self.refund("r\($0)", 1) } }
      let image = try shop.image()
      let empty = try await violations { try await refund(shop, nil, of: "") }
      #expect(
        empty == [
          Broken("order_external_id", "FIELD_REQUIRED"),
          Broken("refund.external_id", "FIELD_REQUIRED"),
          Broken("refund.refunded_at", "FIELD_REQUIRED"),
          Broken("refund.amount", "FIELD_REQUIRED"),
        ]
      )
      let mixed = try await violations { try await refund(shop, Self.refund("r", 1, "EUR")) }
      #expect(mixed == [Broken("refund.amount.currency_code", "CURRENCY_MIXED")])
      let negative = try await violations { try await refund(shop, Self.refund("r", -1)) }
      #expect(negative == [Broken("refund.amount.minor_units", "AMOUNT_NEGATIVE")])
      let huge = try await violations { try await refund(shop, Self.refund("r", .max)) }
      #expect(huge == [Broken("refund.amount", "AMOUNT_OUT_OF_RANGE")])
      #expect(try shop.image() == image)
      #expect(try await refund(shop, Self.refund("r99", 1)).order?.refunds.count == 100)
      let many = try await violations { try await refund(shop, Self.refund("r100", 1)) }
      #expect(many == [Broken("refund", "LIST_TOO_LONG")])
      #expect(try await refund(shop, Self.refund("r99", 2)).outcome == .updated)
    }
  }

  private func shipment(_ id: String, _ quantity: Int32, at seconds: Int64) -> Fulfillment {
    .with {
      $0.externalID = id
      $0.fulfilledAt = .at(seconds)
      $0.items = [
        .with {
          $0.productID = "p1"
          $0.quantity = quantity
        }
      ]
    }
  }

  @Test func shipmentsAddUp() async throws {
    try await Shop.open { shop in
      for (id, status) in [("o1", FulfillmentStatus.unspecified), ("o2", .unfulfilled)] {
        try await shop.sync(
          .of(id, 1000) {
            $0.fulfillmentStatus = status
            $0.lineItems = [
              .with {
                $0.productID = "p1"
                $0.quantity = 3
              }
            ]
          }
        ) { $0.email = "a@example.com" }
        let first = try await ship(shop, shipment("f1", 2, at: 1_700_000_100), of: id)
        #expect(first.derivedEvents.map(\.type) == ["order_partially_fulfilled"])
        #expect(first.order?.fulfillmentStatus == .partiallyFulfilled)
        let again = try await ship(shop, shipment("f1", 2, at: 1_700_000_100), of: id)
        #expect(again.outcome == .unchanged && again.derivedEvents.isEmpty)
        let last = try await ship(shop, shipment("f2", 1, at: 1_700_000_200), of: id)
        #expect(last.derivedEvents.map(\.type) == ["order_fulfilled"])
        #expect(last.order?.fulfillments.map(\.externalID) == ["f1", "f2"])
        #expect(last.order?.fulfillmentStatus == .fulfilled)
      }
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  private func boxes(_ status: FulfillmentStatus = .unspecified) -> Order {
    .of("o1", 1000) {
      $0.fulfillmentStatus = status
      $0.lineItems = [
        .with {
          $0.productID = "p1"
          $0.quantity = 3
        }
      ]
    }
  }

  @Test func theStatusGoesWithTheShipments() async throws {
    try await Shop.open { shop in
      try await shop.sync(boxes()) { $0.email = "a@example.com" }
      var waiting = shipment("f1", 3, at: 1_700_000_100)
      waiting.state = .pending
      #expect(try await ship(shop, waiting).order?.fulfillmentStatus == .unfulfilled)
      let sent = shipment("f1", 3, at: 1_700_000_100)
      let answer = try await ship(shop, sent)
      #expect(answer.order?.fulfillmentStatus == .fulfilled)
      #expect(answer.derivedEvents.map(\.type) == ["order_fulfilled"])
      // The shop repeats the same for the whole order, or nothing, so nothing changes.
      for status in [FulfillmentStatus.fulfilled, .unspecified] {
        var whole = boxes(status)
        whole.fulfillments = [sent]
        let synced = try await shop.sync(whole) { $0.email = "a@example.com" }
        #expect(synced.outcome == .unchanged)
        #expect(synced.derivedEvents.isEmpty && synced.warnings.isEmpty)
      }
      let fewer = try await ship(shop, shipment("f1", 2, at: 1_700_000_100))
      #expect(fewer.order?.fulfillmentStatus == .partiallyFulfilled)
      var off = sent
      off.state = .cancelled
      #expect(try await ship(shop, off).order?.fulfillmentStatus == .unfulfilled)
      // A status that the shop reported beyond its shipments stays.
      try await shop.sync(boxes(.fulfilled)) { $0.email = "a@example.com" }
      let late = try await ship(shop, shipment("f2", 1, at: 1_700_000_300))
      #expect(late.order?.fulfillmentStatus == .fulfilled)
      #expect(late.derivedEvents.map(\.type) == ["order_updated"])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func anyShipmentDeliversAnOrderWithoutPositions() async throws {
    try await Shop.open { shop in
      try await order(shop)
      let answer = try await ship(shop, shipment("f1", 1, at: 1_700_000_100))
      #expect(answer.order?.fulfillmentStatus == .fulfilled)
      #expect(answer.derivedEvents.map(\.type) == ["order_fulfilled"])
    }
  }

  @Test func shipmentsHoldProductsOfTheOrder() async throws {
    try await Shop.open { shop in
      try await shop.sync(boxes()) { $0.email = "a@example.com" }
      let image = try shop.image()
      var other = shipment("f1", 1, at: 1_700_000_100)
      other.items.append(
        .with {
          $0.productID = "p2"
          $0.quantity = 1
        }
      )
      let part = try await violations { try await ship(shop, other) }
      #expect(part == [Broken("fulfillment.items[1].product_id", "PRODUCT_NOT_IN_ORDER")])
      let whole = try await violations {
        var order = boxes()
        order.fulfillments = [other]
        try await shop.sync(order) { $0.email = "a@example.com" }
      }
      #expect(
        whole == [Broken("order.fulfillments[0].items[1].product_id", "PRODUCT_NOT_IN_ORDER")]
      )
      #expect(try shop.image() == image)
      other.items[1].productID = ""
      #expect(try await ship(shop, other).outcome == .updated)
    }
  }

  @Test func aWholeOrderThatRemovesPartsSaysSo() async throws {
    try await Shop.open { shop in
      try await order(shop)
      _ = try await refund(shop, Self.refund("r1", 300))
      _ = try await refund(shop, Self.refund("r2", 100))
      let known = try await ship(shop, shipment("f1", 1, at: 1_700_000_100)).order ?? Order()
      var whole = known
      whole.paymentStatus = .paid
      let kept = try await shop.sync(whole) { $0.email = "a@example.com" }
      #expect(kept.outcome == .updated && kept.warnings.isEmpty)
      whole.refunds.removeLast()
      let same = try await shop.sync(whole) { $0.email = "a@example.com" }
      #expect(same.outcome == .unchanged && same.order?.refunds.count == 2)
      #expect(same.warnings.map(\.reason) == ["ORDER_REGRESSION_KEPT"])
      let fewer = try await shop.sync(whole, allowRegress: true) { $0.email = "a@example.com" }
      #expect(fewer.warnings.map(\.reason) == ["ORDER_PARTS_REMOVED"])
      #expect(fewer.warnings.map(\.field) == ["order.refunds"])
      let batch = try await shop.timelines.batchSyncOrders(
        .with {
          $0.items = [
            .with {
              $0.customer = .with { $0.email = "a@example.com" }
              $0.order = .of("o1", 1000)
            }
          ]
          $0.replace = true
          $0.allowRegress = true
        }
      )
      let warnings = batch.results.first?.warnings ?? []
      #expect(warnings.map(\.field) == ["order.refunds", "order.fulfillments"])
      #expect(warnings.allSatisfy { $0.reason == "ORDER_PARTS_REMOVED" })
      #expect(try await stats(shop)?.refundedTotal == 0)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func whatACarrierReportsLeavesTheItemsOfAShipment() async throws {
    try await Shop.open { shop in
      try await shop.sync(boxes()) { $0.email = "a@example.com" }
      var sent = shipment("f1", 1, at: 1_700_000_100)
      sent.trackingNumber = "77"
      #expect(try await ship(shop, sent).warnings.isEmpty)
      var report = sent
      report.items = []
      report.shipmentStatus = .delivered
      for outcome in [PatronProto.Outcome.updated, .unchanged] {
        let answer = try await ship(shop, report)
        #expect(answer.outcome == outcome && answer.warnings.isEmpty)
        #expect(answer.order?.fulfillments.first?.items == sent.items)
        #expect(answer.order?.fulfillmentStatus == .partiallyFulfilled)
      }
      report.trackingNumber = ""
      let lost = try await ship(shop, report)
      #expect(lost.warnings.map(\.reason) == ["ORDER_PARTS_REMOVED"])
      #expect(lost.warnings.map(\.field) == ["fulfillment"])
      #expect(lost.warnings.first?.message.contains("had tracking_number,") == true)
      // The same applies to a list of shipments, unless it is known to be newer: then a shipment
      // without items holds everything that was left.
      var whole = lost.order ?? Order()
      whole.fulfillments[0].items = []
      whole.fulfillmentStatus = .unspecified
      let kept = try await shop.sync(whole) { $0.email = "a@example.com" }
      #expect(kept.warnings.map(\.reason) == ["ORDER_REGRESSION_KEPT"])
      #expect(kept.order?.fulfillments.first?.items == sent.items)
      let synced = try await shop.sync(whole, allowRegress: true) { $0.email = "a@example.com" }
      #expect(synced.warnings.map(\.field) == ["order.fulfillments[0]"])
      #expect(synced.warnings.first?.message.contains("had items,") == true)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func figuresBeyondTheOrderAreKeptAndWarnedOf() async throws {
    try await Shop.open { shop in
      try await shop.sync(boxes()) { $0.email = "a@example.com" }
      #expect(try await ship(shop, shipment("f1", 3, at: 1_700_000_100)).warnings.isEmpty)
      let more = try await ship(shop, shipment("f2", 1, at: 1_700_000_200))
      #expect(more.outcome == .updated)
      #expect(more.warnings.map(\.reason) == ["QUANTITY_EXCEEDS_ORDER"])
      #expect(more.warnings.map(\.field) == ["fulfillment.items"])
      #expect(try await refund(shop, Self.refund("r1", 1000)).warnings.isEmpty)
      let slip = try await refund(shop, Self.refund("r1", 100_000))
      #expect(slip.outcome == .updated)
      #expect(slip.warnings.map(\.reason) == ["REFUND_EXCEEDS_TOTAL"])
      #expect(slip.warnings.map(\.field) == ["refund.amount"])
      let whole = try await shop.sync(slip.order ?? Order()) { $0.email = "a@example.com" }
      #expect(whole.warnings.map(\.field) == ["order.refunds", "order.fulfillments"])
      // A cancelled shipment holds no items any more.
      var off = shipment("f2", 1, at: 1_700_000_200)
      off.state = .cancelled
      #expect(try await ship(shop, off).warnings.isEmpty)
    }
  }

  @Test func aHundredShipmentsAndNotMore() async throws {
    try await Shop.open { shop in
      try await order(shop) { order in
        order.fulfillments = (0..<99).map { shipment("f\($0)", 1, at: 1_700_000_100) }
      }
      let new = shipment("new", 1, at: 1_700_000_200)
      #expect(try await ship(shop, new).order?.fulfillments.count == 100)
      let refused = try await violations {
        try await ship(shop, shipment("more", 1, at: 1_700_000_200))
      }
      #expect(refused == [Broken("fulfillment", "LIST_TOO_LONG")])
      let broken = try await violations { try await ship(shop, shipment("", 0, at: -1)) }
      #expect(
        broken == [
          Broken("fulfillment.external_id", "FIELD_REQUIRED"),
          Broken("fulfillment.fulfilled_at", "TIME_OUT_OF_RANGE"),
          Broken("fulfillment.items[0].quantity", "QUANTITY_OUT_OF_RANGE"),
        ]
      )
    }
  }
}
