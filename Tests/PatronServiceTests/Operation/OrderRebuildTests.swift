import PatronProto
import PatronStore
import ProtobufC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the rebuild of orders and statistics of an older version.
struct OrderRebuildTests {
  /// Stores orders as the older version did: with the server's time in the place of the platform's,
  /// and with other totals.
  private func makeOld(_ shop: Shop) async throws {
    for bytes in try shop.blobs("SELECT body FROM orders") {
      var order = try Order(decoding: bytes)
      order.updatedAt = order.changedAt
      order.changedAt = nil
      try await shop.tamper(
        "UPDATE orders SET body = ?1 WHERE id = \(order.id)",
        try order.encoded()
      )
    }
    for (index, bytes) in try shop.blobs("SELECT stats FROM customers ORDER BY customer_id")
      .enumerated()
    {
      var stats = try Customer(decoding: bytes)
      for place in stats.orderStats.indices {
        stats.orderStats[place].netSpent = 0
        stats.orderStats[place].totalSpent = 999
      }
      try await shop.tamper(
        """
        UPDATE customers SET stats = ?1 WHERE customer_id =
          (SELECT customer_id FROM customers ORDER BY customer_id LIMIT 1 OFFSET \(index))
        """,
        try stats.encoded()
      )
    }
    try await shop.tamper("INSERT INTO order_rebuild VALUES ('', 0)")
  }

  @Test func areBroughtUpToThisVersion() async throws {
    try await Shop.open { shop in
      for number in 0..<3 {
        try await shop.sync(
          .of("p\(number)", 1000) { $0.paymentStatus = number == 0 ? .pending : .paid }
        ) { $0.email = "c\(number % 2)@example.com" }
      }
      try await shop.sync(.of("gone", 5)) { $0.email = "gone@example.com" }
      try await shop.delete(.email("gone@example.com"))
      let image = try shop.image()
      try await makeOld(shop)
      #expect(try shop.store.check([RecordChecks.run]).count == 2)
      var reports: [Int] = []
      try OrderRebuild.run(shop.store, clock: .system) { reports.append($0) }
      #expect(reports == [3])
      #expect(try shop.image() == image)
      #expect(try shop.store.check([RecordChecks.run]) == [])
      try OrderRebuild.run(shop.store, clock: .system) { _ in
        Issue.record("there is nothing left to do")
      }
    }
  }

  @Test func theServersOldTimeIsNotThePlatforms() async throws {
    try await Shop.open { shop in
      try await shop.sync(.of("o1", 100)) { $0.email = "a@example.com" }
      try await makeOld(shop)
      try OrderRebuild.run(shop.store, clock: .system)
      // A state from last year is not older than a state without a time of the platform.
      let answer = try await shop.sync(
        .of("o1", 200) { $0.updatedAt = .at(1_700_000_500) }
      ) { $0.email = "a@example.com" }
      #expect(answer.outcome == .updated && answer.warnings.isEmpty)
      #expect(answer.order?.updatedAt == .at(1_700_000_500))
    }
  }
}
