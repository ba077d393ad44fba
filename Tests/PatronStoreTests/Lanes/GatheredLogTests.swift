import Foundation
import SQLite
import TestKit
import Testing

@testable import PatronStore

@Suite("The log of the writer")
struct GatheredLogTests {
  /// Inserts rows that fill a page each.
  private static func fill(_ values: Range<Int>, _ tx: WriteTransaction) throws {
    let body = [UInt8](repeating: 7, count: 3000)
    for value in values { try tx.run(LaneStore.insert, value, body) }
  }

  @Test func aTransactionIsWrittenInFewCalls() throws {
    let name = FaultyFileSystem.register("counting-\(UUID().uuidString)")
    let lane = try LaneStore { $0.vfs = name }
    try lane.insert(1)
    let (bytes, writes) = (lane.logBytes, FaultyFileSystem.writes(name))
    try lane.write { tx in
      try Self.fill(100..<200, tx)
      return []
    }
    let pages = (lane.logBytes - bytes) / 4120
    #expect(pages > 100)
    // SQLite's unix files take 31 pages in a call.
    #expect(FaultyFileSystem.writes(name) - writes == (pages + 30) / 31)
    try lane.insert(2)
    #expect(FaultyFileSystem.writes(name) - writes == (pages + 30) / 31 + 1)
  }

  @Test func aFullDiskInTheMiddleOfATransactionLeavesNothingOfIt() throws {
    let name = FaultyFileSystem.register("full-\(UUID().uuidString)")
    let lane = try LaneStore { $0.vfs = name }
    try lane.insert(1)
    FaultyFileSystem.set(.writeNoSpace, name)
    #expect(throws: StoreError.self) {
      try lane.write { tx in
        try Self.fill(100..<200, tx)
        return []
      }
    }
    FaultyFileSystem.set(nil, name)
    try lane.insert(2)
    #expect(try lane.values() == [1, 2])
    #expect(try recovered(lane) == 2)
  }

  /// A dry run that changes more pages than the cache holds, some of them twice, and a write behind
  /// it in the same transaction.
  @Test func aCommitBehindALargeDryRunSurvivesACrash() throws {
    let lane = try LaneStore { $0.limits.writerCacheBytes = 64 << 10 }
    try lane.write { tx in
      try tx.tentatively {
        try Self.fill(0..<60, tx)
        for id in 30..<60 { try tx.run(LaneStore.upsert, id, 1000 + id) }
      }
      try Self.fill(0..<40, tx)
      return []
    }
    try lane.insert(1000)
    #expect(try recovered(lane) == 41)
  }

  /// Returns the rows that a process finds which opens the files after a crash at this moment.
  private func recovered(_ lane: LaneStore) throws -> Int64? {
    let copies = TemporaryDirectory()
    let path = lane.store.directory.databasePath
    for end in ["", "-wal"] { try copies.copy(path + end, as: "copy" + end) }
    let connection = try Connection(
      path: copies.file("copy"),
      mode: .readWrite,
      busyTimeoutMilliseconds: 0
    )
    return try connection.integer("SELECT count(*) FROM rows")
  }
}
