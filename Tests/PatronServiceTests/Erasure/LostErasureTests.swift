import PatronModel
import PatronProto
import ProtobufC
import TTRPC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronServer
@testable import PatronService
@testable import PatronStore

/// Tests of erasures that are repeated on a restored copy.
struct LostErasureTests {
  private static let ids = ["kept", "erased", "purged", "primary", "secondary", "apart"]

  /// Makes a copy of the shop's database.
  private static func copy(_ shop: Shop, to path: String) async throws -> CopyFacts {
    let ends = AsyncStream<Result<BackupRecord, any Error>>.makeStream()
    let task = BackupTask(BackupFile(path: path)) { result in
      ends.continuation.yield(result)
      ends.continuation.finish()
    }
    try shop.store.beginBackup(task)
    for await result in ends.stream { return try result.get().facts }
    throw StoreError.closing
  }

  private static func delete(_ id: String, _ mode: DeleteMode, _ shop: Shop) async throws {
    _ = try await shop.customers.deleteCustomer(
      .with {
        $0.customer = .with { $0.ref = .externalID(id) }
        $0.mode = mode
      }
    )
  }

  private static func fill(_ shop: Shop) async throws {
    for id in ids {
      try await shop.upsert {
        $0.externalID = id
        $0.email = "\(id)@example.com"
      }
      try await shop.sync(.of("order-\(id)", 100)) { $0.externalID = id }
    }
  }

  private static func id(_ name: String, _ shop: Shop) async throws -> Int64 {
    try await shop.customer(.externalID(name)).id
  }

  /// Returns the names of the customers that a shop has.
  private static func names(_ shop: Shop) async throws -> Set<String> {
    Set(try await shop.list(size: 100).customers.compactMap(\.externalID))
  }

  @Test func aRestoredCopyForgetsWhoWasErasedSince() async throws {
    let folder = TemporaryDirectory()
    var entries: [AuditEntry] = []
    var facts: CopyFacts?
    try await Shop.open { shop in
      try await Self.fill(shop)
      facts = try await Self.copy(shop, to: folder.file("copy.db"))
      try await Self.delete("erased", .anonymize, shop)
      try await Self.delete("purged", .purge, shop)
      let primary = try await Self.id("primary", shop)
      // A merge that was taken back does not count, one that stands does.
      let undone = try await shop.merge(.id(primary), .id(try await Self.id("apart", shop)))
      try await shop.unmerge(undone.mergeID)
      let secondary = try await Self.id("secondary", shop)
      _ = try await shop.merge(.id(primary), .id(secondary))
      try await Self.delete("primary", .anonymize, shop)
      try await shop.upsert {
        $0.externalID = "later"
        $0.email = "later@example.com"
      }
      try await Self.delete("later", .anonymize, shop)
      entries = try shop.audit().map { AuditEntry($0) }
    }
    var lost = LostErasures(behind: try #require(facts))
    for entry in entries { try lost.add(entry) }
    #expect(lost.missing == 0 && lost.incomplete == [])
    #expect(lost.entries.map(\.mode) == [.anonymize, .purge, .anonymize, .anonymize, .anonymize])
    let repeated = lost
    try await Shop.open(database: folder.file("copy.db")) { shop in
      #expect(try await Self.names(shop) == Set(Self.ids))
      let outcome = try repeated.run(on: shop.store)
      #expect(outcome == .init(erased: 4, unknown: 1))
      #expect(try await Self.names(shop) == ["kept", "apart"])
      #expect(try shop.store.check([RecordChecks.run, AuditVerification.findings]) == [])
      let again = try repeated.run(on: shop.store)
      #expect(again == .init(erased: 0, unknown: 5))
      // The orders of a purged customer are gone, those of others have no personal data.
      let orders = try shop.rows("SELECT external_id FROM orders ORDER BY 1", columns: 1)
      #expect(!orders.contains(["order-purged"]) && orders.contains(["order-erased"]))
    }
  }

  private static let known = CopyFacts(
    schemaVersion: 19,
    lastAuditSequence: 5,
    lastAuditHash: [1, 2, 3]
  )

  private static func entry(
    _ sequence: Int64,
    _ action: AuditAction,
    _ targets: String...
  ) -> AuditEntry {
    .with {
      $0.sequence = sequence
      $0.storeID = "one"
      $0.action = action.rawValue
      $0.targets = targets
      $0.hash = [1, 2, 3]
    }
  }

  @Test func whatTheCopyHasIsPassedOver() throws {
    var lost = LostErasures(behind: Self.known)
    try lost.add(Self.entry(4, .erasureBegin, "customer:7", "receipt:8"))
    try lost.add(Self.entry(5, .erasureBegin, "customer:9", "receipt:10"))
    #expect(lost.entries == [])
    try lost.add(Self.entry(8, .erasureBegin, "customer:11", "receipt:12"))
    let erased = LostErasures.Entry(store: "one", customerID: 11, mode: .anonymize)
    #expect(lost.entries == [erased])
    #expect(lost.missing == 2, "entries 6 and 7 are not in the list")
  }

  @Test func anotherLogAndAnotherOrderAreRefused() throws {
    var lost = LostErasures(behind: Self.known)
    var other = Self.entry(5, .keyCreate)
    other.hash = [3]
    let given = other
    #expect(throws: LostErasures.Mismatch.otherLog(5)) { try lost.add(given) }
    try lost.add(Self.entry(7, .keyCreate))
    #expect(throws: LostErasures.Mismatch.unordered(7)) { try lost.add(Self.entry(7, .keyCreate)) }
  }

  @Test func whatElseIsLostIsTold() throws {
    var lost = LostErasures(behind: Self.known)
    try lost.add(Self.entry(6, .storeDelete, "store:one"))
    try lost.add(Self.entry(7, .keyRevoke, "key:k1"))
    try lost.add(Self.entry(8, .keyRevoke, "key:k2", "secret:former"))
    try lost.add(Self.entry(9, .suppressionAdd, "customer:3"))
    try lost.add(Self.entry(10, .mergePerform, "merge:1", "customer:1", "customer:2", "more:17"))
    #expect(lost.deletedStores == ["one"] && lost.revokedKeys == ["k1"])
    #expect(lost.consentChanges == 1 && lost.incomplete == [10])
  }
}
