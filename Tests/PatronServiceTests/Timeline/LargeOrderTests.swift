import Foundation
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of orders of the maximum size, and of larger orders from before the limit.
struct LargeOrderTests {
  private static let itemCount = 500

  /// Returns a shipment of half a MiB.
  private static func shipment(_ number: Int) -> Fulfillment {
    .with {
      $0.externalID = "f\(number)"
      $0.fulfilledAt = .at(1_700_000_000)
      $0.items = (0..<itemCount).map { item in
        .with {
          $0.productID =
            "\(number)-\(item)-" + String(repeating: "😀", count: 240)
          $0.quantity = 1
        }
      }
    }
  }

  private static func lineItems(_ count: Int) -> [LineItem] {
    (0..<count).map { number in
      .with {
        $0.productID = "p\(number)"
        $0.url = "https://example.com/" + String(repeating: "u", count: 2000)
        $0.name = String(repeating: "n", count: 200)
        $0.quantity = 1
      }
    }
  }

  /// Limits that allow requests of up to 4 MiB.
  private static var roomy: Limits {
    var limits = Limits()
    limits.requestBytes = 4 << 20
    return limits
  }

  private func ship(_ shop: Shop, _ number: Int) async throws -> SyncFulfillmentResponse {
    try await shop.timelines.syncFulfillment(
      .with {
        $0.orderExternalID = "o1"
        $0.fulfillment = Self.shipment(number)
      }
    )
  }

  private func refund(_ shop: Shop, reason: String = "") async throws -> SyncRefundResponse {
    try await shop.timelines.syncRefund(
      .with {
        $0.orderExternalID = "o1"
        $0.refund = .with {
          $0.externalID = "r1"
          $0.refundedAt = .at(1_700_000_100)
          $0.amount = .of(1)
          $0.reason = reason
        }
      }
    )
  }

  private func get(_ shop: Shop, _ token: String = "") async throws -> GetOrderResponse {
    try await shop.timelines.getOrder(
      .with {
        $0.order = .externalID("o1")
        $0.partToken = token
      }
    )
  }

  private func size(_ shop: Shop) throws -> Int {
    Int(try shop.rows("SELECT length(body) FROM orders", columns: 1)[0][0]) ?? 0
  }

  @Test func partsThatTogetherAreTooLargeAreRefused() async throws {
    try await Shop.open { shop in
      try await shop.sync(.of("o1", 100)) { $0.email = "a@example.com" }
      #expect(try await ship(shop, 1).outcome == .updated)
      #expect(try await ship(shop, 2).outcome == .updated)
      let stored = try size(shop)
      #expect((900_000...(1 << 20)).contains(stored))
      let image = try shop.image()
      let refused = try await failure { try await ship(shop, 3) }
      #expect(refused.code == .failedPrecondition && refused.reason == "ORDER_TOO_LARGE")
      #expect(refused.metadata["limit"] == "1048576")
      #expect(try shop.image() == image, "nothing of it stays")
      // Smaller parts are still accepted, and everything can be read.
      #expect(try await refund(shop).outcome == .updated)
      let order = try await get(shop)
      #expect(order.order?.isPartial == false && order.nextPartToken.isEmpty)
      #expect(order.order?.fulfillments.count == 2 && order.order?.refunds.count == 1)
      let page = try await shop.timeline(.email("a@example.com"))
      #expect(page.header?.latestOrders.first == order.order && page.events.count >= 3)
    }
  }

  @Test func wholeOrdersThatAreTooLargeAreRefusedBeforeAnythingIsWritten() async throws {
    try await Shop.open(transport: Self.roomy) { shop in
      func order(_ items: Int) -> Order { .of("o1", 100) { $0.lineItems = Self.lineItems(items) } }
      let image = try shop.image()
      let refused = try await failure {
        try await shop.sync(order(500)) { $0.email = "a@example.com" }
      }
      #expect(refused.code == .failedPrecondition && refused.reason == "ORDER_TOO_LARGE")
      #expect(try shop.image() == image, "the customer is not made either")
      let batch = try await shop.timelines.batchSyncOrders(
        .with {
          $0.items = [order(500), .of("o2", 100)].map { order in
            .with {
              $0.customer = .with { $0.email = "b@example.com" }
              $0.order = order
            }
          }
        }
      )
      #expect(batch.counts?.rejected == 1 && batch.counts?.created == 1)
      #expect(batch.results[0].error?.asError.reason == "ORDER_TOO_LARGE")
      let synced = try await shop.sync(order(450)) { $0.email = "a@example.com" }
      #expect(synced.order?.lineItems.count == 450 && synced.order?.isPartial == false)
    }
  }

  @Test func checkoutsThatAreTooLargeAreRefused() async throws {
    try await Shop.open(transport: Self.roomy) { shop in
      func sync(_ items: Int) async throws -> SyncCheckoutResponse {
        try await shop.timelines.syncCheckout(
          .with {
            $0.customer = .with { $0.email = "a@example.com" }
            $0.checkout = .with {
              $0.token = "k1"
              $0.startedAt = .at(1_700_000_000)
              $0.lineItems = Self.lineItems(items)
            }
          }
        )
      }
      let image = try shop.image()
      let refused = try await failure { try await sync(500) }
      #expect(refused.code == .failedPrecondition && refused.reason == "CHECKOUT_TOO_LARGE")
      #expect(try shop.image() == image)
      #expect(try await sync(450).checkout?.lineItems.count == 450)
    }
  }

  @Test func recordsHaveALimitEach() throws {
    for limit in [RecordLimit.order, .checkout, .customer, .event] {
      let body = [UInt8](repeating: 0, count: limit.bytes)
      #expect(try limit.checked(body) == body)
      let error = #expect(throws: DomainError.self) { try limit.checked(body + [0]) }?.rpcError
      #expect(error?.reason == limit.reason && error?.code == .failedPrecondition)
      // An order above the limit may shrink but not grow.
      #expect(try limit.checked(body + [0], over: body + [0]) == body + [0])
      #expect(throws: DomainError.self) { try limit.checked(body + [0, 0], over: body + [0]) }
    }
    #expect(
      [RecordLimit.order, .checkout, .customer, .event].map(\.reason)
        == ["ORDER_TOO_LARGE", "CHECKOUT_TOO_LARGE", "CUSTOMER_TOO_LARGE", "EVENT_TOO_LARGE"]
    )
  }

  // MARK: - Orders above the limit

  /// Stores an order of 12 MiB, as a version without the limit did.
  private func fill(_ shop: Shop) async throws -> Order {
    try await shop.upsert { $0.email = "a@example.com" }
    let small = try await shop.sync(
      .of("o1", 100) {
        $0.refunds = [
          .with {
            $0.externalID = "r0"
            $0.refundedAt = .at(1_700_000_050)
            $0.amount = .of(2)
          }
        ]
      }
    ) { $0.email = "a@example.com" }
    var order = try #require(small.order)
    order.fulfillments = (0..<24).map(Self.shipment)
    try await shop.tamper("UPDATE orders SET body = ?1", try order.encoded())
    #expect(try size(shop) > 11 << 20)
    return order
  }

  @Test func aLargeOrderIsServedInParts() async throws {
    try await Shop.open { shop in
      var expected = try await fill(shop)
      var joined = try #require(try await get(shop).order)
      var token = try await get(shop).nextPartToken
      #expect(try await !get(shop).events.isEmpty && joined.isPartial)
      var calls = 1
      while !token.isEmpty, calls < 100 {
        let part = try await get(shop, token)
        let order = try #require(part.order)
        #expect(order.id == expected.id && order.isPartial && part.events.isEmpty)
        joined.refunds += order.refunds
        joined.fulfillments += order.fulfillments
        token = part.nextPartToken
        calls += 1
      }
      #expect((10...30).contains(calls))
      expected.isPartial = true
      #expect(joined == expected, "each entry once, in its order")
    }
  }

  @Test func tokensOfPartsBelongToOneStateOfTheOrder() async throws {
    try await Shop.open { shop in
      var order = try await fill(shop)
      let token = try await get(shop).nextPartToken
      for wrong in ["x", token + "A"] {
        let broken = try await violations { try await get(shop, wrong) }
        #expect(broken == [Broken("part_token", "PAGE_TOKEN_MALFORMED")])
      }
      order.updatedAt = .at(1_800_000_000)
      try await shop.tamper("UPDATE orders SET body = ?1", try order.encoded())
      let outdated = try await violations { try await get(shop, token) }
      #expect(outdated == [Broken("part_token", "PAGE_TOKEN_MISMATCH")])
    }
  }

  @Test func listsAndTimelinesShowItWithoutItsParts() async throws {
    try await Shop.open { shop in
      let order = try await fill(shop)
      try await shop.sync(.of("o2", 100, at: 1_600_000_000)) { $0.email = "a@example.com" }
      func check(_ shown: Order?) {
        #expect(shown?.isPartial == true && shown?.total == order.total)
        #expect((shown?.fulfillments.count ?? 99) < 24)
      }
      let list = try await shop.timelines.listOrders(
        .with { $0.customer = .with { $0.ref = .email("a@example.com") } }
      )
      check(list.orders.first)
      #expect(list.orders.last?.externalID == "o2" && list.orders.last?.isPartial == false)
      let page = try await shop.timeline(.email("a@example.com"))
      check(page.header?.latestOrders.first)
      #expect(page.events.contains { $0.type == "order_placed" })
      let event = try #require(page.events.first { $0.orderID == order.id })
      check(try await shop.timelines.getEvent(.with { $0.event = .id(event.id) }).order)
      check(try order.answered())
      #expect(try Order.of("o1", 1).answered() == .of("o1", 1))
    }
  }

  @Test func aLargeOrderMayOnlyGetSmaller() async throws {
    try await Shop.open { shop in
      _ = try await fill(shop)
      let image = try size(shop)
      let refused = try await failure { try await refund(shop) }
      #expect(refused.reason == "ORDER_TOO_LARGE")
      #expect(try size(shop) == image)
      let small = try await shop.timelines.syncOrder(
        .with {
          $0.customer = .with { $0.email = "a@example.com" }
          $0.order = .of("o1", 100)
          $0.replace = true
          $0.allowRegress = true
        }
      )
      #expect(small.outcome == .updated && small.order?.isPartial == false)
      #expect(try size(shop) < 1000)
      #expect(try await refund(shop).outcome == .updated)
    }
  }

  @Test(.timeLimit(.minutes(15))) func anExportHasAllOfIt() async throws {
    try await Shop.open { shop in
      _ = try await fill(shop)
      var bytes: [UInt8] = []
      for try await part in try await shop.timelines.exportTimeline(
        .with {
          $0.customer = .with { $0.ref = .email("a@example.com") }
          $0.format = .zip
        }
      ) {
        bytes += part.data
      }
      let folder = TemporaryDirectory()
      let path = folder.path + "/a.zip"
      try Data(bytes).write(to: URL(filePath: path))
      guard let counts = try Self.python(path) else { return }
      #expect(counts == "24 12000 None")
    }
  }

  /// Returns shipments, their items and the first damaged file, as Python reads the archive; nil
  /// without Python.
  private static func python(_ path: String) throws -> String? {
    let script = """
      import json, sys, zipfile
      z = zipfile.ZipFile(sys.argv[1])
      order = json.loads(z.read("data.json"))["orders"][0]["fulfillments"]
      print(len(order), sum(len(x["items"]) for x in order), z.testzip(), end="")
      """
    guard let python = Tool.find("python3") else { return nil }
    let outcome = try Tool.run(python, ["-X", "utf8", "-c", script, path])
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome.text
  }

  @Test(arguments: [DeleteMode.anonymize, .purge])
  func anErasureWorks(_ mode: DeleteMode) async throws {
    try await Shop.open { shop in
      _ = try await fill(shop)
      #expect(try await shop.delete(.email("a@example.com"), mode).orderCount == 1)
      if mode == .purge {
        let gone = try await failure { try await get(shop) }
        #expect(gone.reason == "ORDER_NOT_FOUND")
      } else {
        let left = try await get(shop)
        #expect(left.order?.isPartial == true && left.order?.fulfillments.first?.externalID == "1")
      }
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func aMergeMovesIt() async throws {
    try await Shop.open { shop in
      let order = try await fill(shop)
      let other = try await shop.upsert { $0.email = "b@example.com" }.customer?.id ?? 0
      try await shop.merge(.email("b@example.com"), .email("a@example.com"), requestID: "m1")
      let moved = try await get(shop)
      #expect(moved.order?.customerID == other && moved.order?.id == order.id)
      #expect(moved.order?.isPartial == true)
    }
  }
}
