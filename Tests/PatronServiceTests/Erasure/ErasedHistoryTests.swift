import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of the erasure of long histories, which takes several transactions.
@Suite(.timeLimit(.minutes(15)))
struct ErasedHistoryTests {
  /// Records events as batches.
  static func record(_ count: Int, of customer: String = "c1", _ shop: Shop) async throws {
    for start in stride(from: 0, to: count, by: 1000) {
      _ = try await shop.timelines.batchRecordEvents(
        .with {
          $0.items = (start..<min(start + 1000, count)).map { number in
            .with {
              $0.customer = .with { $0.externalID = customer }
              $0.event = .with {
                RecordEventTests.quiz("\(customer)-\(number)", at: 1_600_000_000 + Int64(number))(
                  &$0
                )
                $0.properties["answer"] = .text("secret")
              }
            }
          }
        }
      )
    }
  }

  @Test(arguments: [DeleteMode.anonymize, .purge])
  func bothSidesOfOneTransaction(_ mode: DeleteMode) async throws {
    let most = HistoryErasure.maxRows
    // One event reports the record, and one the erasure.
    for count in [most - 3, most - 2, most - 1, most, 3 * most + 7] {
      try await Shop.open { shop in
        try await shop.upsert(DeleteTests.ada)
        try await Self.record(count, shop)
        let receipt = try await shop.delete(.externalID("c1"), mode)
        #expect(receipt.eventCount == Int64(count + 1), "\(count)")
        let left = try shop.rows(
          "SELECT count(*), sum(event_id LIKE 'patron:erased:%') FROM events",
          columns: 2
        )
        let expected = mode == .purge ? ["1", "0"] : [String(count + 2), String(count + 1)]
        #expect(left == [expected], "\(count)")
        #expect(
          try shop.rows("SELECT is_complete FROM erasures", columns: 1) == [["1"]],
          "\(count)"
        )
        #expect(try shop.store.check([RecordChecks.run]) == [], "\(count)")
      }
    }
  }

  @Test(arguments: [DeleteMode.anonymize, .purge])
  func othersWriteMeanwhile(_ mode: DeleteMode) async throws {
    try await Shop.open { shop in
      try await shop.upsert(DeleteTests.ada)
      try await shop.upsert {
        $0.externalID = "c2"
        $0.email = "bob@example.com"
      }
      try await Self.record(3 * HistoryErasure.maxRows, shop)
      let hold = WriterHold()
      defer { hold.open() }
      try await hold.take(shop)
      let shared = shop
      let receipt = Task { try await shared.delete(.externalID("c1"), mode) }
      await hold.waitUntilQueued(1, shop)
      let write = Task {
        try await shared.record(of: { $0.externalID = "c2" }, RecordEventTests.quiz("b"))
      }
      await hold.waitUntilQueued(2, shop)
      let between = Task {
        try await shared.tamper("CREATE TABLE seen AS SELECT is_complete FROM erasures")
      }
      await hold.waitUntilQueued(3, shop)
      hold.open()
      // The write that waited behind the first step was committed before the last step.
      try await between.value
      _ = try await write.value
      #expect(try await receipt.value.eventCount == Int64(3 * HistoryErasure.maxRows + 1))
      #expect(try shop.rows("SELECT * FROM seen", columns: 1) == [["0"]])
      #expect(try shop.rows("SELECT is_complete FROM erasures", columns: 1) == [["1"]])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func whatWasInterruptedIsFinishedAtTheNextStart() async throws {
    for mode in [DeleteMode.anonymize, .purge] {
      try await Shop.open { shop in
        try await shop.upsert(DeleteTests.ada)
        try await Self.record(1500, shop)
        try await shop.sync(.of("o1", 100) { $0.paymentMethod = "secret card" })
        let store = try StoreID.named("")
        // The server stops after the first step.
        try await shop.write { transaction in
          let writer = StoreWriter(transaction, of: store)
          let row = try #require(try writer.read.customerRow(.externalID("c1")))
          let receipt = try Erasure.begin(
            row,
            mode == .purge ? .purge : .anonymize,
            reason: "",
            in: writer,
            at: WallClock.system.now()
          )
          _ = try HistoryErasure(store: store, receipt: receipt).step(in: writer)
        }
        let open = try shop.rows(
          "SELECT count(*) FROM events WHERE instr(body, 'secret') > 0",
          columns: 1
        )
        #expect(open == [["1000"]])
        #expect(try shop.store.check([RecordChecks.run]) == [])
        try PendingErasures.run(shop.store) { Issue.record("\($0)") }
        #expect(
          try shop.rows("SELECT count(*) FROM events WHERE instr(body, 'secret') > 0", columns: 1)
            == [["0"]]
        )
        #expect(
          try shop.rows("SELECT count(*) FROM orders WHERE instr(body, 'secret') > 0", columns: 1)
            == [["0"]]
        )
        #expect(try shop.rows("SELECT is_complete FROM erasures", columns: 1) == [["1"]])
        let image = try shop.image()
        try PendingErasures.run(shop.store) { Issue.record("\($0)") }
        #expect(try shop.image() == image)
        #expect(try shop.store.check([RecordChecks.run]) == [])
      }
    }
  }

  /// Runs upserts, orders, events, opt-outs and erasures in random order.
  @Test(arguments: SeededRandom.seeds(3, 1_848, 90_210))
  func everythingHoldsAfterRandomCalls(_ seed: UInt64) async throws {
    try await Shop.open { shop in
      var random = SeededRandom(seed: seed)
      try await shop.set(["allow_recreate_after_erasure"]) { $0.allowRecreateAfterErasure = true }
      var erased: Set<Int64> = []
      for number in 0..<600 {
        let who = Int.random(in: 0..<12, using: &random)
        let name: (inout CustomerInput) -> Void = {
          $0.externalID = "c\(who)"
          $0.email = "c\(who)@example.com"
        }
        switch Int.random(in: 0..<12, using: &random) {
        case 0...3:
          let subscribes = Bool.random(using: &random)
          try await shop.upsert {
            name(&$0)
            $0.tags = "t\(number % 5)"
            $0.acceptsEmailMarketing = subscribes
          }
        case 4...5: try await shop.record(of: name, RecordEventTests.quiz("e\(number)"))
        case 6...7: try await shop.sync(.of("o\(number)", Int64(number)), of: name)
        case 8:
          _ = try? await shop.unsubscribe(.externalID("c\(who)")) { $0.channels = [.email] }
        case 9: _ = try? await shop.suppress(.externalID("c\(who)")) { $0.channels = [.email] }
        default:
          let mode: DeleteMode = Bool.random(using: &random) ? .purge : .anonymize
          guard let customer = try? await shop.customer(.externalID("c\(who)")) else { continue }
          try await shop.delete(.id(customer.id), mode)
          erased.insert(customer.id)
        }
        if number % 200 == 199 {
          #expect(try shop.store.check([RecordChecks.run]) == [], "seed \(seed), \(number)")
        }
      }
      let listed = try await shop.list(size: 100).customers.map(\.id)
      #expect(erased.isDisjoint(with: listed), "seed \(seed)")
      #expect(erased.count > 10, "seed \(seed)")
      #expect(
        try shop.rows("SELECT count(*) FROM erasures WHERE is_complete", columns: 1)
          == [[String(erased.count)]],
        "seed \(seed)"
      )
    }
  }
}
