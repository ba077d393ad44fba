import PatronModel
import PatronStore
import Testing

@testable import PatronServer

/// Tests of the rows about refused calls.
struct RefusalRecordTests {
  private let failures = AuthenticationFailures(log: LogCollector().log)
  private let now: Int64 = 1_700_000_000_000_000

  /// Writes what was noted, and returns the rows behind the first `count`.
  private func written(_ shop: Shop, after count: Int = 0) async throws -> [AuditRow] {
    RefusalRecords(failures, in: shop.store).write()
    // The writer takes its jobs in turn.
    try await shop.write { _ in }
    return Array(try shop.audit().dropFirst(count))
  }

  @Test func attemptsOfAPeerShareARow() async throws {
    try await Shop.open { shop in
      #expect(try await written(shop).isEmpty)
      let key = KeyID(value: 7)
      for number in 0..<3 {
        failures.note(
          "KEY_UNKNOWN",
          keyID: nil,
          store: nil,
          "192.0.2.1",
          at: now + Int64(number)
        )
      }
      failures.note("KEY_EXPIRED", keyID: key, store: nil, "192.0.2.1", at: now + 10)
      failures.note("SCOPE_MISSING", keyID: key, store: "two", "unix", at: now + 20)
      let rows = try await written(shop)
      #expect(
        rows.map(\.action) == ["authentication.fail", "authentication.fail", "permission.deny"]
      )
      #expect(rows.map(\.result) == [16, 16, 7])
      #expect(rows.map(\.store) == ["", "*", "two"])
      #expect(rows.map(\.keyID) == ["", key.text, key.text])
      #expect(rows.map(\.peer) == ["192.0.2.1", "192.0.2.1", "unix"])
      #expect(rows.map(\.at) == [now + 2, now + 10, now + 20])
      #expect(
        rows.map(\.targets) == [
          "reason:KEY_UNKNOWN attempts:3", "reason:KEY_EXPIRED attempts:1",
          "reason:SCOPE_MISSING attempts:1",
        ]
      )
      #expect(try await written(shop, after: 3).isEmpty, "nothing is new")
    }
  }

  /// An attacker with many addresses adds a bounded number of rows, and no attempt is lost.
  @Test func manyPeersShareRows() async throws {
    try await Shop.open { shop in
      let reasons = ["KEY_UNKNOWN", "KEY_MALFORMED"]
      for peer in 0..<3000 {
        for _ in 0...(peer < 5 ? 9 : 0) {
          failures.note(
            reasons[peer % 2],
            keyID: nil,
            store: nil,
            "2001:db8::\(String(peer, radix: 16))",
            at: now
          )
        }
      }
      let rows = try await written(shop)
      #expect(rows.count == RefusalRecords.maxPeers + reasons.count)
      let attempts = rows.map { row in
        Int(row.targets.split(separator: ":").last ?? "") ?? 0
      }
      let all: Int = attempts.reduce(0, +)
      #expect(all == 3045)
      #expect(rows.count { $0.peer.isEmpty } >= reasons.count)
      #expect(attempts.count { $0 == 10 } == 5, "the most diligent are named")
    }
  }
}
