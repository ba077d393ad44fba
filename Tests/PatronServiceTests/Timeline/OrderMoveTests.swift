import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of orders that move to another customer.
struct OrderMoveTests {
  private func stats(_ shop: Shop, _ email: String) async throws -> OrderStats? {
    try await shop.customer(.email(email)).orderStats.first
  }

  private func types(_ shop: Shop, _ email: String) async throws -> [String] {
    try await shop.timeline(.email(email), filter: .with { $0.sources = [.ecommerce] }).events
      .map(\.type)
  }

  private func move(
    _ shop: Shop,
    _ order: String?,
    to customer: CustomerRef.Ref
  ) async throws -> MoveOrderResponse {
    try await shop.timelines.moveOrder(
      .with {
        if let order { $0.order = .with { $0.ref = .externalID(order) } }
        $0.customer = .with { $0.ref = customer }
      }
    )
  }

  @Test func thePlatformCorrectsTheGuest() async throws {
    try await Shop.open { shop in
      _ = try await shop.timelines.syncCheckout(
        .with {
          $0.customer = .with { $0.email = "typo@example.com" }
          $0.checkout = .with {
            $0.token = "k1"
            $0.startedAt = .at(1_699_999_000)
            $0.abandonedAt = .at(1_699_999_500)
          }
        }
      )
      let order = Order.of("o1", 1000) {
        $0.paymentStatus = .paid
        $0.checkoutToken = "k1"
        $0.refunds = [OrderPartTests.refund("r1", 300)]
      }
      try await shop.sync(order) { $0.email = "typo@example.com" }
      try await shop.sync(.of("o2", 50)) { $0.email = "typo@example.com" }
      try await shop.record(of: { $0.email = "typo@example.com" }) {
        $0.source = .thirdParty
        $0.sourceName = "helpdesk"
        $0.type = "ticket_opened"
        $0.eventID = "t1"
        $0.occurredAt = .at(1_700_000_000)
        $0.references = .with { $0.orderExternalID = "o1" }
      }
      let old = try await shop.customer(.email("typo@example.com")).id
      let moved = try await shop.sync(order) { $0.email = "right@example.com" }
      #expect(moved.outcome == .updated && moved.customerCreated)
      #expect(moved.warnings.map(\.reason) == ["ORDER_MOVED"])
      #expect(moved.warnings.first?.message.contains("customer \(old);") == true)
      let new = try await shop.customer(.email("right@example.com"))
      #expect(moved.order?.customerID == new.id && new.id != old)
      #expect(new.orderStats.map(\.netSpent) == [700] && new.orderStats.map(\.orderCount) == [1])
      #expect(try await stats(shop, "typo@example.com")?.totalSpent == 50)
      #expect(
        Set(try await types(shop, "right@example.com")) == [
          "order_placed", "order_paid", "order_refunded", "checkout_started", "checkout_abandoned",
          "checkout_recovered",
        ]
      )
      #expect(try await types(shop, "typo@example.com") == ["order_placed"])
      // An event about the order from another source names its customer itself.
      let left = try await shop.timeline(.email("typo@example.com")).events.map(\.eventID)
      #expect(left.contains("t1"))
      #expect(try shop.store.check([RecordChecks.run]) == [])
      // The order belongs to the new customer now, and so does its checkout.
      #expect(try await shop.sync(order) { $0.email = "right@example.com" }.outcome == .unchanged)
      let checkout = try await shop.timelines.syncCheckout(
        .with {
          $0.customer = .with { $0.email = "right@example.com" }
          $0.checkout = .with { $0.token = "k1" }
        }
      )
      #expect(checkout.outcome == .unchanged)
    }
  }

  @Test func aRefusalComesToTheRightGuestAndAnAgreementDoesNot() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.email = "right@example.com"
        $0.acceptsEmailMarketing = true
      }
      let order = Order.of("o1", 1000)
      try await shop.sync(order) { $0.email = "typo@example.com" }
      let moved = try await shop.sync(order) {
        $0.email = "right@example.com"
        $0.acceptsEmailMarketing = false
      }
      #expect(moved.warnings.map(\.reason) == ["ORDER_MOVED"])
      #expect(try await shop.state(.email, .email("right@example.com")) == .unsubscribed)
      // A repeat of the same state contains no new statement.
      try await shop.subscribe {
        $0.customer = .with { $0.email = "right@example.com" }
        $0.channels = [.email]
      }
      try await shop.sync(order) {
        $0.email = "right@example.com"
        $0.acceptsEmailMarketing = false
      }
      #expect(try await shop.state(.email, .email("right@example.com")) == .subscribed)
    }
  }

  @Test func whatAnOrderAgreedToForAWrongAddressEnds() async throws {
    try await Shop.open { shop in
      try await shop.upsert { $0.email = "own@example.com" }
      try await shop.subscribe {
        $0.customer = .with { $0.email = "own@example.com" }
        $0.channels = [.email]
      }
      for (number, email) in ["typo@example.com", "own@example.com"].enumerated() {
        let order = Order.of("o\(number)", 1000)
        try await shop.sync(order) {
          $0.email = email
          $0.acceptsEmailMarketing = true
        }
        #expect(try await shop.state(.email, .email(email)) == .subscribed)
        let moved = try await shop.sync(order) {
          $0.email = "right\(number)@example.com"
          $0.acceptsEmailMarketing = true
        }
        #expect(moved.warnings.map(\.reason) == ["ORDER_MOVED", "CONSENT_NOT_CARRIED"])
        #expect(
          try await shop.state(.email, .email("right\(number)@example.com")) == .neverSubscribed
        )
      }
      #expect(try await shop.state(.email, .email("typo@example.com")) == .neverSubscribed)
      // A customer who agreed in person keeps the agreement.
      #expect(try await shop.state(.email, .email("own@example.com")) == .subscribed)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func whomTheShopKnowsKeepsTheOrderUnlessItNamesAnother() async throws {
    try await Shop.open { shop in
      for id in ["c1", "c2"] {
        try await shop.upsert {
          $0.externalID = id
          $0.email = "\(id)@example.com"
        }
      }
      try await shop.sync(.of("o1", 100)) { $0.externalID = "c1" }
      for email in ["c2@example.com", "new@example.com"] {
        let refused = try await failure { try await shop.sync(.of("o1", 100)) { $0.email = email } }
        #expect(refused.code == .failedPrecondition && refused.reason == "ORDER_CUSTOMER_CHANGED")
      }
      let moved = try await shop.sync(.of("o1", 100)) { $0.externalID = "c2" }
      #expect(moved.outcome == .updated && moved.warnings.map(\.reason) == ["ORDER_MOVED"])
      #expect(try await stats(shop, "c1@example.com") == nil)
      #expect(try await stats(shop, "c2@example.com")?.orderCount == 1)
      // A guest's order moves to the customer whom the shop knows by that address.
      try await shop.sync(.of("o2", 7)) { $0.email = "guest@example.com" }
      let known = try await shop.sync(.of("o2", 7)) { $0.email = "c1@example.com" }
      #expect(known.warnings.map(\.reason) == ["ORDER_MOVED"])
      #expect(try await stats(shop, "c1@example.com")?.totalSpent == 7)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func byHand() async throws {
    try await Shop.open { shop in
      for id in ["c1", "c2"] {
        try await shop.upsert {
          $0.externalID = id
          $0.email = "\(id)@example.com"
        }
      }
      let placed = try await shop.sync(.of("o1", 100) { $0.paymentStatus = .paid })
      #expect(placed.derivedEvents.first?.properties["first_order"]?.kind == .boolValue(true))
      let moved = try await move(shop, "o1", to: .externalID("c2"))
      #expect(moved.outcome == .updated && moved.eventCount == 2)
      #expect(moved.previousCustomerID == placed.order?.customerID)
      #expect(try await types(shop, "c1@example.com").isEmpty)
      #expect(Set(try await types(shop, "c2@example.com")) == ["order_placed", "order_paid"])
      let event = try await shop.timeline(.externalID("c2")).events
        .first { $0.type == "order_placed" }
      #expect(event?.id == placed.derivedEvents.first?.id && event?.revision == 0)
      #expect(event?.properties["first_order"] == nil)
      let image = try shop.image()
      let again = try await move(shop, "o1", to: .externalID("c2"))
      #expect(again.outcome == .unchanged && again.order == moved.order && again.eventCount == 0)
      let unknown = try await failure { try await move(shop, "o9", to: .externalID("c2")) }
      #expect(unknown.code == .notFound && unknown.reason == "ORDER_NOT_FOUND")
      let nobody = try await failure { try await move(shop, "o1", to: .externalID("c9")) }
      #expect(nobody.code == .notFound && nobody.reason == "CUSTOMER_NOT_FOUND")
      let unnamed = try await violations { try await move(shop, nil, to: .externalID("c2")) }
      #expect(unnamed == [Broken("order", "REF_MISSING")])
      #expect(try shop.image() == image)
      try await shop.sync(.of("huge", .max)) { $0.externalID = "c1" }
      let sum = try await failure { try await move(shop, "huge", to: .externalID("c2")) }
      #expect(sum.code == .failedPrecondition && sum.reason == "AMOUNT_OUT_OF_RANGE")
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func whatAnUnmergeLeftBehindCanBeMoved() async throws {
    try await Shop.open { shop in
      for id in ["p", "s"] {
        try await shop.upsert {
          $0.externalID = id
          $0.email = "\(id)@example.com"
        }
      }
      let merged = try await shop.merge(.externalID("p"), .externalID("s"))
      try await shop.sync(.of("later", 700)) { $0.externalID = "s" }
      _ = try await shop.unmerge(merged.mergeID)
      #expect(try await stats(shop, "p@example.com")?.totalSpent == 700)
      let moved = try await move(shop, "later", to: .externalID("s"))
      #expect(moved.eventCount == 1)
      #expect(try await stats(shop, "p@example.com") == nil)
      #expect(try await stats(shop, "s@example.com")?.totalSpent == 700)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func anErasedOrderStaysWhereItIs() async throws {
    try await Shop.open { shop in
      try await shop.sync(.of("o1", 100)) { $0.email = "gone@example.com" }
      try await shop.upsert {
        $0.externalID = "c2"
        $0.email = "c2@example.com"
      }
      try await shop.delete(.email("gone@example.com"))
      let erased = try await failure { try await move(shop, "o1", to: .externalID("c2")) }
      #expect(erased.code == .notFound && erased.reason == "CUSTOMER_ERASED")
      let named = try await failure { try await shop.sync(.of("o1", 100)) { $0.externalID = "c2" } }
      #expect(named.reason == "CUSTOMER_ERASED")
    }
  }

  @Test func followersHearThatEventsMoved() async throws {
    try await WatchRig.run { rig in
      func sync(_ email: String) async throws {
        _ = try await rig.timelines.syncOrder(
          .with {
            $0.customer = .with { $0.email = email }
            $0.order = .of("o1", 100)
          }
        )
      }
      try await sync("a@example.com")
      try await sync("b@example.com")
      try await rig.record("last", type: "end")
      var watch = try await rig.watch(after: 1)
      let seen = try await watch.events(to: "last")
      let placed = seen.filter { $0.event?.type == "order_placed" }
      #expect(placed.map(\.kind) == [.moved])
      #expect(placed.first?.sequence ?? 0 > placed.first?.event?.id ?? 0)
      #expect(placed.first?.event?.sequence == placed.first?.sequence)
    }
  }
}
