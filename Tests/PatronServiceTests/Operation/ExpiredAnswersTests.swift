import PatronProto
import PatronStore
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests that expired rows are removed, also in a store that gets no more of them.
struct ExpiredAnswersTests {
  private let day: Int64 = 86_400_000_000

  @Test func aStartForgetsTheAnswersOfAllStores() async throws {
    try await Shop.open { shop in
      for store in ["one", "two"] {
        let owner: (inout CustomerInput) -> Void = {
          $0.externalID = "c1"
          $0.email = "c1@example.com"
        }
        for number in 0..<12 {
          try await shop.record(
            in: store,
            requestID: "r\(number)",
            of: owner,
            RecordEventTests.quiz("e\(number)")
          )
        }
      }
      let image = try shop.image()
      try ExpiredAnswers.run(shop.store)
      #expect(try shop.image() == image)
      let minute: Int64 = 60_000_000
      try await shop.tamper(
        "UPDATE requests SET created_at = created_at - \(day + minute) WHERE request_id <> 'r5'"
      )
      try await shop.tamper(
        "UPDATE requests SET created_at = created_at - \(day - minute) WHERE request_id = 'r5'"
      )
      try ExpiredAnswers.run(shop.store)
      #expect(
        try shop.rows("SELECT store_id, request_id FROM requests ORDER BY 1", columns: 2)
          == [["one", "r5"], ["two", "r5"]]
      )
    }
  }

  @Test func aStartForgetsTokensThatNobodyUsed() async throws {
    try await Shop.open { shop in
      for (token, age) in [("a", 31), ("b", 29), ("c", 400)] {
        try await shop.tamper(
          """
          INSERT INTO confirmations (store_id, token_hash, channel, topic, customer_id,
            address_hash, requested_at, expires_at)
          VALUES ('quiet', x'\(token)\(token)', 2, 1, 1, x'00', 0,
            \(WallClock.system.now() - Int64(age) * day))
          """
        )
      }
      try ExpiredAnswers.run(shop.store)
      #expect(try shop.rows("SELECT hex(token_hash) FROM confirmations", columns: 1) == [["BB"]])
    }
  }
}
