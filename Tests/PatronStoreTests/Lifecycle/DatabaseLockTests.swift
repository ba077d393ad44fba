import Foundation
import TestKit
import Testing

@testable import PatronStore

@Suite("Lock of a database")
struct DatabaseLockTests {
  private let temporary = TemporaryDirectory()

  /// Makes a second directory with a hard link to the database of the first.
  private func linked(to lane: LaneStore) throws -> String {
    let path = temporary.path + "/linked"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    #expect(chmod(path, 0o700) == 0)
    #expect(link(lane.store.directory.databasePath, path + "/patron.db") == 0)
    return path
  }

  private func open(_ path: String) throws(StoreOpenError) -> Store {
    try Store(StoreOptions(directory: path, migrations: LaneStore.migrations))
  }

  @Test func aSecondStoreThroughAHardLinkIsRefused() throws {
    let lane = try LaneStore()
    try lane.insert(1)
    let path = try linked(to: lane)
    let refusal = StoreOpenError.databaseInUse(path: path + "/patron.db")
    #expect(throws: refusal) { _ = try open(path) }
    #expect(refusal.description.contains("in use") && refusal.description.contains("stop"))
    #expect(throws: refusal) {
      _ = try Store.compact(StoreOptions(directory: path, migrations: LaneStore.migrations))
    }
    try lane.insert(2)
    lane.store.close()
    try open(path).close()
  }

  @Test func aRemovedLockFileLetsNobodyIn() throws {
    let lane = try LaneStore { $0.onFailStop = { _ in } }
    try lane.insert(1)
    try FileManager.default.removeItem(atPath: lane.store.directory.lockPath)
    let path = lane.directory.path
    #expect(throws: StoreOpenError.databaseInUse(path: path + "/patron.db")) {
      _ = try open(path)
    }
    lane.store.close()
    let again = try open(path)
    again.close()
  }

  @Test func aReleasedLockIsFreeThoughItsFileIsOpen() throws {
    let path = temporary.file("patron.db")
    var first: DatabaseLock? = try DatabaseLock.take(path)
    #expect(throws: StoreOpenError.databaseInUse(path: path)) { _ = try DatabaseLock.take(path) }
    first?.release()
    first?.release()
    var second: DatabaseLock? = try DatabaseLock.take(path)
    #expect(throws: StoreOpenError.databaseInUse(path: path)) { _ = try DatabaseLock.take(path) }
    // The end of an object without the lock takes it from nobody.
    first = nil
    #expect(throws: StoreOpenError.databaseInUse(path: path)) { _ = try DatabaseLock.take(path) }
    #expect(second != nil)
    second = nil
    _ = try DatabaseLock.take(path)
  }

  @Test func aFileThatCannotBeOpenedIsNamed() throws {
    let path = temporary.file("patron.db")
    #expect(mkdir(path, 0o700) == 0)
    #expect {
      _ = try DatabaseLock.take(path)
    } throws: { error in
      guard case StoreOpenError.engine(path, let detail) = error else { return false }
      return detail.contains("irectory")
    }
  }

  #if os(Linux)
    @Test func aRefusedOpenerLeavesTheLocksOfSQLite() throws {
      let lane = try LaneStore()
      try lane.insert(1)
      // Not closed before the store: that would drop the locks.
      let descriptor = Foundation.open(lane.store.directory.databasePath, O_RDWR | O_CLOEXEC)
      defer { close(descriptor) }
      #expect(Self.isShared(descriptor))
      let path = try linked(to: lane)
      for _ in 0..<3 { #expect(throws: StoreOpenError.self) { _ = try open(path) } }
      #expect(Self.isShared(descriptor))
      let reader = try lane.store.makePointReader {}
      #expect(lane.store.close() == 0)
      // A reader that outlives the store keeps its locks, too.
      try open(lane.directory.path).close()
      #expect(Self.isShared(descriptor))
      withExtendedLifetime(reader) {}
    }

    /// Returns true if the bytes are locked that SQLite locks for every open connection in the mode
    /// of a write-ahead log.
    private static func isShared(_ descriptor: Int32) -> Bool {
      var request = flock()
      request.l_type = Int16(F_WRLCK)
      request.l_whence = Int16(SEEK_SET)
      request.l_start = 0x4000_0002
      request.l_len = 510
      // F_OFD_GETLK sees the locks of this process, too.
      guard fcntl(descriptor, 36, &request) == 0 else { return false }
      return request.l_type == Int16(F_RDLCK)
    }
  #endif
}
