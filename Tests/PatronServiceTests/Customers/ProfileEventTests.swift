import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the events that report changes of the record.
struct ProfileEventTests {
  private func events(_ shop: Shop, _ ref: CustomerRef.Ref) async throws -> [Event] {
    try await shop.timeline(ref, size: 100).events.reversed()
  }

  private func text(_ event: Event?, _ name: String) -> String? {
    guard case .stringValue(let text) = event?.properties[name]?.kind else { return nil }
    return text
  }

  @Test func oneEventForEachChangingCall() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "secret@example.com"
        $0.tags = "vip"
      }
      let change: (inout CustomerInput) -> Void = {
        $0.externalID = "c1"
        $0.firstName = "Secret"
        $0.tags = "gold"
        $0.customProperties["hat"] = .with { $0.kind = .stringValue("secret") }
      }
      try await shop.upsert(change)
      try await shop.upsert(change)
      try await shop.upsert(adjust: { $0.validateOnly = true }) {
        $0.externalID = "c1"
        $0.firstName = "Other"
      }
      try await shop.upsert(adjust: { $0.actor = .operator }) {
        $0.externalID = "c1"
        $0.tags = "Gold,new"
      }
      let events = try await events(shop, .externalID("c1"))
      #expect(events.map(\.type) == ["profile_created", "profile_updated", "tags_changed"])
      #expect(events.allSatisfy { $0.source == .product && $0.product == "profile" })
      #expect(events.map(\.actor) == [.platform, .platform, .operator])
      #expect(text(events[0], "origin") == "api")
      #expect(text(events[1], "changed_fields") == "custom_properties.hat,first_name,tags")
      #expect(text(events[2], "added") == "new" && text(events[2], "removed") == nil)
      #expect(!"\(events)".contains("ecret"), "names of fields only")
      let customer = try await shop.customer(.externalID("c1"))
      #expect(events[2].eventID == "patron:tags_changed:\(customer.etag)")
      #expect(customer.activity.map(\.eventCount) == [3])
      #expect(customer.lastEventAt == events[2].occurredAt)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func tagsAndUpdatesByID() async throws {
    try await Shop.open { shop in
      let id =
        try await shop.upsert {
          $0.email = "a@example.com"
          $0.tags = "vip,old"
        }.customer?.id ?? 0
      _ = try await shop.customers.updateTags(
        .with {
          $0.customers = [.with { $0.ref = .id(id) }]
          $0.add = "new,VIP"
          $0.remove = "OLD"
        }
      )
      _ = try await shop.customers.updateCustomer(
        .with {
          $0.id = id
          $0.customer = .with { $0.firstName = "Ada" }
        }
      )
      let events = try await events(shop, .id(id))
      #expect(events.map(\.type) == ["profile_created", "tags_changed", "profile_updated"])
      #expect(text(events[1], "added") == "new" && text(events[1], "removed") == "old")
      #expect(events[1].actor == .operator && events[2].actor == .operator)
    }
  }

  @Test func gapsFilledByOrdersAndEventsAreNoChangesOfACaller() async throws {
    try await Shop.open { shop in
      try await shop.sync(.of("o1", 100)) { $0.email = "a@example.com" }
      try await shop.sync(.of("o2", 100)) {
        $0.email = "a@example.com"
        $0.firstName = "Ada"
      }
      try await shop.record(of: { $0.email = "a@example.com" }, RecordEventTests.quiz("e1"))
      let types = try await events(shop, .email("a@example.com")).map(\.type)
      #expect(
        types.sorted() == ["order_placed", "order_placed", "profile_created", "quiz_completed"]
      )
    }
  }

  @Test func whoeverMakesACustomerIsTold() async throws {
    try await Shop.open { shop in
      try await shop.sync(.of("o1", 100, at: 1_600_000_000)) { $0.email = "a@example.com" }
      try await shop.record(
        of: { $0.email = "b@example.com" },
        RecordEventTests.quiz("e1", at: 1_600_000_000)
      )
      try await shop.subscribe {
        $0.customer = .with { $0.email = "c@example.com" }
        $0.channels = [.email]
      }
      let origins = ["a": "ecommerce_platform", "b": "event", "c": "subscription_tool"]
      for (name, origin) in origins {
        let told = try await events(shop, .email("\(name)@example.com"))
        #expect(told.count == 2)
        let created = try #require(told.first)
        #expect(created.type == "profile_created" && text(created, "origin") == origin)
        #expect(created.actor == .platform)
        // A customer that was read from a past event was created at that time, so the last event
        // stays the last.
        if name != "c" { #expect(created.occurredAt == .at(1_600_000_000)) }
      }
      let customer = try await shop.customer(.email("a@example.com"))
      #expect(customer.lastEventAt == .at(1_600_000_000))
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func consentHasEventsOfItsOwn() async throws {
    try await Shop.open { shop in
      try await shop.upsert { $0.email = "a@example.com" }
      try await shop.upsert {
        $0.email = "a@example.com"
        $0.acceptsEmailMarketing = true
      }
      let types = try await events(shop, .email("a@example.com")).map(\.type)
      #expect(!types.contains("profile_updated"))
    }
  }

  @Test func manyTagsAreCutToWholeOnes() async throws {
    try await Shop.open { shop in
      let tags = (0..<250).map { "\($0)-" + String(repeating: "x", count: 100) }
      try await shop.upsert { $0.email = "a@example.com" }
      try await shop.upsert {
        $0.email = "a@example.com"
        $0.tags = tags.joined(separator: ",")
      }
      let event = try await events(shop, .email("a@example.com")).last
      let added = text(event, "added") ?? ""
      #expect(added.utf8.count <= 4200 && added.hasSuffix(",…"))
      #expect(added.split(separator: ",").dropLast().allSatisfy { tags.contains(String($0)) })
    }
  }
}
