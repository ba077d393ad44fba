import PatronModel
import PatronStore
import Testing

@testable import PatronServer

/// Tests of the rows about refused calls.
struct RefusalRecordTests {
  private let failures = AuthenticationFailures(log: LogCollector().log)
  private let now: Int64 = 1_700_000_000_000_000

  /// Writes what was noted, and returns the rows behind the first `count`.
  private func written(
    _ shop: Shop,
    _ records: RefusalRecords,
    after count: Int = 0,
    at time: Int64,
    isLast: Bool = false
  ) async throws -> [AuditRow] {
    records.write(at: time, isLast: isLast)
    // The writer takes its jobs in turn.
    try await shop.write { _ in }
    return Array(try shop.audit().dropFirst(count))
  }

  @Test func attemptsOfAPeerShareARow() async throws {
    try await Shop.open { shop in
      let records = RefusalRecords(failures, in: shop.store)
      #expect(try await written(shop, records, at: now).isEmpty)
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
      let rows = try await written(shop, records, at: now)
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
      let later = try await written(shop, records, after: 3, at: now + 2 * RefusalRecords.interval)
      #expect(later.isEmpty, "nothing is new")
    }
  }

  /// The first attempts are written at once, the following ones once a minute.
  @Test func aPeerHasARowAMinute() async throws {
    try await Shop.open { shop in
      let records = RefusalRecords(failures, in: shop.store)
      let end = now + RefusalRecords.interval
      func attempt(at time: Int64, isLast: Bool = false) async throws -> [String] {
        failures.note("KEY_MISSING", keyID: nil, store: nil, "192.0.2.1", at: time)
        return try await written(shop, records, at: time, isLast: isLast).map(\.targets)
      }
      let first = "reason:KEY_MISSING attempts:1"
      for time in stride(from: now, to: end, by: 1_000_000) {
        #expect(try await attempt(at: time) == [first])
      }
      let second = "reason:KEY_MISSING attempts:60"
      #expect(try await attempt(at: end) == [first, second])
      #expect(try await attempt(at: end + 1) == [first, second])
      // The end of the server loses none.
      let last = try await attempt(at: end + 2, isLast: true)
      #expect(last == [first, second, "reason:KEY_MISSING attempts:2"])
      // A clock that was set back does not silence the log.
      #expect(try await attempt(at: now) == last + [first])
    }
  }

  /// The number in docs/audit.md: a day has 1,440 minutes.
  @Test func aDayHasABound() {
    let reasons = 7
    let rows = (RefusalRecords.maxPeers + reasons) * Int(86_400_000_000 / RefusalRecords.interval)
    #expect(rows == 33_120)
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
      let records = RefusalRecords(failures, in: shop.store)
      let rows = try await written(shop, records, at: now)
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
