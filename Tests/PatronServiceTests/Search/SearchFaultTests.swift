import Foundation
import PatronProto
import ProtobufC
import SQLite
import Synchronization
import TTRPC
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService
@testable import PatronStore

/// Tests of a failing search index: records are still written and erased, searches are answered,
/// and the index is rebuilt.
@Suite(.timeLimit(.minutes(15)))
struct SearchFaultTests {
  @Test(arguments: 0..<IndexDamage.all.count)
  func writesErasuresAndSearchesGoOn(_ index: Int) async throws {
    try await Shop.open { shop in
      for number in 0..<40 {
        try await shop.upsert {
          $0.externalID = "c\(number)"
          $0.email = "c\(number)@shop.example"
        }
      }
      try await shop.tamper(IndexDamage.all[index])
      // A separate reader, as after a restart, meets the damage. The writer may still have the
      // index in memory.
      _ = try? await shop.search("shop.example")
      try await shop.upsert {
        $0.externalID = "new"
        $0.email = "new@shop.example"
      }
      try await shop.upsert {
        $0.externalID = "c1"
        $0.email = "moved@other.example"
      }
      let receipt = try await shop.customers.deleteCustomer(
        .with { $0.customer = .with { $0.ref = .externalID("c2") } }
      )
      #expect(receipt.receiptID > 0)
      #expect(try await failure { try await shop.customer(.externalID("c2")) }.code == .notFound)
      #expect(try await shop.customer(.externalID("c1")).email == "moved@other.example")
      // Damage that no statement has met is found at the next start.
      try SearchInspectionTests.mend(shop.store)
      #expect(try await shop.search("moved@") == ["c1"])
      #expect(try await shop.search("shop.example").count == 39)
      #expect(try await shop.search("new@shop") == ["new"])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  /// A batch that meets the damage is run a second time as a whole. Its callers do not notice it.
  @Test func oneFaultDoesNotSlowTheOthersDown() async throws {
    let shop = try IndexedStore { $0.mendsSearch = false }
    try shop.add(0..<50)
    try shop.tamper("DELETE FROM customer_search_data WHERE id = 1")
    let before = shop.store.commitCounter.current
    let runs = Atomic<Int>(0)
    let gate = Semaphore()
    try shop.submit { _ in gate.wait() }
    for number in 100..<200 {
      try shop.submit { transaction in
        runs.add(1, ordering: .relaxed)
        try IndexedStore.insert(number, "default", transaction)
      }
    }
    // Two signals, because the job may be in the batch that is run again.
    gate.signal()
    gate.signal()
    try shop.wait(101)
    #expect(runs.load(ordering: .relaxed) <= 200)
    // One commit for the mark and one for the batch; one more if the first job was in a batch of
    // its own.
    #expect(shop.store.commitCounter.current - before <= 3)
    #expect(try shop.reason() != nil)
    #expect(try shop.search("shop.example").count == 150)
    // Later writes do not touch the index.
    try shop.write { try IndexedStore.erase(100, "default", $0) }
    #expect(try shop.search("shop.example").count == 149)
  }

  @Test func whatIsWrittenDuringARebuildIsFoundAfterIt() throws {
    let shop = try IndexedStore { $0.mendsSearch = false }
    for store in ["a", "b", "c"] { try shop.add(0..<100, in: store) }
    try shop.write { transaction in
      _ = try transaction.search.known(in: transaction.read)
      transaction.noteSearchFault("a test")
    }
    #expect(try shop.reason() == "a test")
    // The rebuild has cleared the index and done a and half of b.
    try shop.write { try SearchRebuild.step($0) }
    try shop.write { try SearchRebuild.step($0, customers: 150) }
    for store in ["a", "b", "c"] {
      for number in [5, 95] {
        try shop.write { try IndexedStore.move(number, store, $0) }
        try shop.write { try IndexedStore.erase(number + 1, store, $0) }
      }
      try shop.write { try IndexedStore.insert(500, store, $0) }
      #expect(try shop.search("shop.example", in: store).count == 97, "while it is made")
      #expect(try shop.search("moved.example", in: store) == ["c95", "c5"])
    }
    var steps = 0
    while try shop.reason() != nil, steps < 100 {
      try shop.write { try SearchRebuild.step($0, customers: 20) }
      steps += 1
    }
    #expect(steps > 5)
    for store in ["a", "b", "c"] {
      #expect(try shop.search("shop.example", in: store).count == 97)
      #expect(try shop.search("moved.example", in: store) == ["c95", "c5"])
      #expect(try shop.search("x500@", in: store) == ["c500"])
    }
    #expect(try shop.findings() == [])
  }

  @Test func aRebuildGoesOnWhereItWasStopped() async throws {
    let directory = TemporaryDirectory()
    do {
      let shop = try IndexedStore(directory) { $0.mendsSearch = false }
      try shop.add(0..<300)
      try shop.tamper("DELETE FROM customer_search_data WHERE id = 1")
      try shop.write { try IndexedStore.insert(300, "default", $0) }
      try shop.write { try SearchRebuild.step($0) }
      try shop.write { try SearchRebuild.step($0, customers: 100) }
      #expect(try shop.findings().contains { $0.contains("is being made again") })
    }
    let shop = try IndexedStore(directory) { $0.mendsSearch = false }
    var progress: [Int] = []
    try SearchMending.run(shop.store) { progress.append($0) }
    #expect(progress.isEmpty || progress.max() ?? 0 <= 201)
    #expect(try shop.reason() == nil)
    #expect(try shop.findings() == [])
  }

  /// If even its tables are missing, searches read the records.
  @Test func anIndexThatCannotBeMendedIsDoneWithout() async throws {
    let notices = Mutex<[String]>([])
    let shop = try IndexedStore { $0.onNotice = { text in notices.withLock { $0.append(text) } } }
    try shop.add(0..<20)
    try shop.tamper("DROP TABLE customer_search_docsize")
    for number in 20..<30 { try shop.write { try IndexedStore.insert(number, "default", $0) } }
    try shop.write { try IndexedStore.erase(3, "default", $0) }
    for _ in 0..<6000 where notices.withLock({ $0.count }) < 2 {
      try await Task.sleep(for: .milliseconds(10))
    }
    let told = notices.withLock { $0 }
    #expect(told.count == 2, "\(told)")
    #expect(told.allSatisfy { $0.contains("searches read every record") && !$0.contains("@") })
    #expect(try shop.search("shop.example").count == 29)
    #expect(try shop.search("x25@") == ["c25"])
    try shop.write { try IndexedStore.move(4, "default", $0) }
    #expect(try shop.search("moved.example") == ["c4"])
  }
}
