import PatronModel
import PatronProto
import PatronStore
import ProtobufC
import TTRPC
import Testing

@testable import PatronServer
@testable import PatronService

/// Writes of a store whose share of the writer's queue is full.
@Suite(.timeLimit(.minutes(5)))
struct FullQueueTests {
  /// Upserts a customer whose address is refused when it is checked.
  private func invalid(_ shop: Shop, in store: String) async throws -> RPCError {
    try await failure { try await shop.upsert(in: store) { $0.email = "no address" } }
  }

  @Test func writesOfAFullStoreAreRefusedBeforeTheyAreChecked() async throws {
    var limits = StoreLimits()
    // An eighth is kept for stores with few writes.
    limits.writeQueueCount = 16
    let shared = 14
    try await Shop.open(limits: limits) { shop in
      let hold = WriterHold()
      try await hold.take(shop)
      try await withThrowingTaskGroup(of: Void.self) { group in
        defer { hold.open() }
        for number in 0..<shared {
          group.addTask {
            try await shop.upsert(in: "full") { $0.email = "c\(number)@example.com" }
          }
        }
        await hold.waitUntilQueued(shared, shop)
        // The first refusal comes from the queue, so this one is checked.
        #expect(try await invalid(shop, in: "full").code == .invalidArgument)
        let first = try await failure {
          try await shop.upsert(in: "full") { $0.email = "late@example.com" }
        }
        #expect(first.reason == "QUEUE_FULL" && (first.retryDelay ?? .zero) > .zero)
        let second = try await invalid(shop, in: "full")
        #expect(second == first)
        let batch = try await failure {
          try await shop.customers.batchUpsertCustomers(
            .with {
              $0.storeID = "full"
              $0.customers = [.with { $0.email = "no address" }]
            }
          )
        }
        #expect(batch == first)
        // Other stores are checked, and have room.
        #expect(try await invalid(shop, in: "other").code == .invalidArgument)
        group.addTask { try await shop.upsert(in: "other") { $0.email = "a@example.com" } }
        await hold.waitUntilQueued(shared + 1, shop)
        #expect(try await invalid(shop, in: "full").reason == "QUEUE_FULL")
        hold.open()
        try await group.waitForAll()
      }
      #expect(try await invalid(shop, in: "full").code == .invalidArgument)
      try await shop.upsert(in: "full") { $0.email = "late@example.com" }
    }
  }
}
