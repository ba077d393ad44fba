import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import TTRPCNIO
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of BatchRecordEvents.
struct BatchEventTests {
  private func item(_ number: Int, of email: String = "a@example.com") -> RecordEventItem {
    .with {
      $0.customer = .with { $0.email = email }
      $0.event = .with(RecordEventTests.quiz("e\(number)", at: 1_700_000_000 + Int64(number)))
    }
  }

  @Test func takesOneToAThousand() async throws {
    try await Shop.open { shop in
      for count in [0, 1001] {
        let refused = try await violations {
          try await shop.timelines.batchRecordEvents(
            .with { $0.items = (0..<count).map { item($0) } }
          )
        }
        #expect(refused == [Broken("items", "BATCH_SIZE_OUT_OF_RANGE")])
      }
      let answer = try await shop.timelines.batchRecordEvents(
        .with { $0.items = (0..<1000).map { item($0) } }
      )
      #expect(answer.counts == .with { $0.created = 1000 })
      #expect(Set(answer.results.map(\.id)).count == 1000)
      #expect(Set(answer.results.map(\.customerID)).count == 1)
      let customer = try await shop.customer(.email("a@example.com"))
      #expect(customer.activity.map(\.eventCount) == [1, 1000], "with profile_created")
      #expect(customer.lastEventAt == .at(1_700_000_999))
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func badItemsLeaveNoTrace() async throws {
    try await Shop.open { shop in
      let request = BatchRecordEventsRequest.with {
        $0.requestID = "r1"
        $0.items = [
          item(1), RecordEventItem(), item(1, of: "thief@example.com"), item(2, of: "nobody"),
          item(1), item(3),
        ]
      }
      let answer = try await shop.timelines.batchRecordEvents(request)
      #expect(
        answer.results.map(\.outcome) == [
          .created, .unspecified, .unspecified, .unspecified, .unchanged, .created,
        ]
      )
      #expect(answer.results[0].id == answer.results[4].id)
      #expect(
        answer.results[1].error?.asError.broken.map(\.path) == [
          "event.source", "event.type", "customer",
        ]
      )
      #expect(answer.results[2].error?.asError.reason == "EVENT_CUSTOMER_CHANGED")
      #expect(
        answer.results[3].error?.asError.broken == [Broken("customer.email", "EMAIL_MALFORMED")]
      )
      #expect(try shop.rows("SELECT email FROM customers", columns: 1) == [["a@example.com"]])
      let image = try shop.image()
      #expect(try await shop.timelines.batchRecordEvents(request) == answer)
      #expect(try shop.image() == image)
    }
  }
}
