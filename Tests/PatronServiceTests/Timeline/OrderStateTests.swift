import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the order of states by age, and of the fields that a partial state leaves.
struct OrderStateTests {
  private let guest: @Sendable (inout CustomerInput) -> Void = { $0.email = "a@example.com" }

  private func reasons(_ answer: SyncOrderResponse) -> [String] { answer.warnings.map(\.reason) }

  private func stats(_ shop: Shop, _ currency: String = "USD") async throws -> OrderStats? {
    try await shop.customer(.email("a@example.com")).orderStats
      .first { $0.currencyCode == currency }
  }

  /// An order that is paid, with a refund, a shipment and a cancellation.
  private static let rich = Order.of("o1", 1000) {
    $0.paymentStatus = .paid
    $0.fulfillmentStatus = .fulfilled
    $0.cancellation = .with { $0.cancelledAt = .at(1_700_000_900) }
    $0.refunds = [OrderPartTests.refund("r1", 300)]
    $0.fulfillments = [
      .with {
        $0.externalID = "f1"
        $0.fulfilledAt = .at(1_700_000_400)
        $0.shipmentStatus = .delivered
        $0.trackingNumber = "N1"
      }
    ]
    $0.lineItems = [.with { $0.name = "Mug" }]
    $0.discountCodes = ["SAVE10"]
    $0.paymentMethod = "visa"
    $0.discount = .of(100)
    $0.shippingAddress = .with { $0.city = "Delft" }
  }

  /// The state in a late webhook.
  private static let late = Order.of("o1", 1000) {
    $0.paymentStatus = .pending
    $0.fulfillmentStatus = .unfulfilled
    $0.cancellation = Cancellation()
    $0.refunds = [OrderPartTests.refund("r1", 100)]
    $0.fulfillments = [
      .with {
        $0.externalID = "f1"
        $0.fulfilledAt = .at(1_700_000_400)
        $0.state = .pending
        $0.shipmentStatus = .inTransit
      }
    ]
  }

  private static let ages: [(version: Int64, time: Int64)] = [(5, 0), (0, 5), (5, 9)]

  @Test(arguments: 0..<3) func anOlderStateChangesNothing(_ index: Int) async throws {
    let age = Self.ages[index]
    try await Shop.open { shop in
      func aged(_ order: Order, by step: Int64) -> Order {
        var order = order
        if age.version > 0 { order.version = age.version + step }
        // The version decides, even against the time.
        let sign: Int64 = age.version > 0 && age.time > 0 ? -1 : 1
        if age.time > 0 { order.updatedAt = .at(1_700_001_000 + sign * step) }
        return order
      }
      let stored = try await shop.sync(aged(Self.rich, by: 1), of: guest)
      let image = try shop.image()
      let outdated = try await shop.sync(aged(Self.late, by: 0), allowRegress: true) {
        $0.email = "somebody.else@example.com"
      }
      #expect(outdated.outcome == .unchanged && outdated.order == stored.order)
      #expect(reasons(outdated) == ["ORDER_STATE_OUTDATED"])
      #expect(!outdated.customerCreated && outdated.derivedEvents.isEmpty)
      #expect(try shop.image() == image)
      // A state of the same age takes nothing back.
      let same = try await shop.sync(aged(Self.late, by: 1), of: guest)
      #expect(same.outcome == .unchanged && Set(reasons(same)) == ["ORDER_REGRESSION_KEPT"])
      // A newer state of the platform replaces the stored state without any flag.
      let newer = try await shop.sync(aged(Self.late, by: 2), of: guest)
      #expect(newer.outcome == .updated && newer.order?.paymentStatus == .pending)
      #expect(newer.order?.cancellation == nil && newer.order?.refunds.first?.amount == .of(100))
      #expect(newer.order?.version == (age.version > 0 ? age.version + 2 : 0))
      #expect(reasons(newer) == ["ORDER_PARTS_REMOVED"])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  /// The shop reported a full refund, so parts that are named later are contained in it.
  @Test func refundsOfARefundedOrderTakeNothingBack() async throws {
    try await Shop.open { shop in
      try await shop.sync(.of("o1", 5000) { $0.paymentStatus = .refunded }, of: guest)
      for (id, amount) in [("r1", 0), ("r2", 2000), ("r3", 3000)] as [(String, Int64)] {
        let answer = try await shop.timelines.syncRefund(
          .with {
            $0.orderExternalID = "o1"
            $0.refund = OrderPartTests.refund(id, amount)
          }
        )
        #expect(answer.order?.paymentStatus == .refunded, "\(id)")
        let customer = try await shop.customer(.id(answer.order?.customerID ?? 0))
        #expect(customer.orderStats.first?.refundedTotal == 5000, "\(id)")
        #expect(customer.orderStats.first?.netSpent == 0, "\(id)")
        #expect(try shop.store.check([RecordChecks.run]) == [])
      }
      // All refunds are named now, so the status follows a smaller refund.
      let less = try await shop.timelines.syncRefund(
        .with {
          $0.orderExternalID = "o1"
          $0.refund = OrderPartTests.refund("r3", 1000)
        }
      )
      #expect(less.order?.paymentStatus == .partiallyRefunded)
    }
  }

  @Test func aStatusThatIsNotGivenTakesNoDeliveryBack() async throws {
    for mask in [[], ["fulfillment_status"]] {
      try await Shop.open { shop in
        try await shop.sync(.of("o1", 5000) { $0.fulfillmentStatus = .fulfilled }, of: guest)
        _ = try await shop.timelines.syncFulfillment(
          .with {
            $0.orderExternalID = "o1"
            $0.fulfillment = .with {
              $0.externalID = "f1"
              $0.fulfilledAt = .at(1_700_000_300)
              $0.shipmentStatus = .delivered
            }
          }
        )
        let kept = try await shop.sync(
          .of("o1", 5000),
          replace: mask.isEmpty,
          mask: mask,
          of: guest
        )
        #expect(kept.order?.fulfillmentStatus == .fulfilled && kept.outcome == .unchanged)
        #expect(kept.warnings.map(\.field).contains("order.fulfillment_status"))
        let taken = try await shop.sync(
          .of("o1", 5000),
          replace: mask.isEmpty,
          allowRegress: true,
          mask: mask,
          of: guest
        )
        #expect(taken.order?.fulfillmentStatus == .unspecified)
      }
    }
  }

  @Test func aStateOfUnknownAgeTakesNothingBack() async throws {
    try await Shop.open { shop in
      let stored = try await shop.sync(Self.rich, of: guest)
      for replace in [false, true] {
        var late = Self.late
        if replace {
          late = Self.rich
          late.paymentStatus = .pending
          late.fulfillmentStatus = .unfulfilled
          late.cancellation = nil
          late.refunds = []
          late.fulfillments = []
        }
        let kept = try await shop.sync(late, replace: replace, of: guest)
        #expect(kept.outcome == .unchanged && kept.order == stored.order)
        #expect(Set(reasons(kept)) == ["ORDER_REGRESSION_KEPT"])
        #expect(
          Set(kept.warnings.map(\.field)) == [
            "order.payment_status", "order.fulfillment_status", "order.cancellation",
            "order.refunds", "order.fulfillments",
          ]
        )
      }
      let taken = try await shop.sync(Self.late, allowRegress: true, of: guest)
      #expect(taken.order?.paymentStatus == .pending && taken.order?.cancellation == nil)
      #expect(taken.order?.fulfillments.first?.state == .pending)
      #expect(try await stats(shop)?.refundedTotal == 100)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  private static let payments: [(from: PaymentStatus, to: PaymentStatus, isTaken: Bool)] = [
    (.pending, .authorized, true), (.pending, .paid, true), (.pending, .voided, true),
    (.authorized, .pending, false), (.authorized, .voided, true), (.partiallyPaid, .pending, false),
    (.paid, .pending, false), (.paid, .voided, false), (.paid, .partiallyRefunded, true),
    (.paid, .refunded, true), (.partiallyRefunded, .paid, false), (.refunded, .paid, false),
    (.refunded, .partiallyRefunded, false), (.voided, .pending, false), (.voided, .paid, true),
    (.unspecified, .pending, true), (.unspecified, .paid, true),
  ]

  @Test(arguments: 0..<17) func paymentGoesForward(_ index: Int) async throws {
    let step = Self.payments[index]
    try await Shop.open { shop in
      try await shop.sync(.of("o1", 1000) { $0.paymentStatus = step.from }, of: guest)
      let part = Order.with {
        $0.externalID = "o1"
        $0.paymentStatus = step.to
      }
      let answer = try await shop.sync(part, of: guest)
      #expect(answer.order?.paymentStatus == (step.isTaken ? step.to : step.from))
      #expect(reasons(answer) == (step.isTaken ? [] : ["ORDER_REGRESSION_KEPT"]))
      let forced = try await shop.sync(part, allowRegress: true, of: guest)
      #expect(forced.order?.paymentStatus == step.to && forced.warnings.isEmpty)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func aPartialSyncLeavesTheRestAlone() async throws {
    try await Shop.open { shop in
      var rich = Self.rich
      rich.paymentStatus = .pending
      let before = try await shop.sync(rich, of: guest).order ?? Order()
      let answer = try await shop.sync(
        .with {
          $0.externalID = "o1"
          $0.paymentStatus = .paid
          $0.paidAt = .at(1_700_000_300)
        },
        of: guest
      )
      var expected = before
      expected.paymentStatus = .paid
      expected.paidAt = .at(1_700_000_300)
      expected.changedAt = answer.order?.changedAt
      #expect(answer.order == expected && answer.warnings.isEmpty)
      #expect(answer.derivedEvents.map(\.type) == ["order_paid"])
      #expect(answer.derivedEvents.first?.occurredAt == .at(1_700_000_300))
      let cleared = try await shop.sync(
        .with {
          $0.externalID = "o1"
          $0.paymentMethod = ""
          $0.discount = Money()
          $0.shippingAddress = Address()
          $0.name = ""
        },
        of: guest
      )
      expected.paymentMethod = nil
      expected.discount = nil
      expected.shippingAddress = nil
      expected.changedAt = cleared.order?.changedAt
      #expect(cleared.order == expected && cleared.order?.name == "o1")
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func masksNameWhatIsSet() async throws {
    try await Shop.open { shop in
      let before = try await shop.sync(Self.rich, of: guest).order ?? Order()
      let given = Order.with {
        $0.externalID = "o1"
        $0.paymentMethod = "cash"
        $0.salesChannel = "pos"
      }
      let mask = ["line_items", "discount_codes", "sales_channel", "external_id"]
      let answer = try await shop.sync(given, replace: true, mask: mask, of: guest)
      var expected = before
      expected.lineItems = []
      expected.discountCodes = []
      expected.salesChannel = "pos"
      expected.changedAt = answer.order?.changedAt
      #expect(answer.order == expected && answer.warnings.isEmpty)
      let kept = try await shop.sync(given, mask: ["refunds"], of: guest)
      #expect(kept.order?.refunds.count == 1 && reasons(kept) == ["ORDER_REGRESSION_KEPT"])
      let emptied = try await shop.sync(given, allowRegress: true, mask: ["refunds"], of: guest)
      #expect(emptied.order?.refunds == [] && reasons(emptied) == ["ORDER_PARTS_REMOVED"])
      let total = try await violations { try await shop.sync(given, mask: ["total"], of: guest) }
      #expect(total == [Broken("order.total", "FIELD_REQUIRED")])
      let unknown = try await violations {
        try await shop.sync(given, mask: ["tax", "cancellation.reason"], of: guest)
      }
      #expect(unknown == [Broken("update_mask.paths[1]", "MASK_PATH_UNKNOWN")])
      // A new order takes all given fields.
      let new = try await shop.sync(.of("o2", 5), mask: ["tax"], of: guest)
      #expect(new.outcome == .created && new.order?.total == .of(5))
    }
  }

  @Test func aWholeStateClearsWhatIsAbsent() async throws {
    try await Shop.open { shop in
      try await shop.sync(Self.rich, of: guest)
      var whole = Self.rich
      whole.lineItems = []
      whole.discountCodes = []
      whole.paymentMethod = nil
      whole.shippingAddress = nil
      let answer = try await shop.sync(whole, replace: true, of: guest)
      #expect(answer.warnings.isEmpty && answer.order?.lineItems == [])
      #expect(answer.order?.paymentMethod == nil && answer.order?.shippingAddress == nil)
      let missing = try await violations {
        try await shop.sync(.with { $0.externalID = "o1" }, replace: true, of: guest)
      }
      #expect(
        missing == [
          Broken("order.placed_at", "FIELD_REQUIRED"), Broken("order.total", "FIELD_REQUIRED"),
        ]
      )
      let new = try await violations {
        try await shop.sync(.with { $0.externalID = "o9" }, of: guest)
      }
      #expect(new == missing)
    }
  }

  @Test func partsThatCameAfterTheStateStay() async throws {
    try await Shop.open { shop in
      try await shop.sync(
        .of("o1", 1000) {
          $0.paymentStatus = .paid
          $0.updatedAt = .at(1_700_000_100)
          $0.refunds = [OrderPartTests.refund("r1", 100, at: 1_700_000_050)]
        },
        of: guest
      )
      _ = try await shop.timelines.syncRefund(
        .with {
          $0.orderExternalID = "o1"
          $0.refund = OrderPartTests.refund("r2", 200, at: 1_700_000_500)
        }
      )
      // The state is newer than the stored order, and older than the second refund.
      let answer = try await shop.sync(
        .with {
          $0.externalID = "o1"
          $0.updatedAt = .at(1_700_000_300)
          $0.refunds = [OrderPartTests.refund("r3", 50, at: 1_700_000_200)]
        },
        of: guest
      )
      #expect(answer.order?.refunds.map(\.externalID) == ["r2", "r3"])
      #expect(reasons(answer) == ["ORDER_PARTS_REMOVED"])
      #expect(answer.order?.paymentStatus == .partiallyRefunded)
      #expect(try await stats(shop)?.refundedTotal == 250)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func aCarriersOlderReportChangesNothing() async throws {
    try await Shop.open { shop in
      try await shop.sync(.of("o1", 1000), of: guest)
      func ship(_ status: ShipmentStatus, _ time: Int64?) async throws -> SyncFulfillmentResponse {
        try await shop.timelines.syncFulfillment(
          .with {
            $0.orderExternalID = "o1"
            $0.fulfillment = .with {
              $0.externalID = "f1"
              $0.fulfilledAt = .at(1_700_000_100)
              $0.shipmentStatus = status
              $0.occurredAt = time.map { .at($0) }
            }
          }
        )
      }
      _ = try await ship(.inTransit, 1_700_000_200)
      let arrived = try await ship(.delivered, 1_700_000_900)
      #expect(arrived.derivedEvents.map(\.type) == ["shipment_status_changed", "order_delivered"])
      #expect(arrived.derivedEvents.allSatisfy { $0.occurredAt == .at(1_700_000_900) })
      let late = try await ship(.outForDelivery, 1_700_000_700)
      #expect(late.outcome == .unchanged && late.order == arrived.order)
      #expect(late.warnings.map(\.reason) == ["ORDER_STATE_OUTDATED"])
      // A part without a time counts as it arrives.
      #expect(try await ship(.failure, nil).order?.fulfillments.first?.shipmentStatus == .failure)
    }
  }

  /// Returns a position with two pieces of a product's variant.
  private static func line(_ id: String, _ product: String, _ variant: String) -> LineItem {
    .with {
      $0.externalID = id
      $0.productID = product
      $0.variantID = variant
      $0.name = "\(product) \(variant)"
      $0.quantity = 2
    }
  }

  @Test func shipmentsNameVariantsAndPositions() async throws {
    try await Shop.open { shop in
      let lines = [
        Self.line("l1", "p1", "red"), Self.line("l2", "p1", "blue"), Self.line("l3", "p2", ""),
      ]
      try await shop.sync(.of("o1", 1000) { $0.lineItems = lines }, of: guest)
      func ship(
        _ id: String,
        _ item: (inout FulfilledItem) -> Void
      ) async throws -> SyncFulfillmentResponse {
        try await shop.timelines.syncFulfillment(
          .with {
            $0.orderExternalID = "o1"
            $0.fulfillment = .with {
              $0.externalID = id
              $0.fulfilledAt = .at(1_700_000_100)
              $0.items = [
                .with {
                  $0.quantity = 1
                  item(&$0)
                }
              ]
            }
          }
        )
      }
      let wrong: [(String, String, @Sendable (inout FulfilledItem) -> Void)] = [
        ("variant_id", "VARIANT_NOT_IN_ORDER", { $0.variantID = "green" }),
        (
          "variant_id", "VARIANT_NOT_IN_ORDER",
          {
            $0.productID = "p2"
            $0.variantID = "red"
          }
        ),
        ("line_item_id", "LINE_ITEM_NOT_IN_ORDER", { $0.lineItemID = "l9" }),
        (
          "product_id", "PRODUCT_NOT_IN_ORDER",
          {
            $0.lineItemID = "l3"
            $0.productID = "p1"
          }
        ),
      ]
      for (field, reason, item) in wrong {
        let refused = try await violations { try await ship("f9", item) }
        #expect(refused == [Broken("fulfillment.items[0].\(field)", reason)])
      }
      let red = try await ship("f1") {
        $0.variantID = "red"
        $0.quantity = 2
      }
      #expect(red.warnings.isEmpty)
      let text = red.derivedEvents.first?.properties["items"]?.kind
      #expect(text == .stringValue("2 × p1 red"))
      // The order has two red pieces, so a third is too many, though the product has four pieces.
      let more = try await ship("f2") { $0.lineItemID = "l1" }
      #expect(more.warnings.map(\.reason) == ["QUANTITY_EXCEEDS_ORDER"])
      #expect(try await ship("f2") { $0.lineItemID = "l2" }.warnings.isEmpty)
      let twice = try await violations {
        try await shop.sync(.of("o2", 1) { $0.lineItems = [lines[0], lines[0]] }, of: guest)
      }
      #expect(twice == [Broken("order.line_items[1].external_id", "LINE_ITEM_DUPLICATE")])
    }
  }

  @Test func theCurrencyCanBeCorrected() async throws {
    try await Shop.open { shop in
      var order = Self.rich
      order.refunds = []
      order.lineItems[0].total = .of(1000)
      try await shop.sync(order, of: guest)
      let corrected = try await shop.sync(
        .with {
          $0.externalID = "o1"
          $0.total = .of(920, "EUR")
        },
        of: guest
      )
      #expect(reasons(corrected) == ["ORDER_CURRENCY_CORRECTED"])
      #expect(corrected.order?.discount == nil && corrected.order?.lineItems.first?.total == nil)
      #expect(corrected.order?.lineItems.first?.name == "Mug")
      #expect(try await stats(shop) == nil)
      #expect(try await stats(shop, "EUR")?.cancelledCount == 1)
      #expect(try shop.store.check([RecordChecks.run]) == [])
      _ = try await shop.timelines.syncRefund(
        .with {
          $0.orderExternalID = "o1"
          $0.refund = OrderPartTests.refund("r1", 20, "EUR")
        }
      )
      let again = try await violations {
        try await shop.sync(
          .with {
            $0.externalID = "o1"
            $0.total = .of(1000)
          },
          of: guest
        )
      }
      #expect(again == [Broken("order.refunds[0].amount.currency_code", "CURRENCY_MIXED")])
    }
  }
}
