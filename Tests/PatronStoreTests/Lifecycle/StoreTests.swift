import Foundation
import SQLite
import TestKit
import Testing

@testable import PatronStore

@Suite("Store")
struct StoreTests {
  private static let journal = Query("PRAGMA journal_mode")
  private static let synchronous = Query("PRAGMA synchronous")
  private static let mapping = Query("PRAGMA mmap_size")

  @Test(arguments: [(Durability.full, UInt8(2)), (.normal, 1), (.off, 0)])
  func theWriterHasItsSettings(durability: Durability, level: UInt8) throws {
    let lane = try LaneStore { $0.durability = durability }
    let settings = try lane.write { tx in
      let numbers = try [Self.synchronous, Self.mapping].map { query in
        UInt8(clamping: try tx.first(query) { $0.int64(0) } ?? -1)
      }
      let isWAL = try tx.first(Self.journal) { $0.text(0) } == "wal"
      return numbers + [isWAL ? 1 : 0]
    }
    #expect(settings == [level, 0, 1])
  }

  @Test func mappingIsForReadersAndCanBeTurnedOff() throws {
    for bytes in [0, 1 << 20] {
      let lane = try LaneStore { $0.limits.readerMapBytes = bytes }
      try lane.insert(1)
      let reader = try lane.store.makePointReader {}
      #expect(try reader.read { try $0.first(Self.mapping) { $0.int64(0) } } == Int64(bytes))
      reader.endTick()
    }
  }

  @Test func aSecondStoreOnTheDirectoryIsRefused() throws {
    let lane = try LaneStore()
    try lane.insert(1)
    let options = StoreOptions(directory: lane.directory.path, migrations: LaneStore.migrations)
    let pid = ProcessInfo.processInfo.processIdentifier
    #expect(throws: StoreOpenError.inUse(path: lane.directory.path, pid: pid)) {
      _ = try Store(options)
    }
    #expect(try lane.values() == [1])
    try lane.insert(2)
  }

  @Test func closingTruncatesTheLog() throws {
    let lane = try LaneStore()
    for value in 1...10 { try lane.insert(value, bytes: 1000) }
    #expect(lane.logBytes > 0)
    #expect(lane.store.close() == 0)
    #expect(lane.logBytes == 0)
    #expect(lane.store.close() == 0, "closing twice does nothing")
    let again = try Store(
      StoreOptions(directory: lane.directory.path, migrations: LaneStore.migrations)
    )
    let reader = try again.makePointReader {}
    #expect(try reader.read { try $0.first(LaneStore.count) { $0.int64(0) } } == 10)
    reader.endTick()
    again.close()
  }

  @Test func aDroppedStoreFinishesAndReleasesItsDirectory() throws {
    let temporary = TemporaryDirectory()
    let options = StoreOptions(directory: temporary.path, migrations: LaneStore.migrations)
    let sink = CollectingSink()
    let token = sink.makeToken()
    do {
      let store = try Store(options)
      try store.writer.submit(
        WriteJob(deadline: nil, bytes: 0, sink: sink, token: token) { tx in
          try tx.run(LaneStore.insert, 1, [UInt8]?.none)
          return []
        }
      )
    }
    _ = try sink.wait(for: token).get()
    var again: Store?
    for _ in 0..<10_000 where again == nil {
      again = try? Store(options)
      if again == nil { usleep(1000) }
    }
    let store = try #require(again, "the directory is still locked")
    #expect(try store.check([{ _ in [] }]) == [])
    store.close()
  }

  @Test func aHealthyStoreHasNoFindings() throws {
    let lane = try LaneStore()
    try lane.insert(1)
    let findings = try lane.store.check([
      { tx in try tx.first(LaneStore.count) { $0.int64(0) } == 1 ? [] : ["count"] },
      { _ in ["ours: something"] },
    ])
    #expect(findings == ["ours: something"])
    #expect(try lane.store.check() == [])
  }

  @Test func brokenReferencesAreFound() throws {
    let migrations = [
      Migration(
        version: 1,
        name: "references",
        sql: """
          CREATE TABLE parent (id INTEGER PRIMARY KEY);
          CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent);
          PRAGMA defer_foreign_keys=ON;
          """
      )
    ]
    let temporary = TemporaryDirectory()
    try Store(StoreOptions(directory: temporary.path, migrations: migrations)).close()
    do {
      let other = try Connection(
        path: temporary.path + "/patron.db",
        mode: .readWrite,
        busyTimeoutMilliseconds: 0
      )
      try other.execute("INSERT INTO child VALUES (5, 77)")
    }
    let store = try Store(StoreOptions(directory: temporary.path, migrations: migrations))
    defer { store.close() }
    let findings = try store.check()
    #expect(findings == ["foreign key: row 5 of child has no row in parent"])
  }

  @Test func aDamagedPageIsFound() throws {
    let lane = try LaneStore()
    let again = try damagedStore(lane)
    defer { again.close() }
    let findings = try again.check()
    #expect(!findings.isEmpty)
    let reader = try again.makePointReader {}
    defer { reader.endTick() }
    #expect {
      try reader.read { tx in try tx.forEach(LaneStore.values) { _ in } }
    } throws: { error in
      guard case StoreError.corrupt = error else { return false }
      return true
    }
  }

  @Test func aHandlerCannotHideDamage() throws {
    let lane = try LaneStore()
    let again = try damagedStore(lane)
    defer { again.close() }
    let token = lane.replies.makeToken()
    try again.writer.submit(
      WriteJob(deadline: nil, bytes: 0, sink: lane.replies, token: token) { tx in
        // The handler swallows the error and reports success.
        try? tx.forEach(LaneStore.values) { _ in }
        try? tx.read.forEach(LaneStore.values) { _ in }
        return []
      }
    )
    let error = try lane.replies.error(of: token)
    guard case .corrupt = error else {
      Issue.record("expected damage, got \(String(describing: error))")
      return
    }
  }

  /// Fills a database, closes it, damages a page and opens it again.
  private func damagedStore(_ lane: LaneStore) throws -> Store {
    for value in 1...200 { try lane.insert(value, bytes: 1000) }
    lane.store.close()
    let path = lane.store.directory.databasePath
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    // The header of the third page and the bytes behind it, which are the index over the values.
    try file.seek(toOffset: 2 * 4096)
    try file.write(contentsOf: Data(repeating: 0xFF, count: 100))
    try file.close()
    return try Store(
      StoreOptions(directory: lane.directory.path, migrations: LaneStore.migrations)
    )
  }
}
