import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of DeleteOrder: the order and its events are removed, and statistics follow.
struct DeleteOrderTests {
  private func delete(
    _ shop: Shop,
    _ id: String,
    requestID: String = ""
  ) async throws -> DeleteOrderResponse {
    try await shop.timelines.deleteOrder(
      .with {
        $0.order = .with { $0.ref = .externalID(id) }
        $0.requestID = requestID
      }
    )
  }

  @Test func statisticsAndTimelineAreAsIfItHadNotBeen() async throws {
    try await Shop.open { shop in
      let ann: (inout CustomerInput) -> Void = {
        $0.externalID = "c1"
        $0.email = "ann@example.com"
      }
      try await shop.sync(.of("o1", 1000) { $0.paymentStatus = .paid }, of: ann)
      let before = try await shop.customer(.externalID("c1"))
      let events = try await shop.timeline(.externalID("c1")).events
      let second = Order.of("o2", 5000, at: 1_700_000_100) {
        $0.paymentStatus = .paid
        $0.refunds = [
          .with {
            $0.externalID = "r1"
            $0.refundedAt = .at(1_700_000_200)
            $0.amount = .of(100)
          }
        ]
      }
      let synced = try await shop.sync(second, of: ann)
      try await shop.record {
        RecordEventTests.quiz("q1")(&$0)
        $0.references = .with { $0.orderExternalID = "o2" }
      }
      let answer = try await delete(shop, "o2", requestID: "r1")
      #expect(answer.customerID == before.id)
      #expect(Int(answer.eventCount) == synced.derivedEvents.count)
      #expect(try await delete(shop, "o2", requestID: "r1") == answer)
      let after = try await shop.customer(.externalID("c1"))
      #expect(after.orderStats == before.orderStats)
      let left = try await shop.timeline(.externalID("c1")).events
      #expect(left.filter { $0.eventID != "q1" }.map(\.id) == events.map(\.id))
      #expect(left.count == events.count + 1)
      #expect(try shop.store.check([RecordChecks.run]) == [])
      let gone = try await failure { try await delete(shop, "o2") }
      #expect(gone.code == .notFound && gone.reason == "ORDER_NOT_FOUND")
      let missing = try await failure {
        try await shop.timelines.deleteOrder(DeleteOrderRequest())
      }
      #expect(missing.broken == [Broken("order", "REF_MISSING")])
      // Afterwards the same id is another order.
      #expect(try await shop.sync(second, of: ann).outcome == .created)
    }
  }

  @Test func watchesAreToldOfEachEvent() async throws {
    try await Shop.open { shop in
      let synced = try await shop.sync(.of("o1", 1000) { $0.paymentStatus = .paid }) {
        $0.email = "ann@example.com"
      }
      let ids = Set(synced.derivedEvents.map(\.id))
      #expect(ids.count == 2)
      _ = try await delete(shop, "o1")
      var told: Set<Int64> = []
      let stream = try await shop.timelines.watchTimeline(.with { $0.afterSequence = 1 })
      for try await response in stream where response.kind == .deleted {
        told.insert(response.event?.id ?? 0)
        if told.count == ids.count { break }
      }
      #expect(told == ids)
    }
  }
}
