import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the effect of marketing flags on consent and its ledger.
struct ConsentFlagTests {
  private func flag(
    _ shop: Shop,
    sms: Bool? = nil,
    email: Bool? = nil,
    by actor: ActorKind = .unspecified,
    source: String = ""
  ) async throws -> UpsertCustomerResponse {
    let adjust: (inout UpsertCustomerRequest) -> Void = {
      $0.actor = actor
      $0.source = source
    }
    return try await shop.upsert(adjust: adjust) {
      $0.externalID = "c1"
      $0.email = "c1@example.com"
      $0.acceptsSMSMarketing = sms
      $0.acceptsEmailMarketing = email
    }
  }

  private func ledger(_ shop: Shop) throws -> [ConsentRecord] {
    try shop.blobs("SELECT body FROM consent_ledger ORDER BY id").map {
      try ConsentRecord(decoding: $0)
    }
  }

  private func state(_ answer: UpsertCustomerResponse, _ channel: ContactChannel) -> ConsentState {
    answer.customer?.subscriptions.first { $0.channel == channel }?.state ?? .unspecified
  }

  @Test func everyTransitionHasItsRow() async throws {
    try await Shop.open { shop in
      let never = try await flag(shop, sms: false, email: false)
      #expect(never.customer?.subscriptions.isEmpty == true)
      #expect(never.customer?.acceptsSMSMarketing == false)
      #expect(try ledger(shop).isEmpty)
      let yes = try await flag(shop, email: true, source: "welcome_popup")
      #expect(yes.changedFields == ["accepts_email_marketing", "subscriptions"])
      #expect(state(yes, .email) == .subscribed)
      let same = try await flag(shop, email: true)
      #expect(same.outcome == .unchanged)
      let no = try await flag(shop, email: false, by: .operator)
      #expect(state(no, .email) == .unsubscribed)
      let back = try await flag(shop, email: true)
      #expect(state(back, .email) == .subscribed)
      let rows = try ledger(shop)
      #expect(rows.map(\.state) == [.subscribed, .unsubscribed, .subscribed])
      #expect(rows.map(\.previousState) == [.neverSubscribed, .subscribed, .unsubscribed])
      #expect(rows.map(\.actor) == [.platform, .operator, .platform])
      #expect(rows.map(\.action) == [.subscribe, .unsubscribe, .subscribe])
      #expect(rows.map { $0.evidence?.source } == ["welcome_popup", "api", "api"])
      #expect(rows.allSatisfy { $0.evidence?.method == .flag && $0.channel == .email })
      #expect(rows.allSatisfy { $0.topic == .marketing && $0.customerID == yes.customer?.id })
      #expect(back.customer?.subscriptions.map(\.ledgerID) == [rows[2].id])
      #expect(back.customer?.subscriptions.first?.optInLevel == .single)
    }
  }

  @Test func theCustomersOwnOptOutSticks() async throws {
    try await Shop.open { shop in
      _ = try await flag(shop, sms: true, email: true)
      let out = try await flag(shop, sms: false, by: .customer)
      #expect(state(out, .sms) == .unsubscribed && state(out, .email) == .subscribed)
      let rows = try ledger(shop).count
      for actor in [ActorKind.platform, .operator, .system, .customer] {
        let again = try await flag(shop, sms: true, by: actor)
        #expect(state(again, .sms) == .unsubscribed)
        #expect(again.warnings.map(\.reason) == ["STICKY_OPT_OUT"])
        #expect(again.warnings.map(\.field) == ["customer.accepts_sms_marketing"])
        #expect(again.customer?.acceptsSMSMarketing == true)
      }
      #expect(try ledger(shop).count == rows)
    }
  }

  @Test func aFlagThatHasNoEffectIsToldOf() async throws {
    try await Shop.open { shop in
      try await shop.subscribe { $0.doubleOptIn = true }
      let pending = try await flag(shop, sms: true)
      #expect(pending.warnings.map(\.reason) == ["CONSENT_PENDING"])
      #expect(state(pending, .sms) == .pending)
      try await shop.unsubscribe {
        $0.channels = [.email]
        $0.topics = [.reviewRequests]
      }
      let reached = try await flag(shop, email: true)
      #expect(reached.warnings.map(\.reason) == ["OTHER_TOPIC_OPT_OUT"])
      #expect(reached.warnings.map(\.field) == ["customer.accepts_email_marketing"])
      #expect(try await shop.status(.email).blockReasons == [.unsubscribed])
    }
  }

  @Test func anOrdersFlagsCountOnceAndAsOfTheOrder() async throws {
    try await Shop.open { shop in
      func sync(_ id: String, at seconds: Int64) async throws -> SyncOrderResponse {
        try await shop.sync(.of(id, 100, at: seconds)) {
          $0.externalID = "c1"
          $0.email = "c1@example.com"
          $0.acceptsEmailMarketing = true
        }
      }
      _ = try await sync("o1", at: 1_600_000_000)
      var customer = try await shop.customer(.externalID("c1"))
      #expect(customer.subscriptions.map(\.state) == [.subscribed])
      #expect(customer.subscriptions.first?.subscribedAt == .at(1_600_000_000))
      #expect(customer.subscriptions.first?.source == "checkout")
      _ = try await flag(shop, email: false)
      let before = try shop.image()
      // The order is repeated, and another order is older than the opt-out.
      #expect(try await sync("o1", at: 1_600_000_000).outcome == .unchanged)
      #expect(try shop.image() == before)
      let older = try await sync("o2", at: 1_650_000_000)
      #expect(older.warnings.map(\.reason) == ["CONSENT_OUTDATED"])
      customer = try await shop.customer(.externalID("c1"))
      #expect(customer.subscriptions.map(\.state) == [.unsubscribed])
      #expect(customer.acceptsEmailMarketing == false)
    }
  }

  @Test func onlyThePlatformsEventsTouchConsent() async throws {
    try await Shop.open { shop in
      _ = try await flag(shop)
      func record(_ source: EventSource, _ name: String, _ type: String) async throws {
        try await shop.record(
          of: {
            $0.externalID = "c1"
            $0.acceptsEmailMarketing = true
            $0.acceptsSMSMarketing = true
          },
          {
            $0.source = source
            $0.sourceName = name
            $0.type = type
            $0.eventID = "e1"
            $0.references = .with { $0.checkoutToken = "k1" }
          }
        )
      }
      try await record(.thirdParty, "quiz_app", "quiz_completed")
      try await record(.product, "", "email_sent")
      var customer = try await shop.customer(.externalID("c1"))
      #expect(customer.subscriptions.isEmpty && customer.acceptsEmailMarketing == nil)
      #expect(try ledger(shop).isEmpty)
      try await record(.ecommerce, "", "checkout_started")
      customer = try await shop.customer(.externalID("c1"))
      #expect(customer.subscriptions.map(\.state) == [.subscribed, .subscribed])
      _ = try await flag(shop, email: false)
      try await record(.ecommerce, "", "checkout_started")
      customer = try await shop.customer(.externalID("c1"))
      let email = customer.subscriptions.first { $0.channel == .email }
      #expect(email?.state == .unsubscribed, "a repeated event is no news")
    }
  }

  @Test func theFullViewComputesWhatMayBeSent() async throws {
    try await Shop.open { shop in
      _ = try await flag(shop, sms: true, email: true)
      let basic = try await shop.get(.externalID("c1"))
      #expect(basic.channels.isEmpty)
      let full = try await shop.get(.externalID("c1"), view: .full)
      var record = full.customer
      #expect(record?.channels == full.channels)
      record?.channels = []
      #expect(record == basic.customer)
      #expect(full.channels.map(\.channel) == [.sms, .email])
      #expect(full.channels.map(\.canReceive) == [false, true])
      #expect(full.channels.map(\.blockReasons) == [[.noAddress], []])
      #expect(full.channels.allSatisfy { $0.topic == .marketing && $0.subscribedAt != nil })
      _ = try await flag(shop, email: false)
      let after = try await shop.get(.externalID("c1"), view: .full)
      #expect(after.channels.last?.blockReasons == [.unsubscribed])
      #expect(after.channels.last?.unsubscribedAt != nil)
    }
  }
}
