import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import TTRPCNIO
import Testing

@testable import PatronCore
@testable import PatronServer
@testable import PatronService

/// The open calls of keys on a socket: they end with the right of their key, and give the places of
/// their limits back.
@Suite(.timeLimit(.minutes(15)))
struct OpenCallTests {
  private static func gate(
    _ shop: Store,
    ofKeys: CallerLimits = CallerLimits()
  ) -> Gate {
    Gate(
      .off,
      of: shop,
      ofKeys: ofKeys,
      failures: AuthenticationFailures(log: LogCollector().log)
    )
  }

  private static func open(
    ofKeys: CallerLimits = CallerLimits(),
    clock: WallClock = .system,
    _ body: (Shop) async throws -> Void
  ) async throws {
    try await Shop.open(
      usesSocket: true,
      makeGate: { gate($0, ofKeys: ofKeys) },
      clock: clock,
      body
    )
  }

  /// Opens a watch and waits until it has begun.
  private static func watch(
    _ shop: Shop,
    _ key: TestKey
  ) async throws -> MessageStream<WatchTimelineResponse>.AsyncIterator {
    let watch = try await shop.timelines.watchTimeline(.with { _ in }, options: key.options)
    var messages = watch.makeAsyncIterator()
    _ = try await messages.next()
    return messages
  }

  @Test func aRevocationEndsWatchesOfTheKeyOnly() async throws {
    try await Self.open { shop in
      let (key, other) = (try await shop.key(of: "one"), try await shop.key(of: "one"))
      var ended = try await Self.watch(shop, key)
      var kept = try await Self.watch(shop, other)
      try await shop.revoke(key)
      let error = try await failure { while try await ended.next() != nil {} }
      #expect(error.code == .unauthenticated)
      #expect(error.reason == "KEY_REVOKED")
      try await shop.upsert(in: "one") { $0.email = "a@example.com" }
      let next = try await kept.next()
      #expect(next != nil)
    }
  }

  @Test func anExpiryEndsWatches() async throws {
    let clock = TestClock()
    try await Self.open(clock: clock.clock) { shop in
      let end = clock.clock.now() + Int64(Duration.days(1) / .microseconds(1))
      let key = try await shop.key(of: "one", until: end)
      var watch = try await Self.watch(shop, key)
      clock.advance(by: .days(2))
      let error = try await failure { while try await watch.next() != nil {} }
      #expect(error.reason == "KEY_EXPIRED")
    }
  }

  @Test func anUnboundNameEndsNothingOfTheKeyItself() async throws {
    try await Self.open { shop in
      let key = try await shop.key(of: "one")
      try await shop.write { try KeyWriter($0).bind("DNS:a.example.com", to: key.key.id) }
      var watch = try await Self.watch(shop, key)
      try await shop.write { try KeyWriter($0).unbind("DNS:a.example.com") }
      try await shop.upsert(in: "one") { $0.email = "a@example.com" }
      let next = try await watch.next()
      #expect(next != nil)
    }
  }

  @Test func queuedWorkIsDroppedWithItsKey() async throws {
    let clock = TestClock()
    try await Self.open(clock: clock.clock) { shop in
      let end = clock.clock.now() + Int64(Duration.days(1) / .microseconds(1))
      let key = try await shop.key(of: "one", until: end)
      var watch = try await Self.watch(shop, key)
      let hold = WriterHold()
      defer { hold.open() }
      try await hold.take(shop)
      let write = Task {
        try await shop.customers.upsertCustomer(
          .with { $0.customer = .with { $0.email = "gone@example.com" } },
          options: key.options
        )
      }
      await hold.waitUntilQueued(1, shop)
      clock.advance(by: .days(2))
      // The watch ends in the tick that drops the write.
      _ = try await failure { while try await watch.next() != nil {} }
      hold.open()
      let error = try await failure { try await write.value }
      #expect(error.code == .unauthenticated)
      #expect(error.reason == "KEY_EXPIRED")
      #expect(try shop.rows("SELECT count(*) FROM customers", columns: 1) == [["0"]])
    }
  }

  @Test func placesComeBackHoweverACallEnds() async throws {
    var limits = CallerLimits()
    limits.callsAtOnce = 1
    limits.scansAtOnce = 1
    try await Self.open(ofKeys: limits) { shop in
      let key = try await shop.key(of: "one")
      try await shop.upsert(in: "one") {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
      }
      for _ in 0..<3 {
        // Answers: of a read at once, of a write later, and an error.
        _ = try await shop.customers.getCustomer(
          .with { $0.customer = .with { $0.ref = .externalID("c1") } },
          options: key.options
        )
        _ = try await shop.customers.upsertCustomer(
          .with { $0.customer = .with { $0.email = "c2@example.com" } },
          options: key.options
        )
        let error = try await failure {
          try await shop.customers.getCustomer(.with { _ in }, options: key.options)
        }
        #expect(error.code == .invalidArgument)
        // The end of a stream.
        let export = try await shop.customers.exportCustomers(.with { _ in }, options: key.options)
        for try await _ in export {}
      }
      // A cancelled stream. Its place comes back when the server has read the CANCEL.
      let watch = try await shop.timelines.watchTimeline(.with { _ in }, options: key.options)
      let refused = try await failure {
        try await shop.customers.getCustomer(.with { _ in }, options: key.options)
      }
      #expect(refused.reason == "CALLS_AT_ONCE")
      watch.cancel()
      var reason = "CALLS_AT_ONCE"
      while reason == "CALLS_AT_ONCE" {
        reason = try await failure {
          try await shop.customers.getCustomer(.with { _ in }, options: key.options)
        }.reason
      }
      #expect(reason.isEmpty)
    }
  }
}
