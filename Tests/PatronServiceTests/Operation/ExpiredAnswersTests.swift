import PatronProto
import ProtobufC
import Synchronization
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService
@testable import PatronStore

/// Tests that expired rows are removed, also in a store that gets no more of them.
struct ExpiredAnswersTests {
  @Test func aStartForgetsTheAnswersOfAllStores() async throws {
    let clock = TestClock()
    try await Shop.open(clock: clock.clock) { shop in
      func record(_ numbers: [Int]) async throws {
        for (store, number) in ["one", "two"].flatMap({ name in numbers.map { (name, $0) } }) {
          let owner: (inout CustomerInput) -> Void = {
            $0.externalID = "c1"
            $0.email = "c1@example.com"
          }
          try await shop.record(
            in: store,
            requestID: "r\(number)",
            of: owner,
            RecordEventTests.quiz("e\(number)")
          )
        }
      }
      try await record(Array(0..<11))
      clock.advance(by: .minutes(120))
      try await record([11])
      let image = try shop.image()
      try ExpiredAnswers.run(shop.store, clock: clock.clock)
      #expect(try shop.image() == image)
      clock.advance(by: .days(1) - .minutes(60))
      try ExpiredAnswers.run(shop.store, clock: clock.clock)
      #expect(
        try shop.rows("SELECT store_id, request_id FROM requests ORDER BY 1", columns: 2)
          == [["one", "r11"], ["two", "r11"]]
      )
    }
  }

  @Test func upkeepForgetsTheAnswersOfAllStores() async throws {
    let clock = TestClock()
    try await Shop.open(clock: clock.clock) { shop in
      let request = BatchRecordEventsRequest.with { $0.items = [RecordEventItem()] }
      for (store, count) in (0..<20).map({ ("s\($0)", 1) }) + [("large", 250)] {
        for number in 0..<count {
          var request = request
          request.storeID = store
          request.requestID = "r\(number)"
          _ = try await shop.timelines.batchRecordEvents(request)
        }
      }
      let upkeep = ExpiredAnswers.upkeep(clock: clock.clock)
      /// Runs a pass and returns the number of its steps.
      func pass() async throws -> Int {
        let hasMore = Mutex(true)
        var steps = 0
        while hasMore.withLock({ $0 }) {
          try await shop.write { transaction in
            let more = try upkeep.step(transaction)
            hasMore.withLock { $0 = more }
          }
          steps += 1
        }
        return steps
      }
      let image = try shop.image()
      #expect(try await pass() == 2)
      #expect(try shop.image() == image)
      clock.advance(by: .days(1) + .minutes(1))
      // The large store takes three steps.
      #expect(try await pass() == 4)
      #expect(try shop.rows("SELECT count(*) FROM requests", columns: 1) == [["0"]])
    }
  }

  @Test func anAnswerIsRepeatedForADay() async throws {
    let clock = TestClock()
    try await Shop.open(clock: clock.clock) { shop in
      func record(_ event: String) async throws -> RecordEventResponse {
        try await shop.record(
          requestID: "r1",
          of: {
            $0.externalID = "c1"
            $0.email = "c1@example.com"
          },
          RecordEventTests.quiz(event)
        )
      }
      let first = try await record("e1")
      clock.advance(by: .days(1) - .minutes(60))
      #expect(try await record("e1") == first)
      clock.advance(by: .minutes(120))
      // The next request with an id removes the expired answers of its store.
      try await shop.record(requestID: "r2", RecordEventTests.quiz("e2"))
      #expect(try shop.rows("SELECT request_id FROM requests", columns: 1) == [["r2"]])
      #expect(try await record("e3").outcome == .created)
    }
  }

  @Test func aStartForgetsTokensThatNobodyUsed() async throws {
    let clock = TestClock()
    try await Shop.open(clock: clock.clock) { shop in
      func ask(_ name: String) async throws -> String {
        try await shop.subscribe {
          $0.customer = .with { $0.email = "\(name)@example.com" }
          $0.channels = [.email]
          $0.doubleOptIn = true
        }.confirmationToken
      }
      let old = try await ask("a")
      clock.advance(by: .days(2))
      let recent = try await ask("b")
      // Tokens end after 7 days and are known as expired for 30 more.
      clock.advance(by: .days(36))
      try ExpiredAnswers.run(shop.store, clock: clock.clock)
      #expect(try shop.rows("SELECT count(*) FROM confirmations", columns: 1) == [["1"]])
      let forgotten = try await failure { try await shop.confirm(old) }
      #expect(forgotten.reason == "CONFIRMATION_NOT_FOUND")
      let expired = try await failure { try await shop.confirm(recent) }
      #expect(expired.reason == "CONFIRMATION_EXPIRED")
    }
  }
}
