import PatronModel
import SQLite
import TestKit
import Testing

@testable import PatronCore
@testable import PatronFiles
@testable import PatronServer
@testable import PatronService
@testable import PatronStore

/// Tests of the inspection of the search index by a start and by a check.
@Suite(.timeLimit(.minutes(15)))
struct SearchInspectionTests {
  /// Inspects the index as a start does, and rebuilds it if needed.
  static func mend(_ store: Store) throws {
    try store.performAndWait {
      _ = try SearchInspection.markIfNeeded($0.connection, closely: true)
      $0.search.forget()
    }
    try SearchMending.run(store)
  }

  @Test(arguments: 0..<IndexDamage.all.count)
  func aStartMendsAnIndexThatWasDamagedBefore(_ index: Int) async throws {
    let directory = TemporaryDirectory()
    do {
      let shop = try IndexedStore(directory) { $0.mendsSearch = false }
      try shop.add(0..<400)
      try shop.tamper(IndexDamage.all[index])
    }
    do {
      let shop = try IndexedStore(directory) { $0.mendsSearch = false }
      let findings = try shop.findings()
      #expect(!findings.isEmpty)
      #expect(findings.allSatisfy { $0.contains("search index") && !$0.contains("@") })
    }
    let shop = try IndexedStore(directory)
    // The contents of pages are read after a change of the schema, by checks, and by use.
    if try shop.reason() == nil { _ = try shop.search("shop.example") }
    try await shop.waitUntilWhole()
    #expect(try shop.search("x399@") == ["c399"])
    #expect(try shop.search("shop.example").count == 400)
    try shop.write { try IndexedStore.erase(7, "default", $0) }
    #expect(try shop.findings() == [])
  }

  @Test(arguments: 0..<IndexDamage.all.count)
  func compactMakesItAgainAndChecksIt(_ index: Int) throws {
    let directory = TemporaryDirectory()
    do {
      let shop = try IndexedStore(directory) { $0.mendsSearch = false }
      try shop.add(0..<200)
      try shop.tamper(IndexDamage.all[index])
    }
    var options = StoreOptions(directory: directory.path, migrations: Migration.all)
    options.mendsSearch = false
    var progress: [Int] = []
    _ = try Store.compact(options) { progress.append($0) }
    #expect(progress.last == 200)
    let shop = try IndexedStore(directory) { $0.mendsSearch = false }
    #expect(try shop.findings() == [])
    #expect(try shop.search("shop.example").count == 200)
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

  /// An entry too many or too few is damage that SQLite's checks do not find.
  @Test func checkComparesWhatTheIndexSaysWithTheRecords() throws {
    let shop = try IndexedStore()
    try shop.add(0..<20)
    #expect(try shop.findings() == [])
    let id = try #require(
      try shop.store.makePointReader {}.read {
        try StoreReader($0, .default).customerRow(.externalID("c7"))?.id
      }
    )
    try shop.tamper("INSERT INTO customer_search (rowid, tokens) VALUES (\(id), 'deadbeeft616161')")
    #expect(
      try shop.findings()
        == ["the search index and the records differ; `patrond compact` makes it again"]
    )
  }

  @Test func theStructureIsReadAsSQLiteWritesIt() throws {
    // https://sqlite.org/src/file/ext/fts5/fts5_index.c: cookie, levels, segments, writes; a level:
    // merging, segments; a segment: id, first and last page.
    let record: [UInt8] = [
      0, 0, 0, 7, 2, 3, 0x81, 0x00, 0, 1, 9, 1, 1, 2, 2, 3, 0, 0, 4, 5, 0x81, 0x10,
    ]
    let structure = try #require(SearchStructure(record))
    #expect(structure.levels.count == 2 && structure.segments.count == 3)
    #expect(structure.levels[1].mergeCount == 2 && structure.isMergingOldest)
    #expect(structure.pageCount == 1 + 0 + (144 - 5 + 1))
    let first: Int64 = (9 << 37) + 1
    #expect(structure.segments[0].pageIDs == first...first)
    #expect(!structure.isGrown)
    for count in 0..<record.count {
      #expect(SearchStructure(Array(record.prefix(count))) == nil, "\(count) bytes")
    }
    #expect(SearchStructure(record + [0]) == nil)
    let later: [UInt8] = [0xFF, 0, 0, 1] + record.dropFirst(4)
    #expect(SearchStructure(later) == nil)
    let many: [UInt8] = [0, 0, 0, 0, 0x83, 0x11, 0, 0] + [UInt8](repeating: 0, count: 2 * 401)
    #expect(try #require(SearchStructure(many)).isGrown)
  }
}
