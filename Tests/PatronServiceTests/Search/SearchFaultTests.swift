import Foundation
import PatronProto
import SQLite
import Synchronization
import TTRPC
import Testing

@testable import PatronService
@testable import PatronStore

/// A search index that fails stops nobody: records are written and erased, searches are answered,
/// and it is made again.
@Suite(.timeLimit(.minutes(5)))
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
      // A reader of its own, as after a restart, meets the damage; the writer may remember better.
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
        .with { $0.customer = .with { $0.ref = .externalID("c2") } })
      #expect(receipt.receiptID > 0)
      #expect(try await failure { try await shop.customer(.externalID("c2")) }.code == .notFound)
      #expect(try await shop.customer(.externalID("c1")).email == "moved@other.example")
      // What no statement has met yet is noticed at the next start.
      try SearchInspectionTests.mend(shop.store)
      #expect(try await shop.search("moved@") == ["c1"])
      #expect(try await shop.search("shop.example").count == 39)
      #expect(try await shop.search("new@shop") == ["new"])
      #expect(try shop.store.check([RecordChecks.run]) == [])
    }
  }

  /// A batch that meets the damage is run once more, whole; those in it notice nothing.
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
    gate.signal()
    try shop.wait(101)
    #expect(runs.load(ordering: .relaxed) <= 200)
    // The mark, and the batch; once more where the first job was in a batch of its own.
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
    // Cleared, then a and half of b.
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

  /// Where even its tables are gone, searches read the records.
  @Test func anIndexThatCannotBeMendedIsDoneWithout() async throws {
    let notices = Mutex<[String]>([])
    let shop = try IndexedStore { $0.onNotice = { text in notices.withLock { $0.append(text) } } }
    try shop.add(0..<20)
    try shop.tamper("DROP TABLE customer_search_docsize")
    for number in 20..<30 { try shop.write { try IndexedStore.insert(number, "default", $0) } }
    try shop.write { try IndexedStore.erase(3, "default", $0) }
    for _ in 0..<500 where notices.withLock({ $0.count }) < 2 {
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

/// What a start and a check see of the search index.
@Suite(.timeLimit(.minutes(5)))
struct SearchInspectionTests {
  /// Looks at the index as a start does, and makes it again where that is needed.
  static func mend(_ store: Store) throws {
    let answers = AnswerQueue()
    try store.writer.submit(
      WriteJob(deadline: nil, bytes: 0, sink: answers, token: ReplyToken(group: 0, item: 0)) {
        try SearchInspection.markIfNeeded($0.connection, closely: true)
        $0.search.forget()
        return []
      })
    try answers.next()
    try SearchMending.run(store)
  }

  @Test(arguments: 0..<IndexDamage.all.count)
  func aStartMendsAnIndexThatWasDamagedBefore(_ index: Int) async throws {
    let directory = TemporaryDirectory()
    do {
      let shop = try IndexedStore(directory) { $0.mendsSearch = false }
      try shop.add(0..<3000)
      try shop.tamper(IndexDamage.all[index])
    }
    do {
      let shop = try IndexedStore(directory) { $0.mendsSearch = false }
      let findings = try shop.findings()
      #expect(!findings.isEmpty)
      #expect(findings.allSatisfy { $0.contains("search index") && !$0.contains("@") })
    }
    let shop = try IndexedStore(directory)
    // Contents of pages are looked at after a change of the schema, by checks, and when used.
    if try shop.reason() == nil { _ = try shop.search("shop.example") }
    try await shop.waitUntilWhole()
    #expect(try shop.search("x2999@") == ["c2999"])
    #expect(try shop.search("shop.example").count == 3000)
    try shop.write { try IndexedStore.erase(7, "default", $0) }
    #expect(try shop.findings() == [])
  }

  @Test(arguments: 0..<IndexDamage.all.count)
  func compactMakesItAgainAndChecksIt(_ index: Int) throws {
    let directory = TemporaryDirectory()
    do {
      let shop = try IndexedStore(directory) { $0.mendsSearch = false }
      try shop.add(0..<300)
      try shop.tamper(IndexDamage.all[index])
    }
    var options = StoreOptions(directory: directory.path, migrations: Migration.all)
    options.mendsSearch = false
    var progress: [Int] = []
    _ = try Store.compact(options) { progress.append($0) }
    #expect(progress.last == 300)
    let shop = try IndexedStore(directory) { $0.mendsSearch = false }
    #expect(try shop.findings() == [])
    #expect(try shop.search("shop.example").count == 300)
  }

  @Test func aWholeIndexIsLeftAlone() throws {
    let directory = TemporaryDirectory()
    do { try IndexedStore(directory).add(0..<100) }
    let before = try IndexedStore(directory).structure()
    let shop = try IndexedStore(directory)
    #expect(try shop.reason() == nil)
    #expect(try shop.structure() == before)
    #expect(try shop.findings() == [])
  }

  /// An entry too many or too few, which no check of SQLite sees.
  @Test func checkComparesWhatTheIndexSaysWithTheRecords() throws {
    let shop = try IndexedStore()
    try shop.add(0..<20)
    #expect(try shop.findings() == [])
    let id = try #require(
      try shop.store.makePointReader {}.read {
        try StoreReader($0, .default).customerRow(.externalID("c7"))?.id
      })
    try shop.tamper("INSERT INTO customer_search (rowid, tokens) VALUES (\(id), 'deadbeeft616161')")
    #expect(
      try shop.findings()
        == ["the search index and the records differ; `patrond compact` makes it again"])
  }

  @Test func theStructureIsReadAsSQLiteWritesIt() throws {
    // https://sqlite.org/src/file/ext/fts5/fts5_index.c: cookie, levels, segments, writes; a level:
    // merging, segments; a segment: id, first and last page.
    let record: [UInt8] = [
      0, 0, 0, 7, 2, 3, 0x81, 0x00, 0, 1, 9, 1, 1, 2, 2, 3, 0, 0, 4, 5, 0x81, 0x10,
    ]
    let structure = try #require(record.withUnsafeBytes { SearchStructure($0) })
    #expect(structure.levels.count == 2 && structure.segments.count == 3)
    #expect(structure.levels[1].mergeCount == 2 && structure.isMergingOldest)
    #expect(structure.pageCount == 1 + 0 + (144 - 5 + 1))
    #expect(structure.segments[0].pageIDs == (9 << 37) + 1...(9 << 37) + 1)
    #expect(!structure.isGrown)
    for count in 0..<record.count {
      #expect(record.prefix(count).withUnsafeBytes { SearchStructure($0) } == nil, "\(count) bytes")
    }
    #expect((record + [0]).withUnsafeBytes { SearchStructure($0) } == nil)
    let later: [UInt8] = [0xFF, 0, 0, 1] + record.dropFirst(4)
    #expect(later.withUnsafeBytes { SearchStructure($0) } == nil)
    let many: [UInt8] = [0, 0, 0, 0, 0x83, 0x11, 0, 0] + [UInt8](repeating: 0, count: 2 * 401)
    #expect(try #require(many.withUnsafeBytes { SearchStructure($0) }).isGrown)
  }
}
