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
    try await Shop.open { shop in
      for store in ["one", "two"] {
        // There are more merges than a transaction takes.
        for number in 0..<12 {
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
      try ExpiredMerges.run(shop.store)
      #expect(try shop.image() == image)
      let minute: Int64 = 60_000_000
      // One of the merges has not expired yet.
      try await shop.tamper(
        """
        UPDATE merges SET merged_at = merged_at - \(MergeJournal.lifetime + minute)
        WHERE merge_id < (SELECT max(merge_id) FROM merges)
        """
      )
      try await shop.tamper(
        """
        UPDATE merges SET merged_at = merged_at - \(MergeJournal.lifetime - minute)
        WHERE merge_id = (SELECT max(merge_id) FROM merges)
        """
      )
      try ExpiredMerges.run(shop.store)
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
