import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// GetCustomer and BatchGetCustomers answer from memory, and nobody can tell by the answer.
struct CachedReadTests {
  private static func ada(_ input: inout CustomerInput) {
    input.externalID = "c1"
    input.email = "ada@example.com"
    input.phoneNumber = "+14155550101"
    input.firstName = "Ada"
  }

  private static func refs(_ id: Int64) -> [CustomerRef.Ref] {
    [.id(id), .externalID("c1"), .email("ada@example.com"), .phoneNumber("+14155550101")]
  }

  @Test func everyIdentifierHitsAtItsSecondRead() async throws {
    try await Shop.open { shop in
      let made = try #require(try await shop.upsert(Self.ada).customer)
      for ref in Self.refs(made.id) {
        let before = try #require(shop.store.records?.measurements)
        #expect(try await shop.customer(ref) == made)
        #expect(try await shop.customer(ref) == made)
        let after = try #require(shop.store.records?.measurements)
        #expect(after.misses == before.misses + 1 && after.hits == before.hits + 1, "\(ref)")
      }
    }
  }

  @Test func aWriteIsReadAtOnce() async throws {
    try await Shop.open { shop in
      let made = try #require(try await shop.upsert(Self.ada).customer)
      for name in ["B", "C", "D"] {
        for ref in Self.refs(made.id) { _ = try await shop.customer(ref) }
        try await shop.upsert {
          $0.externalID = "c1"
          $0.firstName = name
        }
        for ref in Self.refs(made.id) {
          #expect(try await shop.customer(ref).firstName == name, "\(ref)")
        }
      }
      // An identifier that another customer takes over names that one.
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "other@example.com"
      }
      let second = try #require(
        try await shop.upsert {
          $0.externalID = "c2"
          $0.email = "ada@example.com"
        }.customer
      )
      #expect(try await shop.customer(.email("ada@example.com")).id == second.id)
      #expect(try await shop.customer(.email("other@example.com")).id == made.id)
    }
  }

  @Test func orderStatisticsAreOfTheRecord() async throws {
    try await Shop.open { shop in
      try await shop.upsert(Self.ada)
      _ = try await shop.customer(.externalID("c1"))
      try await shop.tamper("UPDATE customers SET stats = x''")
      #expect(try await shop.customer(.externalID("c1")).orderStats == [])
      let hits = try #require(shop.store.records?.measurements.hits)
      _ = try await shop.customer(.externalID("c1"))
      #expect(shop.store.records?.measurements.hits == hits + 1)
      // Terms are no part of the answer.
      try await shop.tamper("UPDATE customers SET body_terms = body_terms")
      _ = try await shop.customer(.externalID("c1"))
      #expect(shop.store.records?.measurements.hits == hits + 2)
    }
  }

  @Test func mergedCustomersAreFoundByTheirOldNames() async throws {
    try await Shop.open { shop in
      let pair = try await MergedPair(shop)
      let refs: [CustomerRef.Ref] = [
        .id(pair.secondary), .externalID("s"), .email("s@example.com"),
      ]
      for ref in refs + [.id(pair.primary), .externalID("p")] { _ = try await shop.customer(ref) }
      let merged = try await shop.merge(.id(pair.primary), .id(pair.secondary))
      for ref in refs { #expect(try await shop.customer(ref).id == pair.primary, "\(ref)") }
      try await shop.upsert {
        $0.externalID = "p"
        $0.firstName = "Later"
      }
      for ref in refs { #expect(try await shop.customer(ref).firstName == "Later", "\(ref)") }
      try await shop.unmerge(merged.mergeID)
      for ref in refs { #expect(try await shop.customer(ref).id == pair.secondary, "\(ref)") }
    }
  }

  @Test func anErasureLeavesNothingInMemory() async throws {
    try await Shop.open { shop in
      let made = try #require(try await shop.upsert(Self.ada).customer)
      for ref in Self.refs(made.id) { for _ in 0..<3 { _ = try await shop.customer(ref) } }
      #expect(shop.store.records?.measurements.records == 4)
      try await shop.delete(.externalID("c1"))
      #expect(shop.store.records?.measurements.records == 0)
      for ref in Self.refs(made.id) {
        let error = try await failure { try await shop.get(ref) }
        #expect(error.code == .notFound, "\(ref)")
      }
    }
  }

  @Test func theDeletionOfRowsWithoutTheirCustomersIsNoticed() async throws {
    try await Shop.open { shop in
      for store in ["a", "b"] {
        try await shop.upsert(in: store, Self.ada)
        _ = try await shop.customer(.externalID("c1"), in: store)
      }
      try await shop.tamper("DELETE FROM customers WHERE store_id = 'a'")
      let error = try await failure { try await shop.get(.externalID("c1"), in: "a") }
      #expect(error.code == .notFound)
      #expect(try await shop.customer(.externalID("c1"), in: "b").firstName == "Ada")
    }
  }

  @Test func aBatchIsAnsweredFromMemory() async throws {
    try await Shop.open { shop in
      let made = try #require(try await shop.upsert(Self.ada).customer)
      let request = BatchGetCustomersRequest.with {
        $0.customers = (Self.refs(made.id) + [.externalID("none")]).map { ref in
          CustomerRef.with { $0.ref = ref }
        }
      }
      for _ in 0..<2 {
        let answer = try await shop.customers.batchGetCustomers(request)
        #expect(answer.customers == [made, made, made, made] && answer.missing == [4])
      }
      #expect(shop.store.records?.measurements.hits == 4)
    }
  }

  @Test func aServerWithoutMemoryAnswersTheSame() async throws {
    var limits = StoreLimits()
    limits.recordCacheBytes = 0
    try await Shop.open(limits: limits) { shop in
      let made = try #require(try await shop.upsert(Self.ada).customer)
      #expect(shop.store.records == nil)
      for ref in Self.refs(made.id) { #expect(try await shop.customer(ref) == made, "\(ref)") }
    }
  }
}
