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

/// Tests of the outcomes CREATED, UPDATED and UNCHANGED, and of requests that only validate.
struct OutcomeTests {
  @Test func anUnchangedUpsertWritesNothing() async throws {
    try await Shop.open { shop in
      let made = try await shop.upsert(FieldValueTests.full)
      #expect(made.outcome == .created)
      #expect(made.changedFields == made.changedFields.sorted())
      #expect(made.changedFields.contains("external_id") && made.changedFields.contains("email"))
      let image = try shop.image()
      let commits = shop.store.commitCounter.current
      let again = try await shop.upsert(FieldValueTests.full)
      #expect(again.outcome == .unchanged)
      #expect(again.changedFields.isEmpty)
      #expect(again.customer == made.customer)
      #expect(shop.store.commitCounter.current == commits)
      #expect(try shop.image() == image)
    }
  }

  @Test func anUpdateTellsWhatChangedAndMovesTheEtag() async throws {
    try await Shop.open { shop in
      let made = try #require(try await shop.upsert(FieldValueTests.full).customer)
      let answer = try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "C1@EXAMPLE.com"
        $0.firstName = "Ada"
        $0.lastName = "King"
      }
      let changed = try #require(answer.customer)
      #expect(answer.outcome == .updated)
      #expect(answer.changedFields == ["email", "last_name"])
      #expect(changed.etag != made.etag && !changed.etag.isEmpty)
      #expect(changed.createdAt == made.createdAt)
      #expect((changed.updatedAt?.micros ?? 0) > (made.updatedAt?.micros ?? 0))
      #expect(changed.id == made.id)
      #expect(try await shop.customer(.id(made.id)) == changed)
    }
  }

  @Test func validateOnlyAnswersAndWritesNothing() async throws {
    try await Shop.open { shop in
      let empty = try shop.image()
      let would = try await shop.upsert(adjust: { $0.validateOnly = true }) {
        FieldValueTests.full(&$0)
        $0.acceptsSMSMarketing = true
      }
      #expect(would.outcome == .created)
      #expect(would.customer?.firstName == "Ada")
      #expect(would.customer?.id == 0)
      #expect(would.changedFields.contains("subscriptions"))
      #expect(try shop.image() == empty)
      try await shop.upsert(FieldValueTests.full)
      let one = try shop.image()
      let change = try await shop.upsert(adjust: { $0.validateOnly = true }) {
        $0.externalID = "c1"
        $0.lastName = "King"
        $0.acceptsEmailMarketing = true
      }
      #expect(change.outcome == .updated)
      #expect(
        change.changedFields == ["accepts_email_marketing", "last_name", "subscriptions"]
      )
      #expect(change.customer?.lastName == "King")
      let bad = try await failure {
        try await shop.upsert(adjust: { $0.validateOnly = true }) {
          $0.externalID = "c1"
          $0.email = ""
          $0.phoneNumber = ""
        }
      }
      #expect(bad.reason == "CONTACT_REQUIRED")
      #expect(try shop.image() == one)
    }
  }

  @Test func aMessageThatCannotBeDecodedIsTheCallersFault() async throws {
    try await Shop.open { shop in
      let method = CustomerService.upsertCustomer.method
      let twice: [UInt8] = [0x12, 0x02, 0x12, 0x00, 0x12, 0x02, 0x12, 0x00]
      for payload in [[0xff], twice, [0x0a, 0x05, 0x61], [0x0a, 0x01, 0xff]] as [[UInt8]] {
        let error = try await failure { try await shop.client.unary(method, payload, .init()) }
        #expect(error.code == .invalidArgument, "\(payload)")
        #expect(error.broken.map(\.reason) == ["MALFORMED_MESSAGE"])
      }
      #expect(try shop.rows("SELECT 1 FROM customers", columns: 1).isEmpty)
    }
  }
}
