import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of DeleteEvent: the event is removed, statistics follow, and watches receive a tombstone.
struct DeleteEventTests {
  private func delete(
    _ shop: Shop,
    _ event: DeleteEventRequest.Event,
    requestID: String = ""
  ) async throws -> DeleteEventResponse {
    try await shop.timelines.deleteEvent(
      .with {
        $0.event = event
        $0.requestID = requestID
      }
    )
  }

  /// Returns the messages of a watch from the beginning, up to `count` events.
  private func watch(
    _ shop: Shop,
    _ count: Int,
    _ adjust: (inout WatchTimelineRequest) -> Void = { _ in }
  ) async throws -> [WatchTimelineResponse] {
    var request = WatchTimelineRequest.with { $0.afterSequence = 1 }
    adjust(&request)
    var events: [WatchTimelineResponse] = []
    let stream = try await shop.timelines.watchTimeline(request)
    for try await response in stream where response.event != nil {
      events.append(response)
      if events.count == count { break }
    }
    return events
  }

  @Test func summariesAndActivityFollow() async throws {
    try await Shop.open { shop in
      try await shop.ada()
      try await shop.emit(
        "review_created",
        "e1",
        at: 1_700_000_000,
        ["score": .int64Value(5)],
        product: "p1"
      )
      let before = try await shop.customer(.externalID("c1"))
      try await shop.emit(
        "review_created",
        "e2",
        at: 1_700_000_100,
        ["score": .int64Value(1)],
        product: "p1"
      )
      try await shop.emit("points_earned", "e3", at: 1_700_000_200, ["points": .int64Value(50)])
      let answer = try await shop.emit(
        "points_earned",
        "e4",
        at: 1_700_000_300,
        ["points": .int64Value(7)]
      )
      let last = try #require(answer.event?.id)
      let byID = try await delete(shop, .id(last))
      #expect(byID.eventID == last && byID.customerID == before.id)
      #expect(try await shop.customer(.externalID("c1")).loyalty?.pointsBalance == 50)
      for id in ["e2", "e3"] {
        _ = try await delete(
          shop,
          .key(
            .with {
              $0.source = .product
              $0.eventID = id
            }
          )
        )
      }
      let after = try await shop.customer(.externalID("c1"))
      #expect(after.reviews == before.reviews && after.loyalty == nil)
      #expect(after.activity == before.activity && after.lastEventAt == before.lastEventAt)
      #expect(try shop.store.check([RecordChecks.run]) == [])
      let gone = try await failure {
        try await shop.timelines.getEvent(.with { $0.event = .id(last) })
      }
      #expect(gone.code == .notFound && gone.reason == "EVENT_NOT_FOUND")
    }
  }

  @Test func whatTheEventSetStays() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
        $0.phoneNumber = "+14155550101"
        $0.acceptsSMSMarketing = true
      }
      let stop = try await shop.record {
        $0.source = .product
        $0.type = "sms_received"
        $0.eventID = "s1"
        $0.properties = ["body_excerpt": .with { $0.kind = .stringValue("STOP") }]
      }
      _ = try await delete(shop, .id(try #require(stop.event?.id)))
      let customer = try await shop.customer(.externalID("c1"))
      #expect(customer.subscriptions.map(\.state) == [.unsubscribed])
    }
  }

  @Test func aRepeatGetsTheFirstAnswerAndPatronsOwnStay() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
      }
      let own = try #require(try await shop.timeline(.externalID("c1")).events.first)
      let derived = try await failure { try await delete(shop, .id(own.id)) }
      #expect(derived.code == .failedPrecondition && derived.reason == "EVENT_DERIVED")
      let event = try await shop.record(RecordEventTests.quiz("q1")).event
      let id = try #require(event?.id)
      let first = try await delete(shop, .id(id), requestID: "r1")
      #expect(try await delete(shop, .id(id), requestID: "r1") == first)
      let again = try await failure { try await delete(shop, .id(id), requestID: "r2") }
      #expect(again.code == .notFound)
      let missing = try await failure {
        try await shop.timelines.deleteEvent(DeleteEventRequest())
      }
      #expect(missing.broken == [Broken("event", "REF_MISSING")])
      // The identifier is free again.
      #expect(try await shop.record(RecordEventTests.quiz("q1")).outcome == .created)
    }
  }

  @Test func watchesAreTold() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
      }
      let event = try #require(try await shop.record(RecordEventTests.quiz("q1")).event)
      _ = try await delete(shop, .id(event.id))
      try await shop.record(RecordEventTests.quiz("q2"))
      let all = try await watch(shop, 3)
      #expect(all.map(\.kind) == [.recorded, .deleted, .recorded])
      let tombstone = all[1].event
      #expect(tombstone?.id == event.id && tombstone?.eventID == "q1")
      #expect(tombstone?.type == "quiz_completed" && tombstone?.customerID == event.customerID)
      #expect(all[1].sequence > event.sequence && tombstone?.sequence == all[1].sequence)
      // A filter by content cannot be evaluated any more, so the tombstone is sent.
      let filtered = try await watch(shop, 1) {
        $0.customer = .with { $0.ref = .externalID("c1") }
        $0.filter = .with {
          $0.sources = [.thirdParty]
          $0.query = "nothing that it had"
        }
        $0.afterSequence = event.sequence - 1
      }
      #expect(filtered.map(\.kind) == [.deleted])
      // The filter asks for another source. The event was never sent, so no tombstone is needed.
      let others = try await watch(shop, 1) { $0.filter = .with { $0.sources = [.product] } }
      #expect(others.map(\.kind) == [.recorded])
    }
  }

  @Test func tombstonesGoWithTheErasedAndMoveWithMerges() async throws {
    try await Shop.open { shop in
      for id in ["c1", "c2"] {
        try await shop.upsert {
          $0.externalID = id
          $0.email = "\(id)@example.com"
        }
      }
      let event = try #require(try await shop.record(RecordEventTests.quiz("q1")).event)
      _ = try await delete(shop, .id(event.id))
      let other = try await shop.customer(.externalID("c2")).id
      _ = try await shop.merge(.externalID("c2"), .externalID("c1"))
      let owners = "SELECT customer_id FROM event_tombstones"
      #expect(try shop.rows(owners, columns: 1) == [[String(other)]])
      _ = try await shop.customers.deleteCustomer(
        .with { $0.customer = .with { $0.ref = .id(other) } }
      )
      #expect(try shop.rows(owners, columns: 1).isEmpty)
    }
  }
}
