import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of checkouts and of the events that they emit.
struct CheckoutTests {
  private func sync(
    _ shop: Shop,
    _ adjust: (inout Checkout) -> Void = { _ in }
  ) async throws -> SyncCheckoutResponse {
    try await sync(shop, of: { $0.email = "a@example.com" }, adjust)
  }

  private func sync(
    _ shop: Shop,
    of customer: (inout CustomerInput) -> Void,
    _ adjust: (inout Checkout) -> Void = { _ in }
  ) async throws -> SyncCheckoutResponse {
    try await shop.timelines.syncCheckout(
      .with {
        $0.invalidFields = .reject
        $0.customer = .with(customer)
        $0.checkout = .with {
          $0.token = "k1"
          $0.startedAt = .at(1_700_000_000)
          $0.total = .of(4200)
          adjust(&$0)
        }
      }
    )
  }

  @Test func aWordMayBeTakenBackUntilItIsCompleted() async throws {
    try await Shop.open { shop in
      func emit(_ accepts: Bool, _ adjust: (inout Checkout) -> Void = { _ in }) async throws
        -> ConsentState
      {
        _ = try await sync(
          shop,
          of: {
            $0.email = "a@example.com"
            $0.acceptsEmailMarketing = accepts
          },
          adjust
        )
        return try await shop.state(.email, .email("a@example.com"))
      }
      #expect(try await emit(true) == .subscribed)
      // A repeat contains no new statement.
      #expect(try await emit(false) == .subscribed)
      #expect(try await emit(false) { $0.completedAt = .at(1_700_000_900) } == .unsubscribed)
      try await shop.subscribe {
        $0.customer = .with { $0.email = "a@example.com" }
        $0.channels = [.email]
      }
      let total: (inout Checkout) -> Void = {
        $0.completedAt = .at(1_700_000_900)
        $0.total = .of(4300)
      }
      #expect(try await emit(false, total) == .subscribed)
    }
  }

  @Test func fillsNothingThatWasClearedSince() async throws {
    try await Shop.open { shop in
      for name in ["Ada", ""] {
        try await shop.upsert {
          $0.email = "a@example.com"
          $0.firstName = name
        }
      }
      let started = try await sync(
        shop,
        of: {
          $0.email = "a@example.com"
          $0.firstName = "Old"
          $0.lastName = "King"
        }
      )
      #expect(started.derivedEvents.first?.enrichedFields == ["default_currency", "last_name"])
      let full = try await shop.get(.email("a@example.com"), view: .full)
      #expect(full.customer?.firstName == nil && full.customer?.lastName == "King")
      let name = try #require(full.provenance.first { $0.field == "last_name" })
      #expect(name.setBy == "checkout_started" && name.setAt == .at(1_700_000_000))
      #expect(name.eventID == started.derivedEvents.first?.id)
      // New data in a repeat is stored too.
      _ = try await sync(
        shop,
        of: {
          $0.email = "a@example.com"
          $0.phoneNumber = "+14155550100"
        }
      )
      let again = try await shop.get(.email("a@example.com"), view: .full).provenance
      #expect(again.first { $0.field == "phone_number" }?.setBy == "checkout_started")
    }
  }

  @Test func createsTheCustomerAndTellsEachTransitionOnce() async throws {
    try await Shop.open { shop in
      let guest: (inout CustomerInput) -> Void = {
        $0.email = "a@example.com"
        $0.phoneNumber = "+14155550100"
        $0.firstName = "Ada"
      }
      let started = try await sync(shop, of: guest) {
        $0.landingSiteURL = "https://shop.example/a"
        $0.shippingAddress = .with { $0.city = "Delft" }
      }
      #expect(started.outcome == .created && started.customerCreated)
      #expect(started.derivedEvents.map(\.type) == ["checkout_started"])
      let event = started.derivedEvents.first
      #expect(event?.amount == .of(4200) && event?.references?.checkoutToken == "k1")
      #expect(event?.occurredAt == .at(1_700_000_000))
      #expect(event?.enrichedFields.contains("address") == true)
      let customer = try await shop.customer(.phoneNumber("+14155550100"))
      #expect(customer.firstName == "Ada" && customer.address?.city == "Delft")
      #expect(customer.defaultCurrency == "USD" && customer.origin == .ecommercePlatform)
      let abandoned: (inout Checkout) -> Void = {
        $0.abandonedAt = .at(1_700_003_600)
        $0.abandonedCheckoutURL = "https://shop.example/k1"
      }
      let left = try await sync(shop, of: guest, abandoned)
      #expect(left.derivedEvents.map(\.type) == ["checkout_abandoned"])
      let image = try shop.image()
      let again = try await sync(shop, of: guest, abandoned)
      #expect(again.outcome == .unchanged && again.derivedEvents.isEmpty)
      #expect(try shop.image() == image)
      let done = try await sync(shop, of: guest) {
        abandoned(&$0)
        $0.completedAt = .at(1_700_009_000)
        $0.orderExternalID = "o1"
      }
      #expect(done.derivedEvents.map(\.type) == ["checkout_recovered"])
      #expect(done.derivedEvents.first?.references?.orderExternalID == "o1")
      // A late repeat of an earlier state does not undo the completion by an order.
      let late = try await sync(shop, of: guest, abandoned)
      #expect(late.outcome == .unchanged && late.checkout?.orderExternalID == "o1")
      #expect(try await shop.timeline(.email("a@example.com")).events.count == 4)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func whatIsNotGivenStaysAndWhatIsEmptyIsCleared() async throws {
    try await Shop.open { shop in
      let full = try await sync(shop) {
        $0.abandonedAt = .at(1_700_003_600)
        $0.landingSiteURL = "https://shop.example/a"
        $0.lineItems = [.with { $0.name = "Mug" }]
        $0.shippingAddress = .with { $0.city = "Delft" }
      }.checkout
      func part(_ adjust: (inout Checkout) -> Void = { _ in }) async throws -> SyncCheckoutResponse
      {
        try await sync(shop) {
          $0 = Checkout()
          $0.token = "k1"
          adjust(&$0)
        }
      }
      let same = try await part()
      #expect(same.outcome == .unchanged && same.checkout == full)
      let cleared = try await part {
        $0.abandonedAt = GoogleProtobuf.Timestamp()
        $0.total = Money()
        $0.shippingAddress = Address()
      }.checkout
      #expect(cleared?.abandonedAt == nil && cleared?.total == nil)
      #expect(cleared?.shippingAddress == nil && cleared?.lineItems == full?.lineItems)
      #expect(cleared?.startedAt == .at(1_700_000_000))
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func anOrderRecoversTheCheckoutItCameFrom() async throws {
    try await Shop.open { shop in
      _ = try await sync(shop) { $0.abandonedAt = .at(1_700_003_600) }
      let order = Order.of("o1", 4200, at: 1_700_009_000) { $0.checkoutToken = "k1" }
      let placed = try await shop.sync(order) { $0.email = "a@example.com" }
      #expect(placed.derivedEvents.map(\.type) == ["order_placed", "checkout_recovered"])
      #expect(placed.derivedEvents.last?.orderID == placed.order?.id)
      var paid = order
      paid.paymentStatus = .paid
      let after = try await shop.sync(paid) { $0.email = "a@example.com" }
      #expect(after.derivedEvents.map(\.type) == ["order_paid"])
      let known = try await sync(shop) { $0.abandonedAt = .at(1_700_003_600) }
      #expect(known.outcome == .unchanged && known.checkout?.orderExternalID == "o1")
    }
  }

  @Test func theOrderMayComeFirst() async throws {
    try await Shop.open { shop in
      let placed = try await shop.sync(
        .of("o1", 4200, at: 1_700_009_000) { $0.checkoutToken = "k1" }
      ) { $0.email = "a@example.com" }
      let late = try await sync(shop) { $0.abandonedAt = .at(1_700_003_600) }
      #expect(
        late.derivedEvents.map(\.type)
          == ["checkout_started", "checkout_abandoned", "checkout_recovered"]
      )
      #expect(late.derivedEvents.last?.orderID == placed.order?.id)
      #expect(late.derivedEvents.last?.occurredAt == .at(1_700_009_000))
      #expect(late.checkout?.orderExternalID == "o1")
      // A checkout that was not abandoned is not recovered.
      let plain = try await shop.timelines.syncCheckout(
        .with {
          $0.customer = .with { $0.email = "a@example.com" }
          $0.checkout = .with {
            $0.token = "k2"
            $0.startedAt = .at(1_700_000_000)
            $0.completedAt = .at(1_700_000_100)
          }
        }
      )
      #expect(plain.derivedEvents.map(\.type) == ["checkout_started"])
    }
  }

  @Test func aRepeatBringsBackNothing() async throws {
    try await Shop.open { shop in
      let flagged: (inout CustomerInput) -> Void = {
        $0.email = "a@example.com"
        $0.acceptsEmailMarketing = true
      }
      _ = try await sync(shop, of: flagged)
      try await shop.upsert {
        $0.email = "a@example.com"
        $0.acceptsEmailMarketing = false
      }
      _ = try await sync(shop, of: flagged) { $0.abandonedAt = .at(1_700_003_600) }
      let customer = try await shop.customer(.email("a@example.com"))
      #expect(customer.subscriptions.first?.state == .unsubscribed)
    }
  }

  @Test func refusedCheckoutsLeaveNoTrace() async throws {
    try await Shop.open { shop in
      _ = try await sync(shop)
      let image = try shop.image()
      let other = try await failure { try await sync(shop, of: { $0.email = "b@example.com" }) }
      #expect(other.code == .failedPrecondition && other.reason == "CHECKOUT_CUSTOMER_CHANGED")
      let nobody = try await failure {
        try await sync(shop, of: { $0.externalID = "c9" }) { $0.token = "k9" }
      }
      #expect(nobody.code == .failedPrecondition && nobody.reason == "CONTACT_REQUIRED")
      let broken = try await violations {
        try await shop.timelines.syncCheckout(
          .with {
            $0.invalidFields = .reject
            $0.customer = .with { $0.email = "nobody" }
            $0.checkout = .with {
              $0.abandonedAt = .at(-1)
              $0.total = .of(-1)
              $0.landingSiteURL = String(repeating: "u", count: 2049)
              $0.lineItems = Array(repeating: LineItem(), count: 501)
            }
          }
        )
      }
      #expect(
        Set(broken) == [
          Broken("customer.email", "EMAIL_MALFORMED"),
          Broken("checkout.token", "FIELD_REQUIRED"),
          Broken("checkout.abandoned_at", "TIME_OUT_OF_RANGE"),
          Broken("checkout.total.minor_units", "AMOUNT_NEGATIVE"),
          Broken("checkout.landing_site_url", "TEXT_TOO_LONG"),
          Broken("checkout.line_items", "LIST_TOO_LONG"),
        ]
      )
      let undated = try await violations {
        try await sync(shop) {
          $0.token = "k2"
          $0.startedAt = nil
        }
      }
      #expect(undated == [Broken("checkout.started_at", "FIELD_REQUIRED")])
      let mixed = try await violations {
        try await sync(shop) {
          $0.total = nil
          $0.lineItems = [.with { $0.total = .of(1, "EUR") }, .with { $0.total = .of(1) }]
        }
      }
      #expect(mixed == [Broken("checkout.line_items[1].total.currency_code", "CURRENCY_MIXED")])
      #expect(try shop.image() == image)
      let longest = try await sync(shop) {
        $0.landingSiteURL = String(repeating: "u", count: 2048)
        $0.lineItems = Array(repeating: LineItem(), count: 500)
      }
      #expect(longest.outcome == .updated)
    }
  }
}
