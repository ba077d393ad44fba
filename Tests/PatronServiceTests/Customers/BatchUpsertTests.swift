import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of BatchUpsertCustomers.
struct BatchUpsertTests {
  private func batch(_ shop: Shop, _ customers: [CustomerInput]) async throws
    -> BatchUpsertCustomersResponse
  {
    try await shop.customers.batchUpsertCustomers(.with { $0.customers = customers })
  }

  private func input(_ number: Int) -> CustomerInput {
    .with {
      $0.externalID = "c\(number)"
      $0.email = "c\(number)@example.com"
    }
  }

  @Test func takesOneToAThousand() async throws {
    try await Shop.open { shop in
      for count in [0, 1001] {
        let refused = try await violations {
          try await batch(shop, (0..<count).map(input))
        }
        #expect(refused == [Broken("customers", "BATCH_SIZE_OUT_OF_RANGE")])
      }
      #expect(try shop.rows("SELECT 1 FROM customers", columns: 1).isEmpty)
      let one = try await batch(shop, [input(0)])
      #expect(one.counts == .with { $0.created = 1 })
      let all = try await batch(shop, (0..<1000).map(input))
      #expect(
        all.counts
          == .with {
            $0.created = 999
            $0.unchanged = 1
          }
      )
      #expect(all.results.map(\.index) == (0..<1000).map(Int32.init))
      #expect(Set(all.results.map(\.customerID)).count == 1000)
    }
  }

  @Test func goodAndBadItemsDoNotDisturbEachOther() async throws {
    try await Shop.open { shop in
      try await shop.upsert {
        $0.externalID = "owner"
        $0.email = "owner@example.com"
      }
      let items: [CustomerInput] = [
        input(1),
        .with { $0.email = "nobody" },
        .with {
          $0.externalID = "c1"
          $0.firstName = "Ada"
        },
        .with {
          $0.externalID = "c2"
          $0.email = "owner@example.com"
        },
        .with { $0.externalID = "c3" },
        .with {
          $0.externalID = "c1"
          $0.firstName = "Ada"
        },
        CustomerInput(),
        input(2),
      ]
      let answer = try await batch(shop, items)
      #expect(
        answer.results.map(\.outcome) == [
          .created, .unspecified, .updated, .unspecified, .unspecified, .unchanged, .unspecified,
          .created,
        ]
      )
      let errors = answer.results.map { $0.error?.asError }
      #expect(errors[0] == nil && errors[2] == nil && errors[7] == nil)
      #expect(errors[1]?.broken == [Broken("customer.email", "EMAIL_MALFORMED")])
      #expect(errors[3]?.code == .alreadyExists)
      #expect(errors[3]?.metadata["field"] == "email")
      #expect(errors[4]?.reason == "CONTACT_REQUIRED")
      #expect(errors[6]?.broken == [Broken("customer", "IDENTITY_MISSING")])
      #expect(answer.results.map { $0.customerID != 0 } == errors.map { $0 == nil })
      #expect(
        answer.counts
          == .with {
            $0.created = 2
            $0.updated = 1
            $0.unchanged = 1
            $0.rejected = 4
          }
      )
      let rows = try shop.rows("SELECT external_id FROM customers ORDER BY 1", columns: 1)
      #expect(rows == [["c1"], ["c2"], ["owner"]])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  @Test func aBatchThatChangesNothingWritesNothing() async throws {
    try await Shop.open { shop in
      _ = try await batch(shop, (0..<50).map(input))
      let image = try shop.image()
      let commits = shop.store.commitCounter.current
      let again = try await batch(shop, (0..<50).map(input) + [.with { $0.email = "x" }])
      #expect(again.counts?.unchanged == 50 && again.counts?.rejected == 1)
      #expect(shop.store.commitCounter.current == commits)
      #expect(try shop.image() == image)
    }
  }

  @Test func manyErrorsStillFitOneAnswer() async throws {
    try await Shop.open { shop in
      let bad = CustomerInput.with { input in
        for name in 0..<100 { input.customProperties["X\(name)"] = PropertyValue() }
      }
      let items = [input(1)] + Array(repeating: bad, count: 900)
      let answer = try await batch(shop, items)
      #expect(answer.counts?.created == 1 && answer.counts?.rejected == 900)
      #expect(answer.results[1].error?.asError.broken.count == 101)
      #expect(answer.results[900].error?.details.isEmpty == true)
      #expect(answer.results.dropFirst().allSatisfy { $0.error?.message.isEmpty == false })
    }
  }

  @Test func orderMattersInsideABatch() async throws {
    try await Shop.open { shop in
      let names = ["a", "b", "c"]
      let answer = try await batch(
        shop,
        names.map { name in
          .with {
            $0.email = "x@example.com"
            $0.firstName = name
          }
        }
      )
      #expect(answer.results.map(\.outcome) == [.created, .updated, .updated])
      #expect(try await shop.customer(.email("x@example.com")).firstName == "c")
      // An address that one item gives up is free for the next.
      let moved = try await batch(
        shop,
        [
          .with {
            $0.externalID = "n1"
            $0.email = "x@example.com"
            $0.phoneNumber = "+14155550101"
          },
          .with {
            $0.externalID = "n1"
            $0.email = ""
          },
          .with {
            $0.externalID = "n2"
            $0.email = "x@example.com"
          },
        ]
      )
      #expect(moved.results.map(\.outcome) == [.updated, .updated, .created])
      #expect(try await shop.customer(.email("x@example.com")).externalID == "n2")
    }
  }
}
