import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of refunds and shipments that arrive before their order.
struct WaitingPartTests {
  private func refund(
    _ shop: Shop,
    _ refund: Refund,
    of order: String = "o1"
  ) async throws -> SyncRefundResponse {
    try await shop.timelines.syncRefund(
      .with {
        $0.orderExternalID = order
        $0.refund = refund
      }
    )
  }

  private func ship(_ shop: Shop, of order: String = "o1") async throws -> SyncFulfillmentResponse {
    try await shop.timelines.syncFulfillment(
      .with {
        $0.orderExternalID = order
        $0.fulfillment = .with {
          $0.externalID = "f1"
          $0.fulfilledAt = .at(1_700_000_300)
          $0.items = [
            .with {
              $0.productID = "p1"
              $0.quantity = 1
            }
          ]
        }
      }
    )
  }

  private func waiting(
    _ shop: Shop,
    size: Int32 = 0,
    token: String = ""
  ) async throws -> ListOrdersResponse {
    try await shop.timelines.listOrders(
      .with {
        $0.pendingParts = true
        $0.pageSize = size
        $0.pageToken = token
      }
    )
  }

  @Test func areAppliedWhenTheOrderComes() async throws {
    try await Shop.open { shop in
      let first = try await refund(shop, OrderPartTests.refund("r1", 300))
      #expect(first.outcome == .created && first.order == nil && first.derivedEvents.isEmpty)
      #expect(first.warnings.map(\.reason) == ["ORDER_AWAITED"])
      let image = try shop.image()
      #expect(try await refund(shop, OrderPartTests.refund("r1", 300)).outcome == .unchanged)
      #expect(try shop.image() == image)
      #expect(try await refund(shop, OrderPartTests.refund("r1", 400)).outcome == .updated)
      #expect(try await ship(shop).outcome == .created)
      _ = try await refund(shop, OrderPartTests.refund("r9", 5, "EUR"))
      let listed = try await waiting(shop).pendingParts
      #expect(listed.map(\.orderExternalID) == ["o1", "o1", "o1"])
      #expect(
        listed.first?.part == .refund(OrderPartTests.refund("r1", 400))
          && listed.first?.expiresAt?.micros
            == (listed.first?.receivedAt?.micros ?? 0) + WaitingParts.longest
      )
      #expect(try shop.store.check([RecordChecks.run]) == [])
      let placed = try await shop.sync(
        .of("o1", 1000) {
          $0.paymentStatus = .paid
          $0.lineItems = [
            .with {
              $0.productID = "p1"
              $0.quantity = 1
            }
          ]
        }
      ) { $0.email = "a@example.com" }
      #expect(placed.outcome == .created && placed.order?.paymentStatus == .partiallyRefunded)
      #expect(placed.order?.refunds.first?.amount == .of(400))
      #expect(placed.order?.fulfillments.count == 1)
      #expect(
        placed.derivedEvents.map(\.type)
          == ["order_placed", "order_paid", "order_fulfilled", "order_refunded"]
      )
      #expect(placed.warnings.map(\.reason) == ["PENDING_PART_DROPPED"])
      #expect(placed.warnings.first?.message.contains("r9 waited for this order") == true)
      #expect(placed.warnings.first?.message.contains("CURRENCY_MIXED") == true)
      #expect(try await waiting(shop).pendingParts.isEmpty)
      let stats = try await shop.customer(.email("a@example.com")).orderStats.first
      #expect(stats?.refundedTotal == 400 && stats?.netSpent == 600)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  /// The rules are those of shipments whose order is known.
  @Test func aLaterReportOfAShipmentKeepsItsItemsAndAnEarlierOneChangesNothing() async throws {
    func report(
      _ shop: Shop,
      _ status: ShipmentStatus,
      at seconds: Int64,
      _ adjust: (inout Fulfillment) -> Void = { _ in }
    ) async throws -> SyncFulfillmentResponse {
      try await shop.timelines.syncFulfillment(
        .with {
          $0.orderExternalID = "o1"
          $0.fulfillment = .with {
            $0.externalID = "f1"
            $0.fulfilledAt = .at(1_700_000_300)
            $0.shipmentStatus = status
            $0.occurredAt = .at(seconds)
            adjust(&$0)
          }
        }
      )
    }
    let items: [FulfilledItem] = [
      .with {
        $0.productID = "p1"
        $0.quantity = 2
      }
    ]
    for isKnown in [false, true] {
      try await Shop.open { shop in
        func place() async throws -> Order? {
          try await shop.sync(
            .of("o1", 1000) {
              $0.lineItems = [
                .with {
                  $0.productID = "p1"
                  $0.quantity = 3
                }
              ]
            }
          ) { $0.email = "a@example.com" }.order
        }
        if isKnown { _ = try await place() }
        _ = try await report(shop, .delivered, at: 1_700_000_500) {
          $0.items = items
          $0.trackingCompany = "UPS"
        }
        let late = try await report(shop, .inTransit, at: 1_700_000_400)
        #expect(late.outcome == .unchanged)
        #expect(late.warnings.map(\.reason).contains("ORDER_STATE_OUTDATED"))
        let next = try await report(shop, .delivered, at: 1_700_000_600)
        #expect(next.warnings.map(\.reason).contains("ORDER_PARTS_REMOVED"))
        let shipment = try await place()?.fulfillments.first
        #expect(shipment?.items == items, "\(isKnown)")
        #expect(shipment?.shipmentStatus == .delivered && shipment?.trackingCompany == "")
      }
    }
  }

  @Test func whatTheOrderSaysLaterWins() async throws {
    try await Shop.open { shop in
      for (id, time, amount) in [
        ("o1", GoogleProtobuf.Timestamp.now + 3600, 100), ("o2", 1_700_000_000, 300),
      ] as [(String, Int64, Int64)] {
        _ = try await refund(shop, OrderPartTests.refund("r1", 300), of: id)
        let placed = try await shop.sync(
          .of(id, 1000) {
            $0.updatedAt = .at(time)
            $0.refunds = [OrderPartTests.refund("r1", 100)]
          }
        ) { $0.email = "a@example.com" }
        #expect(placed.order?.refunds.map(\.amount) == [.of(amount)], "\(id)")
      }
    }
  }

  @Test func areFewAndPaged() async throws {
    try await Shop.open { shop in
      for number in 0..<WaitingParts.maxPerOrder {
        _ = try await refund(shop, OrderPartTests.refund("r\(number)", 1))
      }
      let image = try shop.image()
      let full = try await failure { try await refund(shop, OrderPartTests.refund("more", 1)) }
      #expect(full.code == .resourceExhausted && full.reason == "PENDING_PARTS_TOO_MANY")
      #expect(full.metadata == ["limit": "100"])
      let bogus = try await violations {
        try await refund(shop, OrderPartTests.refund("r", 1, "XX"), of: "o2")
      }
      #expect(bogus.map(\.path) == ["refund.amount.currency_code"])
      #expect(try shop.image() == image)
      // A waiting part can be replaced, and other parts wait for their own orders.
      #expect(try await refund(shop, OrderPartTests.refund("r5", 2)).outcome == .updated)
      #expect(try await refund(shop, OrderPartTests.refund("r", 1), of: "o2").outcome == .created)
      var ids: [String] = []
      var token = ""
      repeat {
        let page = try await waiting(shop, size: 7, token: token)
        for part in page.pendingParts {
          if case .refund(let refund)? = part.part { ids.append(refund.externalID) }
        }
        token = page.nextPageToken
      } while !token.isEmpty && ids.count < 200
      #expect(ids.count == 101 && Set(ids).count == 101)
      #expect(ids.first == "r0" && Array(ids.suffix(2)) == ["r5", "r"])
      let both = try await violations {
        try await shop.timelines.listOrders(
          .with {
            $0.pendingParts = true
            $0.customer = .with { $0.ref = .id(1) }
          }
        )
      }
      #expect(both == [Broken("customer", "REF_UNEXPECTED")])
    }
  }

  @Test func areGivenUpInTime() async throws {
    let clock = TestClock()
    let longer = Duration.microseconds(WaitingParts.longest) + .seconds(1)
    try await Shop.open(clock: clock.clock) { shop in
      _ = try await refund(shop, OrderPartTests.refund("old", 1))
      _ = try await refund(shop, OrderPartTests.refund("old", 1), of: "o2")
      clock.advance(by: longer)
      #expect(try await waiting(shop).pendingParts.isEmpty)
      let placed = try await shop.sync(.of("o1", 1000)) { $0.email = "a@example.com" }
      #expect(placed.order?.refunds == [] && placed.warnings.isEmpty)
      // The next part that waits, and every start, remove the expired parts.
      #expect(try shop.rows("SELECT 1 FROM pending_parts", columns: 1).count == 1)
      _ = try await refund(shop, OrderPartTests.refund("new", 1), of: "o3")
      #expect(try shop.rows("SELECT part_id FROM pending_parts", columns: 1) == [["new"]])
      clock.advance(by: longer)
      try OrderRebuild.run(shop.store, clock: clock.clock)
      #expect(try shop.rows("SELECT 1 FROM pending_parts", columns: 1).isEmpty)
    }
  }
}
