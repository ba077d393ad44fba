import Foundation
import TestKit
import Testing

@testable import SQLite

@Suite("Transactions and checkpoints")
struct CheckpointTests {
  private static let insert = Query("INSERT INTO t VALUES (zeroblob(5000))")
  private static let count = Query("SELECT count(*) FROM t")

  private func open() throws -> (TemporaryDatabase, Connection) {
    let database = TemporaryDatabase()
    let writer = try database.writer()
    try writer.execute("CREATE TABLE t (a)")
    return (database, writer)
  }

  @Test func commitAndRollback() throws {
    let (_, writer) = try open()
    try writer.beginImmediate()
    #expect(writer.isInTransaction)
    try writer.run(Self.insert)
    try writer.rollback()
    try writer.rollback()
    #expect(!writer.isInTransaction)
    #expect(try writer.first(Self.count) { $0.int64(0) } == 0)
    let before = writer.totalChanges
    try writer.begin()
    try writer.run(Self.insert)
    try writer.commit()
    #expect(writer.totalChanges == before + 1)
    #expect(try writer.first(Self.count) { $0.int64(0) } == 1)
  }

  @Test func passiveCopiesEverythingWithoutReaders() throws {
    let (_, writer) = try open()
    for _ in 0..<10 { try writer.run(Self.insert) }
    #expect(writer.walPages >= 20)
    let result = try writer.checkpoint(.passive)
    #expect(result.isComplete)
    #expect(result.logPages == writer.walPages)
    try writer.run(Self.insert)
    #expect(writer.walPages < 10, "the log begins anew after a complete checkpoint")
  }

  @Test func aReaderKeepsTheLogFromTruncation() throws {
    let (database, writer) = try open()
    try writer.run(Self.insert)
    let reader = try database.reader()
    try reader.begin()
    #expect(try reader.first(Self.count) { $0.int64(0) } == 1)
    for _ in 0..<10 { try writer.run(Self.insert) }
    #expect(try writer.checkpoint(.passive).isComplete == false)
    writer.setBusyTimeout(milliseconds: 1)
    #expect(try writer.checkpoint(.truncate).busy)
    #expect(try reader.first(Self.count) { $0.int64(0) } == 1, "the snapshot stays")
    try reader.commit()
    #expect(try writer.checkpoint(.truncate).isComplete)
    #expect(writer.walPages == 0)
    let size = try FileManager.default.attributesOfItem(atPath: database.path + "-wal")[.size]
    #expect(size as? Int == 0)
  }

  @Test func noCheckpointRunsByItself() throws {
    let (_, writer) = try open()
    // SQLite's automatic checkpoint would start at 1000 pages.
    for _ in 0..<700 { try writer.run(Self.insert) }
    #expect(writer.walPages > 1400)
  }
}

extension CheckpointResult {
  fileprivate var isComplete: Bool { !busy && logPages == checkpointedPages }
}
