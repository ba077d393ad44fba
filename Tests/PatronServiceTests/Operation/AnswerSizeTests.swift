import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests that a write whose answer cannot be sent is rolled back.
struct AnswerSizeTests {
  private static var small: Limits {
    var limits = Limits()
    limits.responseBytes = 2048
    return limits
  }

  private func refused(
    _ shop: Shop,
    _ what: String,
    _ call: () async throws -> Void
  ) async throws {
    let image = try shop.image()
    let error = try await failure(what) { try await call() }
    #expect(error.code == .resourceExhausted && error.reason == "ANSWER_TOO_LARGE", "\(what)")
    #expect(try shop.image() == image, "\(what): nothing of it stays")
  }

  private static func email(_ number: Int) -> String { "c\(number)@example.com" }

  @Test func everyWriteWithALargeAnswerIsTakenBack() async throws {
    try await Shop.open(transport: Self.small) { shop in
      for number in 0..<50 {
        try await shop.upsert { $0.email = Self.email(number) }
      }
      let tags = (0..<20).map { "\($0)" + String(repeating: "x", count: 200) }
        .joined(separator: ",")
      try await refused(shop, "UpsertCustomer of a new customer") {
        try await shop.upsert {
          $0.email = "new@example.com"
          $0.tags = tags
        }
      }
      try await refused(shop, "UpsertCustomer of a known one") {
        try await shop.upsert {
          $0.email = Self.email(1)
          $0.tags = tags
        }
      }
      try await refused(shop, "BatchUpsertCustomers") {
        _ = try await shop.customers.batchUpsertCustomers(
          .with { request in
            request.customers = (0..<400).map { number in .with { $0.email = Self.email(number) } }
          }
        )
      }
      try await refused(shop, "ImportCustomers") {
        _ = try await shop.customers.importCustomers(
          .with { request in
            request.items = (0..<400).map { number in
              .with { $0.customer = .with { $0.email = Self.email(number) } }
            }
          }
        )
      }
      try await refused(shop, "RecordEvent") {
        try await shop.record(requestID: "r1", of: { $0.email = "c1@example.com" }) {
          RecordEventTests.quiz("e1")(&$0)
          $0.properties["text"] = .with { $0.kind = .stringValue(tags) }
        }
      }
      try await refused(shop, "SyncOrder") {
        let codes = Array(repeating: String(repeating: "x", count: 200), count: 15)
        try await shop.sync(.of("o1", 100) { $0.discountCodes = codes }) {
          $0.email = "c1@example.com"
        }
      }
    }
  }

  @Test func whatFitsIsDoneAndOthersAreNotDisturbed() async throws {
    try await Shop.open(transport: Self.small) { shop in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<60 {
          group.addTask {
            if number % 3 == 0 {
              _ = try await failure {
                try await shop.upsert {
                  $0.email = Self.email(number)
                  $0.tags = (0..<20).map { "\($0)" + String(repeating: "x", count: 200) }
                    .joined(separator: ",")
                }
              }
            } else {
              let answer = try await shop.upsert { $0.email = Self.email(number) }
              #expect(answer.outcome == .created)
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try shop.rows("SELECT count(*) FROM customers", columns: 1) == [["40"]])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func warningsOfABatchLeaveRoomForItsOutcomes() async throws {
    try await Shop.open { shop in
      try await shop.write { transaction in
        let batch = try Batch(Array(0..<1000), field: "items") { number, _ in number }.checked()
        let context = WriteContext(transaction, now: 0)
        var pieces = BatchPieces<_, _, BatchUpsertCustomersResponse>(batch) { _, _, _ in
          .with {
            $0.outcome = .updated
            $0.warnings = (0..<40).map { number in
              .with {
                $0.reason = "FIELD_DROPPED"
                $0.field = "customer.custom_properties.p\(number)"
                $0.message = String(repeating: "m", count: 200)
              }
            }
          }
        }
        let answer = try pieces.applyPiece(in: context)
        #expect(try answer.encoded().count < 2 << 20)
        #expect(answer.results.count == 1000 && answer.counts?.updated == 1000)
        #expect(answer.results[0].warnings.count == 40, "the first ones are whole")
        let last = answer.results[999].warnings
        #expect(last.map(\.reason) == ["WARNINGS_LEFT_OUT"] && last[0].message.hasPrefix("40 "))
      }
    }
  }
}
