import PatronProto
import ProtobufC
import TTRPC
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService

/// Tests of request ids: an id stands for one request, and an answer never reports something that
/// was not done.
struct RequestIDTests {
  private let reused = [Broken("request_id", "REQUEST_ID_REUSED")]

  private func customers(_ shop: Shop, _ ids: [String]) async throws {
    for id in ids {
      try await shop.upsert {
        $0.externalID = id
        $0.email = "\(id)@example.com"
      }
    }
  }

  @Test func anErasureOfSomebodyElseIsRefused() async throws {
    try await Shop.open { shop in
      try await customers(shop, ["a", "b"])
      let first = try await shop.delete(.externalID("a"), requestID: "r1")
      let before = try shop.image()
      let refused = try await violations {
        try await shop.delete(.externalID("b"), requestID: "r1")
      }
      #expect(refused == reused)
      #expect(
        try await violations { try await shop.delete(.externalID("a"), .purge, requestID: "r1") }
          == reused
      )
      #expect(try shop.image() == before)
      #expect(try await shop.customer(.externalID("b")).email == "b@example.com")
      #expect(try await shop.delete(.externalID("a"), requestID: "r1") == first)
      #expect(try await shop.delete(.externalID("b"), requestID: "r2").receiptID != first.receiptID)
    }
  }

  @Test func aMergeOfOthersIsRefused() async throws {
    try await Shop.open { shop in
      try await customers(shop, ["a", "b", "c", "d"])
      let first = try await shop.merge(.externalID("a"), .externalID("b"), requestID: "r1")
      let before = try shop.image()
      for (primary, secondary) in [("c", "d"), ("b", "a")] {
        let refused = try await violations {
          try await shop.merge(.externalID(primary), .externalID(secondary), requestID: "r1")
        }
        #expect(refused == reused)
      }
      #expect(try shop.image() == before)
      let again = try await shop.merge(.externalID("a"), .externalID("b"), requestID: "r1")
      #expect(again == first)
    }
  }

  @Test func anAgreementOfSomebodyElseIsRefusedAndNoTokenIsTold() async throws {
    try await Shop.open { shop in
      func subscribe(_ email: String) async throws -> SubscribeCustomerResponse {
        try await shop.subscribe {
          $0.customer = .with { $0.email = email }
          $0.channels = [.email]
          $0.doubleOptIn = true
          $0.requestID = "r1"
        }
      }
      let first = try await subscribe("a@example.com")
      #expect(!first.confirmationToken.isEmpty)
      #expect(try await violations { try await subscribe("b@example.com") } == reused)
      #expect(try await subscribe("a@example.com") == first)
    }
  }

  @Test func otherEventsAreRefusedAndNotLostSilently() async throws {
    try await Shop.open { shop in
      try await customers(shop, ["c1"])
      func batch(_ ids: [String]) async throws -> BatchRecordEventsResponse {
        try await shop.timelines.batchRecordEvents(
          .with {
            $0.requestID = "r2"
            $0.items = ids.map { id in
              .with {
                $0.customer = .with { $0.externalID = "c1" }
                $0.event = .with(RecordEventTests.quiz(id))
              }
            }
          }
        )
      }
      try await shop.record(requestID: "r1", RecordEventTests.quiz("e1"))
      let other = try await violations {
        try await shop.record(requestID: "r1", RecordEventTests.quiz("e2"))
      }
      #expect(other == reused)
      let first = try await batch(["e3", "e4"])
      #expect(try await violations { try await batch(["e3"]) } == reused)
      #expect(try await batch(["e3", "e4"]) == first)
      #expect(try await shop.record(RecordEventTests.quiz("e2")).outcome == .created)
    }
  }

  @Test func answersOfBeforeThereWereHashesAreAnsweredAgain() async throws {
    try await Shop.open { shop in
      try await customers(shop, ["a"])
      let first = try await shop.delete(.externalID("a"), requestID: "r1")
      try await shop.tamper("UPDATE requests SET request_hash = NULL")
      #expect(try await shop.delete(.externalID("a"), requestID: "r1") == first)
    }
  }

  @Test func theHashIsOneThatOnlyTheDatabaseCanMake() async throws {
    var hashes: Set<[UInt8]> = []
    for _ in 0..<2 {
      try await Shop.open { shop in
        try await customers(shop, ["a"])
        try await shop.delete(.externalID("a"), requestID: "r1")
        hashes.formUnion(try shop.blobs("SELECT request_hash FROM requests"))
      }
    }
    #expect(hashes.count == 2 && hashes.allSatisfy { $0.count == 32 })
  }
}
