import PatronProto
import ProtobufC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService
@testable import PatronStore

/// Tests of the answers that are kept for repeats: they hold outcomes and no records, and a repeat
/// gets the records as they are now.
struct KeptAnswerTests {
  private func customer(_ shop: Shop, _ id: String) async throws -> Int64 {
    try await shop.upsert {
      $0.externalID = id
      $0.email = "\(id)@example.com"
    }.customer?.id ?? 0
  }

  private func rename(
    _ shop: Shop,
    _ id: Int64,
    _ name: String,
    _ requestID: String
  ) async throws -> UpdateCustomerResponse {
    try await shop.customers.updateCustomer(
      .with {
        $0.id = id
        $0.customer = .with { $0.firstName = name }
        $0.requestID = requestID
      }
    )
  }

  @Test func aRepeatGetsTheOutcomeWithTheRecordOfNow() async throws {
    try await Shop.open { shop in
      let id = try await customer(shop, "c1")
      let first = try await rename(shop, id, "Ada", "r1")
      let second = try await rename(shop, id, "Augusta", "r2")
      let image = try shop.image()
      let again = try await rename(shop, id, "Ada", "r1")
      #expect(again.outcome == first.outcome && again.changedFields == first.changedFields)
      #expect(again.customer == second.customer)
      #expect(try shop.image() == image)
    }
  }

  @Test func aMergedCustomerIsTheRemainingOne() async throws {
    try await Shop.open { shop in
      let (primary, secondary) = (try await customer(shop, "a"), try await customer(shop, "b"))
      let first = try await rename(shop, secondary, "Ada", "r1")
      let merge = try await shop.merge(.id(primary), .id(secondary), requestID: "r2")
      let again = try await rename(shop, secondary, "Ada", "r1")
      #expect(again.outcome == first.outcome && again.customer == merge.customer)
      let undone = try await shop.unmerge(merge.mergeID, requestID: "r3")
      #expect(try await rename(shop, secondary, "Ada", "r1").customer == undone.secondary)
      let merged = try await shop.merge(.id(primary), .id(secondary), requestID: "r2")
      #expect(merged.mergeID == merge.mergeID && merged.customer == undone.primary)
      try await shop.delete(.id(primary))
      #expect(try shop.rows("SELECT request_id FROM requests", columns: 1) == [["r1"]])
    }
  }

  @Test func anEventIsTheOneOfNow() async throws {
    try await Shop.open { shop in
      _ = try await customer(shop, "c1")
      func record(_ title: String, _ requestID: String) async throws -> RecordEventResponse {
        try await shop.record(requestID: requestID) {
          RecordEventTests.quiz("e1")(&$0)
          $0.title = title
        }
      }
      let first = try await record("One", "r1")
      let second = try await record("Two", "r2")
      let again = try await record("One", "r1")
      #expect(first.outcome == .created && second.outcome == .updated)
      #expect(again.outcome == .created && again.event == second.event)
      _ = try await shop.timelines.deleteEvent(.with { $0.event = .id(first.event?.id ?? 0) })
      let last = try await record("One", "r1")
      #expect(last.outcome == .created && last.event == nil)
    }
  }

  @Test func aLargeRecordIsNotKept() async throws {
    try await Shop.open { shop in
      let text = String(repeating: "x", count: 250)
      let made = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "c1@example.com"
        for number in 0..<100 {
          $0.customProperties["p\(number)"] = .with { $0.kind = .stringValue(text) }
        }
      }
      let id = made.customer?.id ?? 0
      for number in 0..<20 { _ = try await rename(shop, id, "N\(number)", "u\(number)") }
      try await shop.record(requestID: "e1") {
        RecordEventTests.quiz("e1")(&$0)
        $0.properties["text"] = .with { $0.kind = .stringValue(text) }
      }
      try await shop.subscribe {
        $0.customer = .with { $0.externalID = "c1" }
        $0.channels = [.email]
        $0.requestID = "s1"
      }
      #expect(
        try shop.rows("SELECT count(*) FROM requests WHERE length(response) > 500", columns: 1)
          == [["0"]]
      )
    }
  }

  @Test func anAnswerOfAnEarlierVersionIsGivenWhole() async throws {
    try await Shop.open { shop in
      let id = try await customer(shop, "c1")
      let first = try await rename(shop, id, "Ada", "r1")
      try await shop.tamper("UPDATE requests SET position = 0, response = ?1", first.encoded())
      _ = try await rename(shop, id, "Augusta", "r2")
      #expect(try await rename(shop, id, "Ada", "r1") == first)
    }
  }

  @Test func aStoreKeepsTheLatestAnswers() async throws {
    var limits = StoreLimits()
    limits.maxKeptAnswers = 3
    try await Shop.open(limits: limits) { shop in
      let id = try await customer(shop, "c1")
      try await shop.upsert(in: "other") { $0.email = "c1@example.com" }
      try await shop.record(
        in: "other",
        requestID: "r0",
        of: { $0.email = "c1@example.com" },
        RecordEventTests.quiz("e0")
      )
      for number in 1...6 { _ = try await rename(shop, id, "N\(number)", "r\(number)") }
      #expect(try kept(shop) == ["r0", "r4", "r5", "r6"])
      // Of these, the oldest is given again, and one that was forgotten is done again.
      #expect(try await rename(shop, id, "N4", "r4").customer?.firstName == "N6")
      #expect(try await rename(shop, id, "N3", "r3").customer?.firstName == "N3")
      #expect(try kept(shop) == ["r0", "r3", "r5", "r6"])
    }
  }

  @Test func aLargeOutcomeCountsByItsSize() async throws {
    var limits = StoreLimits()
    limits.maxKeptAnswers = 40
    try await Shop.open(limits: limits) { shop in
      let id = try await customer(shop, "c1")
      _ = try await rename(shop, id, "A", "r1")
      let bad = BatchRecordEventsRequest.with {
        $0.requestID = "r2"
        $0.items = Array(repeating: RecordEventItem(), count: 1000)
      }
      let first = try await shop.timelines.batchRecordEvents(bad)
      #expect(try kept(shop) == ["r2"])
      let again = try await shop.timelines.batchRecordEvents(bad)
      #expect(again.counts == first.counts)
      #expect(again.results.map(\.index) == first.results.map(\.index))
      #expect(again.results.map(\.error?.code) == first.results.map(\.error?.code))
      #expect(again.results[0] == first.results[0])
      let size = try shop.blobs("SELECT response FROM requests")[0].count
      #expect(size > 40 << 10 && size < 128 << 10)
    }
  }

  @Test func aBatchKeepsNoGivenValue() async throws {
    try await Shop.open { shop in
      let request = BatchRecordEventsRequest.with {
        $0.requestID = "r1"
        $0.items = [
          .with {
            $0.customer = .with {
              $0.email = "c1@example.com"
              $0.phoneNumber = "12-secret"
            }
            $0.event = .with(RecordEventTests.quiz("e1"))
          }
        ]
      }
      let first = try await shop.timelines.batchRecordEvents(request)
      #expect(first.results[0].warnings.map(\.given) == ["12-secret"])
      let again = try await shop.timelines.batchRecordEvents(request)
      #expect(again.results[0].warnings.map(\.reason) == ["FIELD_DROPPED"])
      #expect(again.results[0].warnings.map(\.given) == [""])
      #expect(try shop.image().contains("12-secret") == false)
    }
  }

  @Test func manyWarningsAreOnlyCounted() throws {
    let fields = RecordFields(warnings: UpdateCustomerResponse.Field.warnings)
    func outcome(_ count: Int) throws -> [UInt8] {
      try UpdateCustomerResponse.with {
        $0.outcome = .updated
        $0.changedFields = ["first_name"]
        $0.warnings = Array(
          repeating: .with { $0.message = String(repeating: "m", count: 200) },
          count: count
        )
      }.encoded()
    }
    #expect(try fields.kept(outcome(300)) == outcome(300))
    let kept = try UpdateCustomerResponse(decoding: fields.kept(outcome(400)))
    #expect(kept.outcome == .updated && kept.changedFields == ["first_name"])
    #expect(kept.warnings.map(\.reason) == ["WARNINGS_LEFT_OUT"])
    #expect(kept.warnings[0].message.hasPrefix("400 "))
  }

  private func kept(_ shop: Shop) throws -> [String] {
    try shop.rows("SELECT request_id FROM requests ORDER BY request_id", columns: 1).map { $0[0] }
  }
}
