import PatronProto
import PatronStore
import ProtobufC
import Synchronization
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the transactions of an erasure.
@Suite(.timeLimit(.minutes(15)))
struct ErasureStepTests {
  static let series = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "

  /// Runs the first transaction of an erasure, as if the server stopped then.
  static func begin(
    _ mode: ErasureMode,
    of customer: String = "c1",
    in shop: Shop
  ) async throws {
    let store = try StoreID.named("")
    try await shop.write { transaction in
      let writer = StoreWriter(transaction, of: store)
      let row = try #require(try writer.read.customerRow(.externalID(customer)))
      let receipt = try Erasure.begin(row, mode, reason: "", in: writer, at: WallClock.system.now())
      _ = try HistoryErasure(store: store, receipt: receipt).step(in: writer)
    }
  }

  private func secrets(_ shop: Shop) throws -> [String] {
    let tables = ["events", "checkouts", "consent_ledger"]
    let counts = tables.map { "(SELECT count(*) FROM \($0) WHERE instr(body, 'secret') > 0)" }
    return try shop.rows(
      "SELECT \(counts.joined(separator: ", "))",
      columns: Int32(tables.count)
    )[0]
  }

  /// Gives the customer a ledger and checkouts of `count` rows each.
  private func fill(_ shop: Shop, _ count: Int) async throws {
    try await shop.upsert(DeleteTests.ada)
    try await shop.subscribe {
      $0.customer = .with { $0.externalID = "c1" }
      $0.evidence?.consentText = "secret"
    }
    _ = try await shop.timelines.syncCheckout(
      .with {
        $0.customer = .with { $0.externalID = "c1" }
        $0.checkout = .with {
          // The token looks like that of an erased checkout.
          $0.token = "patron:erased:secret"
          $0.startedAt = .at(1_700_000_000)
          $0.abandonedCheckoutURL = "https://shop.example/secret"
        }
      }
    )
    try await shop.tamper(
      """
      INSERT INTO checkouts (store_id, token, customer_id, started_at, body)
      \(Self.series)\(count - 1)) SELECT store_id, 'secret' || i, customer_id, started_at, body
      FROM checkouts, n
      """
    )
    try await shop.tamper(
      """
      INSERT INTO consent_ledger (store_id, customer_id, id, body)
      \(Self.series)\(count - 1)) SELECT store_id, customer_id, id + i * 1000000, body
      FROM consent_ledger, n
      """
    )
  }

  @Test(arguments: [ErasureMode.anonymize, .purge])
  func ledgerAndCheckoutsAreWorkedOffInSteps(_ mode: ErasureMode) async throws {
    let most = HistoryErasure.maxRows
    for count in [2, most - 1, most, most + 1, 2 * most + 7] {
      try await Shop.open { shop in
        try await fill(shop, count)
        let before = try secrets(shop).compactMap(Int.init)
        #expect(before[1...] == [count, count], "\(count)")
        try await Self.begin(mode, in: shop)
        let left = try secrets(shop).compactMap(Int.init)
        // A transaction takes no more than its maximum.
        #expect(left[1] >= count - most && left[2] >= min(count, 2 * count - most), "\(count)")
        try PendingErasures.run(shop.store) { Issue.record("\($0)") }
        #expect(try secrets(shop) == ["0", "0", "0"], "\(count)")
        #expect(
          try shop.rows("SELECT count(*), sum(token GLOB '*secret*') FROM checkouts", columns: 2)
            == [mode == .purge ? ["0", ""] : [String(count), "0"]],
          "\(count)"
        )
        #expect(
          try shop.rows("SELECT count(*) FROM consent_ledger", columns: 1) == [[String(count)]]
        )
        #expect(try shop.rows("SELECT is_complete FROM erasures", columns: 1) == [["1"]])
      }
    }
  }

  /// The second transaction meets an event that cannot be decoded, until it is repaired.
  @Test func aRepeatGoesOnAfterAFailure() async throws {
    for requestID in ["r1", ""] {
      try await Shop.open { shop in
        let id = try await shop.upsert(DeleteTests.ada).customer?.id ?? 0
        try await ErasedHistoryTests.record(3 * HistoryErasure.maxRows, shop)
        let damaged = "WHERE event_id = 'c1-\(2 * HistoryErasure.maxRows)'"
        let body = try #require(try shop.blobs("SELECT body FROM events \(damaged)").first)
        try await shop.tamper("UPDATE events SET body = ?1 \(damaged)", [0xff])
        for _ in 0..<2 {
          let error = try await failure { try await shop.delete(.id(id), requestID: requestID) }
          #expect(error.code == .dataLoss && error.reason == "DATABASE_DAMAGED")
        }
        #expect(try shop.rows("SELECT is_complete FROM erasures", columns: 1) == [["0"]])
        try await shop.tamper("UPDATE events SET body = ?1 \(damaged)", body)
        let receipt = try await shop.delete(.id(id), requestID: requestID)
        #expect(
          try shop.rows("SELECT id, event_count, is_complete FROM erasures", columns: 3)
            == [[String(receipt.receiptID), String(receipt.eventCount), "1"]]
        )
        #expect(try secrets(shop) == ["0", "0", "0"])
        let later = try await failure { try await shop.delete(.id(id), requestID: "r2") }
        #expect(later.reason == "CUSTOMER_ERASED")
        #expect(try shop.store.check([RecordChecks.run]) == [])
      }
    }
  }

  /// The erasures of other customers finish, and the server starts. The next start tries the
  /// damaged one again.
  @Test func aStartPassesOverADamagedRecord() async throws {
    try await Shop.open { shop in
      let most = HistoryErasure.maxRows
      for customer in ["c1", "c2", "c3"] {
        try await shop.upsert {
          $0.externalID = customer
          $0.email = "\(customer)@example.com"
        }
        try await ErasedHistoryTests.record(3 * most, of: customer, shop)
        try await Self.begin(.anonymize, of: customer, in: shop)
      }
      try await shop.tamper(
        "UPDATE events SET body = ?1 WHERE event_id = 'c2-\(2 * most)'",
        [0xff]
      )
      func unfinished() throws -> [Int64] {
        try shop.rows("SELECT id FROM erasures WHERE is_complete = 0 ORDER BY id", columns: 1)
          .compactMap { Int64($0[0]) }
      }
      let ids = try unfinished()
      #expect(ids.count == 3)
      for _ in 0..<2 {
        let told = Mutex<[String]>([])
        try PendingErasures.run(shop.store) { text in told.withLock { $0.append(text) } }
        #expect(try unfinished() == [ids[1]])
        let texts = told.withLock { $0 }
        #expect(texts.count == 1 && texts[0].contains("erasure \(ids[1]) of the store `default`"))
        #expect(!texts[0].contains("secret"))
      }
      // Each step is a transaction of its own, so the steps before the damage are done.
      #expect(try secrets(shop) == [String(most - 1), "0", "0"])
    }
  }

  @Test func notesOfOthersStay() async throws {
    try await Shop.open { shop in
      try await shop.upsert(DeleteTests.ada)
      try await shop.upsert {
        $0.externalID = "c2"
        $0.phoneNumber = "+14155550102"
      }
      for id in ["c1", "c2"] {
        try await shop.suppress(.externalID(id), .hardBounce) {
          $0.suppressedAt = .at(1_700_000_000)
          $0.source = "carrier"
          $0.note = "list of May"
        }
      }
      try await shop.delete(.externalID("c1"))
      let other = try await shop.status(of: .externalID("c2"))
      #expect(other.suppressions.map(\.note) == ["list of May"])
      #expect(
        try shop.rows("SELECT note FROM suppressions ORDER BY note", columns: 1)
          == [[""], [""], [""], ["list of May"]]
      )
    }
  }
}
