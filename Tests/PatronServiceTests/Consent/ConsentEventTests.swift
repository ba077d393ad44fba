import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the events of consent: one event for each change of a state, also if a flag caused it.
struct ConsentEventTests {
  private func flags(
    _ shop: Shop,
    sms: Bool? = nil,
    email: Bool? = nil,
    dryRun: Bool = false
  ) async throws -> UpsertCustomerResponse {
    try await shop.upsert(adjust: { $0.validateOnly = dryRun }) {
      $0.externalID = "c1"
      $0.email = "c1@example.com"
      $0.phoneNumber = "+14155550101"
      $0.acceptsSMSMarketing = sms
      $0.acceptsEmailMarketing = email
    }
  }

  @Test func flagsTellOnce() async throws {
    try await Shop.open { shop in
      _ = try await flags(shop, sms: true, email: false, dryRun: true)
      _ = try await flags(shop, sms: true, email: false)
      _ = try await flags(shop, sms: true, email: false)
      _ = try await flags(shop, sms: false, email: true)
      _ = try await flags(shop, sms: false, email: true, dryRun: true)
      let events = try await shop.consentEvents()
      #expect(events.map(\.type) == ["sms_subscribed", "sms_unsubscribed", "email_subscribed"])
      #expect(events.allSatisfy { $0.actor == .platform })
      let rows = try await shop.history()
      #expect(events.map(\.eventID) == rows.map { "patron:consent:\($0.id)" })
      #expect(events.map(\.occurredAt) == rows.map(\.occurredAt))
      let customer = try await shop.customer(.externalID("c1"))
      #expect(customer.activity.map(\.source) == [.product])
      #expect(customer.activity.map(\.eventCount) == [4], "with profile_created")
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func ordersAndEventsThatBringConsentTellToo() async throws {
    try await Shop.open { shop in
      let customer: (inout CustomerInput) -> Void = {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
        $0.acceptsEmailMarketing = true
      }
      for _ in 0..<2 { try await shop.sync(.of("o1", 100, at: 1_600_000_000), of: customer) }
      let events = try await shop.consentEvents()
      #expect(events.map(\.type) == ["email_subscribed"])
      #expect(events.map(\.occurredAt) == [.at(1_600_000_000)])
      let stored = try await shop.customer(.externalID("c1"))
      #expect(stored.activity.map(\.source) == [.ecommerce, .product])
      #expect(stored.activity.map(\.eventCount) == [1, 2], "with profile_created")
      for _ in 0..<2 {
        try await shop.record(
          of: {
            $0.externalID = "c2"
            $0.phoneNumber = "+14155550102"
            $0.acceptsSMSMarketing = true
          },
          {
            $0.source = .ecommerce
            $0.type = "checkout_started"
            $0.eventID = "e1"
            $0.references = .with { $0.checkoutToken = "k1" }
          }
        )
      }
      #expect(try await shop.consentEvents(.externalID("c2")).map(\.type) == ["sms_subscribed"])
      #expect(try await shop.timeline(.externalID("c2")).events.count == 3)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func noCallerMayUseTheirIDs() async throws {
    try await Shop.open { shop in
      let broken = try await violations {
        try await shop.record(of: { $0.email = "a@example.com" }) {
          $0.source = .product
          $0.type = "sms_subscribed"
          $0.eventID = "patron:consent:1"
        }
      }
      #expect(broken == [Broken("event.event_id", "EVENT_ID_RESERVED")])
    }
  }

  @Test func theHeaderShowsSuppressionsAndActions() async throws {
    try await Shop.open { shop in
      try await shop.subscribe { $0.channels = [.sms, .email] }
      try await shop.suppress(.externalID("c1"), .spamComplaint) { $0.channels = [.email] }
      let header = try await shop.timeline(.externalID("c1")).header
      #expect(header?.channels.map(\.canReceive) == [true, false])
      #expect(header?.channels.map { $0.suppressions.map(\.reason) } == [[], [.spamComplaint]])
      #expect(header?.channels.allSatisfy { $0.subscribedAt != nil } == true)
      #expect(header?.availableActions == [.unsubscribeSMS, .unsubscribeEmail, .export])
      let full = try await shop.get(.externalID("c1"), view: .full)
      #expect(full.channels == header?.channels)
    }
  }
}
