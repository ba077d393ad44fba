import PatronModel
import PatronProto
import ProtobufC
import SQLite
import Synchronization
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService
@testable import PatronStore

/// Tests of batches that are applied in pieces.
@Suite(.timeLimit(.minutes(15)))
struct BatchPieceTests {
  private func input(_ number: Int) -> CustomerInput {
    .with {
      $0.externalID = "c\(number)"
      $0.email = "c\(number)@example.com"
    }
  }

  private func batch(
    _ shop: Shop,
    _ customers: [CustomerInput]
  ) async throws -> BatchUpsertCustomersResponse {
    try await shop.customers.batchUpsertCustomers(.with { $0.customers = customers })
  }

  /// Makes the writer refuse a customer with an error of the database.
  private func refuse(_ externalID: String, _ shop: Shop) async throws {
    try await shop.tamper(
      """
      CREATE TRIGGER refuse BEFORE INSERT ON customers WHEN NEW.external_id = '\(externalID)'
      BEGIN SELECT RAISE(ABORT, 'refused'); END
      """
    )
  }

  @Test func smallBatchesAreOneTransactionAndLargeOnesAreNot() async throws {
    try await Shop.open { shop in
      let commits = shop.store.commitCounter.current
      _ = try await batch(shop, (0..<100).map(input))
      #expect(shop.store.commitCounter.current == commits + 1)
      let answer = try await batch(shop, (0..<350).map(input))
      #expect(shop.store.commitCounter.current >= commits + 4, "the first hundred is unchanged")
      #expect(answer.results.map(\.index) == (0..<350).map(Int32.init))
      #expect(
        answer.counts
          == .with {
            $0.created = 250
            $0.unchanged = 100
          }
      )
    }
  }

  @Test func itemsSeeThoseOfEarlierPieces() async throws {
    try await Shop.open { shop in
      var inputs = (0..<250).map(input)
      inputs[240] = .with {
        $0.externalID = "c3"
        $0.firstName = "Ada"
      }
      let upserted = try await batch(shop, inputs)
      #expect(upserted.results[240].outcome == .updated)
      #expect(upserted.results[240].customerID == upserted.results[3].customerID)
      let items = (0..<250).map { number in
        ImportItem.with { $0.customer = input(number == 240 ? 1003 : 1000 + number) }
      }
      let imported = try await shop.import(items)
      #expect(imported.results[240].outcome == .unchanged)
      #expect(imported.results[240].warnings.map(\.reason) == ["DUPLICATE_ROW"])
      #expect(imported.results[240].warnings.first?.message.hasPrefix("Row 4 ") == true)
      let image = try shop.image()
      let commits = shop.store.commitCounter.current
      let tried = try await shop.import(items) {
        $0.validateOnly = true
        for index in $0.items.indices { $0.items[index].customer?.firstName = "Bob" }
      }
      #expect(tried.counts?.updated == 249 && tried.counts?.unchanged == 1)
      #expect(try shop.image() == image, "a dry run is one piece")
      #expect(shop.store.commitCounter.current <= commits + 1)
    }
  }

  @Test func aFailureLeavesTheEarlierPieces() async throws {
    try await Shop.open { shop in
      try await refuse("c170", shop)
      let error = try await failure { try await batch(shop, (0..<300).map(input)) }
      #expect(error.code == .internal && error.reason == "STORAGE")
      let stored = try shop.rows("SELECT count(*) FROM customers", columns: 1)[0][0]
      #expect(error.message.contains(" The first \(stored) items of the batch were stored"))
      #expect((1...170).contains(Int(stored) ?? 0))
      try await shop.tamper("DROP TRIGGER refuse")
      let again = try await batch(shop, (0..<300).map(input))
      let counts = try #require(again.counts)
      #expect(String(counts.unchanged) == stored && counts.created + counts.unchanged == 300)
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func aFailureInTheFirstPieceLeavesNothing() async throws {
    try await Shop.open { shop in
      try await refuse("c0", shop)
      let error = try await failure { try await batch(shop, (0..<300).map(input)) }
      #expect(error.reason == "STORAGE" && !error.message.contains("items of the batch"))
      #expect(try shop.rows("SELECT count(*) FROM customers", columns: 1) == [["0"]])
    }
  }

  /// Events without an id and a time are new each time, unless the request has an id.
  @Test func aRepeatWithItsRequestIDGoesOnWhereItEnded() async throws {
    try await Shop.open { shop in
      let request = BatchRecordEventsRequest.with { request in
        request.requestID = "r1"
        request.items = (0..<250).map { number in
          .with {
            $0.customer = input(number)
            $0.event = .with(RecordEventTests.quiz(at: nil))
          }
        }
      }
      try await refuse("c170", shop)
      let error = try await failure { try await shop.timelines.batchRecordEvents(request) }
      #expect(error.reason == "STORAGE")
      let kept = try shop.rows("SELECT count(*) FROM customers", columns: 1)[0][0]
      #expect((1...170).contains(Int(kept) ?? 0))
      try await shop.tamper("DROP TRIGGER refuse")
      let answer = try await shop.timelines.batchRecordEvents(request)
      #expect(answer.counts == .with { $0.created = 250 })
      #expect(answer.results.map(\.index) == (0..<250).map(Int32.init))
      let events = "SELECT count(*) FROM events WHERE type = 'quiz_completed'"
      #expect(try shop.rows(events, columns: 1) == [["250"]])
      #expect(try shop.rows("SELECT request_id FROM requests", columns: 1) == [["r1"]])
      let image = try shop.image()
      #expect(try await shop.timelines.batchRecordEvents(request) == answer)
      #expect(try shop.image() == image)
      var other = request
      other.items.removeLast()
      let refused = try await violations { try await shop.timelines.batchRecordEvents(other) }
      #expect(refused == [Broken("request_id", "REQUEST_ID_REUSED")])
    }
  }

  /// A client that lost its connection sends a request again while the server still works on it.
  @Test func twoAttemptsAtARequestApplyEachItemOnce() async throws {
    try await Shop.open { shop in
      try await shop.write { transaction in
        var violations = Violations()
        let request = BatchRecordEventsRequest.with { $0.requestID = "r1" }
        let requestID = try FirstAnswers.check(request, \.requestID, &violations)
        let applied = Mutex<[Int]>([])
        let batch = try Batch(Array(0..<10), field: "items") { number, _ in number }.checked()
        let start = BatchPieces<_, _, BatchRecordEventsResponse>(batch) { number, _, _ in
          applied.withLock { $0.append(number) }
          guard number != 3 else { throw DomainError.invalid("items", "ODD", "It is odd.") }
          return .with {
            $0.outcome = .created
            $0.id = Int64(number)
          }
        }
        func piece(
          _ pieces: inout BatchPieces<Int, Void, BatchRecordEventsResponse>,
          _ maxItems: Int
        ) throws -> BatchRecordEventsResponse {
          let context = WriteContext(
            call: .test(),
            transaction: transaction,
            now: 0,
            maxItems: maxItems
          )
          let method = TimelineService.batchRecordEvents.method
          return try FirstAnswers.piece(of: &pieces, requestID, of: method, context)
        }
        var (first, second, third) = (start, start, start)
        #expect(try piece(&first, 1).results.map(\.index) == [0])
        #expect(try piece(&second, 1).results.map(\.index) == [0, 1])
        #expect(try piece(&second, 1).results.map(\.index) == [2])
        #expect(try piece(&first, 1).results.map(\.index) == [1, 2, 3])
        #expect(first.done == 4 && second.done == 3)
        // An attempt that is not divided applies all that is left.
        let whole = try piece(&third, .max)
        let rest = try piece(&first, 1)
        #expect(whole.results.map(\.index) == Array(0..<10))
        #expect(rest.results.map(\.index) == Array(4..<10))
        for part in [whole, rest, try piece(&second, 1)] {
          #expect(part.counts?.created == 9 && part.counts?.rejected == 1)
        }
        #expect(whole.results[3].error?.message == "items: It is odd.")
        #expect(applied.withLock { $0 } == Array(0..<10))
      }
    }
  }

  /// The limit of merges is that of the batch, not of a piece.
  @Test func laterPiecesKnowWhatEarlierOnesMoved() async throws {
    try await Shop.open { shop in
      try await shop.write { transaction in
        let context = WriteContext(
          call: .test(),
          transaction: transaction,
          now: 0,
          maxItems: 1
        )
        let batch = try Batch(Array(0..<3), field: "items") { number, _ in number }.checked()
        var pieces = BatchPieces<_, _, BatchUpsertCustomersResponse>(batch) { number, writer, _ in
          defer { writer.noteMove(of: 100) }
          return .with { $0.customerID = writer.movedRecords }
        }
        for number in 0..<3 {
          // The writer forgets the moves of a job before the next one.
          transaction.movedRecords = 0
          let part = try pieces.applyPiece(in: context)
          #expect(part.results.map(\.customerID) == [Int64(number * 100)])
          #expect((part.counts != nil) == (number == 2))
        }
      }
    }
  }

  @Test func theAnswerOfAnyLargeBatchFits() throws {
    #expect(BatchOutcome.maxBytes(of: 1000) <= Limits().answerBytes)
    var outcome = BatchOutcome()
    for index in 0..<1000 {
      let long = String(repeating: "\u{1F600}", count: 2000)
      outcome.reject(
        .reason(.failedPrecondition, "REFUSED", long, metadata: ["a": long]),
        index
      )
    }
    let response = BatchUpsertCustomersResponse.with {
      $0.results = outcome.takeResults()
      $0.counts = outcome.counts
    }
    #expect(try response.encoded().count <= BatchOutcome.maxBytes(of: 1000))
    #expect(response.results[999].error?.message == String(repeating: "\u{1F600}", count: 80))
  }
}
