import PatronProto
import PatronStore
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests that the journal loses its data about customers when a merge cannot be undone any more.
struct ExpiredMergesTests {
  @Test func aStartEmptiesTheJournalsOfAllStores() async throws {
    let clock = TestClock()
    try await Shop.open(clock: clock.clock) { shop in
      for store in ["one", "two"] {
        // There are more merges than a transaction takes.
        for number in 0..<12 {
          // The last merge is two minutes younger than the others.
          if store == "two", number == 11 { clock.advance(by: .minutes(120)) }
          var ids: [Int64] = []
          for part in ["a", "b"] {
            let answer = try await shop.upsert(in: store) {
              $0.externalID = "\(part)\(number)"
              $0.email = "\(part)\(number)@example.com"
            }
            ids.append(answer.customer?.id ?? 0)
          }
          try await shop.merge(.id(ids[0]), .id(ids[1]), in: store)
        }
      }
      let image = try shop.image()
      try ExpiredMerges.run(shop.store, clock: clock.clock)
      #expect(try shop.image() == image)
      clock.advance(by: .microseconds(MergeJournal.lifetime) - .minutes(60))
      try ExpiredMerges.run(shop.store, clock: clock.clock)
      let kept = "secondary <> x'' AND primary_before <> x'' AND primary_after <> x''"
      #expect(
        try shop.rows("SELECT count(*), sum(\(kept)) FROM merges", columns: 2) == [["24", "1"]]
      )
      let last = "(SELECT max(merge_id) FROM merges)"
      #expect(
        try shop.rows("SELECT count(*) FROM merged_names WHERE merge_id <> \(last)", columns: 1)
          == [["0"]]
      )
      #expect(try shop.findings() == [])
    }
  }
}
