import PatronProto
import ProtobufC
import TTRPC
import Testing

/// Tests of GetEvent and of related events.
struct GetEventTests {
  private func get(
    _ shop: Shop,
    _ event: GetEventRequest.Event?,
    in store: String = ""
  ) async throws -> GetEventResponse {
    try await shop.timelines.getEvent(
      .with {
        $0.storeID = store
        $0.event = event
      }
    )
  }

  private func key(_ id: String, _ name: String = "app") -> GetEventRequest.Event {
    .key(
      .with {
        $0.source = .thirdParty
        $0.sourceName = name
        $0.eventID = id
      }
    )
  }

  private func record(
    _ shop: Shop,
    _ id: String,
    order: String = "",
    of email: String = "a@example.com"
  ) async throws -> Event {
    let answer = try await shop.record(of: { $0.email = email }) {
      $0.eventID = id
      $0.source = .thirdParty
      $0.sourceName = "app"
      $0.type = "ticket_created"
      $0.occurredAt = .at(1_700_000_000)
      if !order.isEmpty { $0.references = .with { $0.orderExternalID = order } }
    }
    return answer.event ?? Event()
  }

  @Test func byIDAndByKey() async throws {
    try await Shop.open { shop in
      let event = try await record(shop, "e1")
      #expect(try await get(shop, .id(event.id)).event == event)
      #expect(try await get(shop, key("e1")).event == event)
      #expect(try await get(shop, key("e1")).order == nil)
      let unknown: [GetEventRequest.Event] = [
        .id(event.id + 1), .id(0), key("e2"), key("e1", "other"),
      ]
      for ref in unknown {
        let error = try await failure { try await get(shop, ref) }
        #expect(error.code == .notFound && error.reason == "EVENT_NOT_FOUND")
      }
      let none = try await violations { try await get(shop, nil) }
      #expect(none == [Broken("event", "REF_MISSING")])
      let nowhere = try await violations { try await get(shop, .key(.with { $0.eventID = "e1" })) }
      #expect(nowhere == [Broken("event.key.source", "SOURCE_REQUIRED")])
    }
  }

  @Test func withItsOrderAndWhatIsAboutTheSame() async throws {
    try await Shop.open { shop in
      // The ticket is recorded before the order.
      let ticket = try await record(shop, "e1", order: "o1")
      #expect(ticket.orderID == 0)
      _ = try await record(shop, "e2", order: "o2")
      _ = try await record(shop, "e3")
      let order = try await shop.sync(.of("o1", 100, at: 1_700_000_100)) {
        $0.email = "a@example.com"
      }
      let answer = try await get(shop, .id(ticket.id))
      #expect(answer.order == order.order)
      #expect(answer.relatedEvents == order.derivedEvents)
      let again = try await shop.record(of: { $0.email = "a@example.com" }) {
        $0.eventID = "e1"
        $0.source = .thirdParty
        $0.sourceName = "app"
        $0.type = "ticket_created"
        $0.occurredAt = .at(1_700_000_000)
        $0.references = .with { $0.orderExternalID = "o1" }
      }
      #expect(again.outcome == .unchanged, "that the order is known now changes no event")
      let late = try await record(shop, "e4", order: "o1")
      #expect(late.orderID == order.order?.id)
      let placed = try await get(shop, .id(order.derivedEvents[0].id))
      #expect(placed.relatedEvents.map(\.eventID) == ["e4", "e1"])
      #expect(placed.order == order.order)
      // An order of another customer is not shown.
      let foreign = try await record(shop, "e5", order: "o1", of: "b@example.com")
      #expect(foreign.orderID == 0)
      let shown = try await get(shop, .id(foreign.id))
      #expect(shown.order == nil && shown.relatedEvents.isEmpty)
    }
  }

  @Test func atMostTwentyRelatedEvents() async throws {
    try await Shop.open { shop in
      var last = Event()
      for number in 0..<25 { last = try await record(shop, "e\(number)", order: "o1") }
      let related = try await get(shop, .id(last.id)).relatedEvents
      #expect(related.map(\.eventID) == (4..<24).reversed().map { "e\($0)" })
    }
  }
}
