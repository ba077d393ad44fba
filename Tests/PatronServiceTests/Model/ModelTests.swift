import PatronProto
import PatronStore
import ProtobufC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests that compare thousands of random requests with a model that a person can read.
struct ModelTests {
  @Test(arguments: SeededRandom.seeds(1, 20_260_301, 77, 306, 310))
  func theShopDoesWhatTheModelDoes(_ seed: UInt64) async throws {
    try await Shop.open { shop in
      var driver = ModelDriver(shop, seed: seed)
      var seen: [ModelShop.Answer] = []
      for number in 0..<1500 {
        let (was, expected, request) = try await driver.step()
        if !seen.contains(expected) { seen.append(expected) }
        try #require(was == expected, "seed \(seed), request \(number): \(request)")
        if number % 250 == 249 { try await compare(driver, "seed \(seed), after \(number)") }
      }
      #expect(
        try shop.rows("SELECT count(*) FROM consent_ledger", columns: 1)
          == [[String(driver.model.ledgerRows)]],
        "seed \(seed)"
      )
      #expect(try shop.store.check([RecordChecks.run]) == [], "seed \(seed)")
      for reason in [
        "IDENTITY_MISSING", "IDENTITY_AMBIGUOUS", "CONTACT_REQUIRED", "IDENTIFIER_CONFLICT",
        "ORDER_CUSTOMER_CHANGED", "EVENT_CUSTOMER_CHANGED",
      ] {
        #expect(seen.contains(.refused(reason)), "seed \(seed) never meets \(reason)")
      }
      #expect(seen.contains(.merged), "seed \(seed) never merges")
    }
  }

  private func compare(_ driver: ModelDriver, _ place: String) async throws {
    let stored = try await driver.stored()
    try #require(stored.count == driver.model.customers.count, "\(place)")
    for (was, expected) in zip(stored, driver.model.customers) {
      let label = "\(place), customer \(was.id)"
      #expect(was.externalID == expected.externalID, "\(label)")
      #expect(was.email == expected.email, "\(label)")
      #expect(was.phoneNumber == expected.phone, "\(label)")
      #expect(was.firstName == expected.firstName, "\(label)")
      #expect(was.defaultCurrency == expected.currency, "\(label)")
      #expect(was.acceptsEmailMarketing == expected.acceptsEmail, "\(label)")
      // An agreement that ended with its address leaves a subscription.
      let known = was.subscriptions.first?.state
      let state = known == .neverSubscribed ? nil : known
      #expect(
        state == expected.isSubscribed.map { $0 ? .subscribed : .unsubscribed },
        "\(label)"
      )
      #expect(was.orderStats == statistics(expected), "\(label)")
      #expect(
        was.activity.first { $0.source == .thirdParty } == activity(expected),
        "\(label)"
      )
      for search in [expected.email, expected.phone].compactMap({ $0 }) {
        #expect(try await driver.shop.list(search).customers.map(\.id) == [was.id], "\(label)")
      }
    }
  }

  /// Returns the statistics, computed from all orders.
  private func statistics(_ customer: ModelShop.Customer) -> [OrderStats] {
    Set(customer.orders.values.map(\.currency)).sorted().map { currency in
      let orders = customer.orders.values.filter { $0.currency == currency }
      let counted = orders.filter { !$0.isCancelled }
      return .with {
        $0.currencyCode = currency
        $0.orderCount = Int64(counted.count)
        $0.totalSpent = counted.reduce(0) { $0 + $1.total }
        $0.netSpent = counted.reduce(0) { $0 + $1.total - $1.refunded }
        $0.refundedTotal = orders.reduce(0) { $0 + $1.refunded }
        $0.cancelledCount = Int64(orders.count - counted.count)
        $0.firstOrderAt = counted.map(\.placedAt).min().map { .at($0) }
        $0.lastOrderAt = counted.map(\.placedAt).max().map { .at($0) }
      }
    }
  }

  private func activity(_ customer: ModelShop.Customer) -> SourceActivity? {
    let last = customer.events.values.max { ($0.at, $0.number) < ($1.at, $1.number) }
    return last.map { last in
      .with {
        $0.source = .thirdParty
        $0.lastEventAt = .at(last.at)
        $0.type = last.type
        $0.eventCount = Int64(customer.events.count)
      }
    }
  }
}
