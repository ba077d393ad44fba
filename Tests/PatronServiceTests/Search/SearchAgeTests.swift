import Foundation
import PatronModel
import SQLite
import Synchronization
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService
@testable import PatronStore

/// Tests that the search index has no limit by count, neither of erasures nor of other writes.
@Suite(.timeLimit(.minutes(15)))
struct SearchAgeTests {
  /// The number is above the limit after which SQLite cannot open an index without merges.
  @Test func afterManyErasuresEverythingGoesOn() async throws {
    let directory = TemporaryDirectory()
    do {
      // Each erasure has a transaction of its own, as with one caller after the other.
      let shop = try IndexedStore(directory) { $0.limits.writeBatchCount = 1 }
      try shop.add(0..<500)
      var most = 0
      for round in 0..<5 {
        for number in 1000..<1250 {
          try shop.submit { try IndexedStore.insert(number + round * 250, "default", $0) }
          try shop.submit { try IndexedStore.erase(number + round * 250, "default", $0) }
        }
        try shop.wait(500)
        most = max(most, try shop.structure()?.levels.count ?? .max)
      }
      #expect(most <= SearchStructure.maxLevels + 10, "\(most) levels")
      try await shop.waitUntilWhole()
      #expect(try shop.search("x499@").count == 1)
      #expect(try shop.search("shop.example").count == 500)
      try shop.write { try IndexedStore.move(1, "default", $0) }
      #expect(try shop.search("moved.example") == ["c1"])
      try shop.write { try IndexedStore.erase(2, "default", $0) }
      #expect(try shop.search("shop.example").count == 498)
      #expect(try shop.findings() == [])
    }
    _ = try Store.compact(StoreOptions(directory: directory.path, migrations: Migration.all))
    let shop = try IndexedStore(directory)
    #expect(try shop.findings() == [])
    #expect(try shop.structure()?.segments.count == 1)
    #expect(try shop.search("shop.example").count == 498)
    try shop.write { try IndexedStore.erase(3, "default", $0) }
    #expect(try shop.search("shop.example").count == 497)
    #expect(try shop.findings() == [])
  }

  /// The state that an earlier version left after a thousand erasures: every write that touched the
  /// index failed.
  @Test func aDatabaseAtTheOldEndIsMendedByTheUpdate() async throws {
    let directory = TemporaryDirectory()
    do { try IndexedStore(directory) { $0.mendsSearch = false }.add(0..<500) }
    try grow(directory)
    do {
      // `patrond check` reports the index and leaves it unchanged.
      let looked = try IndexedStore(directory) { $0.mendsSearch = false }
      let findings = try looked.findings()
      #expect(findings.contains { $0.contains("the search index: it cannot be opened") })
      #expect(findings.allSatisfy { !$0.contains("@") })
    }
    let notices = Mutex<[String]>([])
    let shop = try IndexedStore(directory) {
      $0.onNotice = { text in notices.withLock { $0.append(text) } }
    }
    let reason = try #require(notices.withLock { $0.first })
    #expect(reason.contains("making the search index again, because it cannot be opened"))
    var progress: [Int] = []
    try SearchMending.run(shop.store) { progress.append($0) }
    #expect(progress == progress.sorted())
    try await shop.waitUntilWhole()
    try SearchMending.run(shop.store) { Issue.record("it is whole, and began again: \($0)") }
    #expect(try shop.findings() == [])
    try shop.write { try IndexedStore.move(1, "default", $0) }
    #expect(try shop.search("moved.example") == ["c1"])
    #expect(try shop.search("shop.example").count == 499)
  }

  /// Grows the index as the earlier version did when customers were erased.
  private func grow(_ directory: TemporaryDirectory) throws {
    let connection = try Connection(
      path: directory.path + "/patron.db",
      mode: .readWrite,
      busyTimeoutMilliseconds: 5000
    )
    try connection.execute("PRAGMA synchronous = OFF")
    for _ in 0..<1010 {
      for sql in [
        "INSERT INTO customer_search (rowid, tokens) VALUES (1000000, 'abc')",
        """
        INSERT INTO customer_search (customer_search, rowid, tokens)
        VALUES ('delete', 1000000, 'abc')
        """,
        "INSERT INTO customer_search (customer_search, rank) VALUES ('merge', -64)",
      ] { try? connection.execute(sql) }
    }
  }

  /// After the commit of an erasure the index holds nothing of the customer, not even the delete
  /// markers. A larger index is free of it after some more erasures.
  @Test func nothingOfAnErasedCustomerStaysInASmallIndex() throws {
    let shop = try IndexedStore()
    try shop.add(0..<300)
    // The customer is the only one of its store, so that no other customer has tokens with its
    // mark.
    try shop.write { try IndexedStore.insert(7000, "alone", $0) }
    try shop.add(300..<500)
    #expect(try traces(of: "alone", shop) > 0)
    try shop.write { try IndexedStore.erase(7000, "alone", $0) }
    #expect(try traces(of: "alone", shop) == 0)
    #expect(try shop.structure()?.segments.count == 1)
    #expect(try shop.findings() == [])
  }

  @Test func aLargeIndexIsBroughtTogetherOverSomeErasures() throws {
    let shop = try IndexedStore()
    for start in stride(from: 0, to: 6000, by: 500) { try shop.add(start..<start + 500) }
    try shop.write { try IndexedStore.insert(20_000, "alone", $0) }
    for start in stride(from: 6000, to: 8000, by: 500) { try shop.add(start..<start + 500) }
    let pages = try #require(try shop.structure()).pageCount
    #expect(pages > 64)
    try shop.write { try IndexedStore.erase(20_000, "alone", $0) }
    #expect(try traces(of: "alone", shop) > 0, "it is done in parts")
    for number in 0..<Int(pages) / 32 * 2 + 4 {
      try shop.write { try IndexedStore.erase(number, "default", $0) }
    }
    #expect(try traces(of: "alone", shop) == 0)
    #expect(try #require(try shop.structure()).segments.count < 20)
    #expect(try shop.findings() == [])
  }

  /// Returns the number of index pages with a token of the store. Tokens are stored without the
  /// prefix that they share with the token before, so the end of the mark is searched, with the
  /// first letter of its first tokens.
  private func traces(of store: String, _ shop: IndexedStore) throws -> Int {
    let tokens = SearchTokens.document(store: store, emailKey: "a@b.example", phone: nil)
    let mark = Array(tokens.utf8.prefix(8).suffix(5)) + Array("p".utf8)
    let connection = try Connection(
      path: shop.store.directory.databasePath,
      mode: .readOnly,
      busyTimeoutMilliseconds: 5000
    )
    var count = 0
    try connection.withStatement(sql: "SELECT block FROM customer_search_data WHERE id > 10") {
      while try $0.step() {
        if Data(Row($0).array(0)).range(of: Data(mark)) != nil { count += 1 }
      }
    }
    return count
  }
}
