import Foundation
import Synchronization
import TestKit
import Testing

@testable import PatronStore

@Suite("A full disk with a reserve")
struct FullDiskReserveTests {
  private static let size = 1 << 20

  /// A disk that is full while its reserve has blocks. Its free space and the time are the test's.
  private final class Disk: Sendable {
    let directory = TemporaryDirectory()
    let system = FaultyFileSystem.register("full-\(UUID().uuidString)")
    let notices = Monitor<[String]>([])
    private let state = Mutex((free: Int.max, time: ContinuousClock.now))

    var free: Int { state.withLock { $0.free } }
    var time: ContinuousClock.Instant { state.withLock { $0.time } }
    private var reserve: String { directory.file("patron.reserve") }

    func setFree(_ bytes: Int) { state.withLock { $0.free = bytes } }

    func advance(_ duration: Duration) {
      state.withLock { $0.time = $0.time.advanced(by: duration) }
    }

    func fill() {
      setFree(0)
      FaultyFileSystem.set(.writeNoSpaceBeside(reserve), system)
    }

    func makeRoom() {
      FaultyFileSystem.set(nil, system)
      setFree(.max)
    }

    /// The size of the reserve; nil without a file.
    var reserveBytes: Int? {
      let attributes = try? FileManager.default.attributesOfItem(atPath: reserve)
      return attributes?[.size] as? Int
    }

    func open(_ change: (inout StoreOptions) -> Void = { _ in }) throws -> LaneStore {
      try LaneStore { [self] options in
        options = StoreOptions(directory: directory.path, migrations: LaneStore.migrations)
        options.vfs = system
        options.mendsSearch = false
        options.limits.diskReserveBytes = FullDiskReserveTests.size
        options.now = { self.time }
        options.freeBytes = { _ in self.free }
        options.onNotice = { notice in self.notices.update { $0.append(notice) } }
        options.onFailStop = { Issue.record("stopped: \($0)") }
        change(&options)
      }
    }

    func takeNotices() -> [String] {
      notices.withLock { notices in
        defer { notices = [] }
        return notices
      }
    }
  }

  private let disk = Disk()

  /// Queues a write that may use the reserve.
  private func delete(_ value: Int, _ lane: LaneStore) throws -> ReplyToken {
    let token = lane.replies.makeToken()
    let job = WriteJob(
      deadline: nil,
      bytes: 0,
      sink: lane.replies,
      token: token,
      usesReserve: true
    ) { tx in
      try tx.run(LaneStore.insert, value, [UInt8]?.none)
      return []
    }
    try lane.store.writer.submit(job)
    return token
  }

  private func expectDeletion(_ value: Int, _ lane: LaneStore) throws {
    #expect(try lane.replies.error(of: delete(value, lane)) == nil)
  }

  @Test func deletionsUseTheReserveAndNothingElseDoes() throws {
    let lane = try disk.open()
    try lane.insert(1)
    #expect(disk.reserveBytes == Self.size)
    disk.fill()
    #expect(throws: StoreError.diskFull) { try lane.insert(2) }
    #expect(disk.reserveBytes == Self.size, "an ordinary write does not take it")
    #expect(disk.takeNotices() == [])
    try expectDeletion(3, lane)
    #expect(disk.reserveBytes == 0)
    let notices = disk.takeNotices()
    #expect(notices.count == 1 && notices.first?.contains("only deletions") == true, "\(notices)")
    #expect(throws: StoreError.diskFull) { try lane.insert(4) }
    try expectDeletion(5, lane)
    #expect(try lane.values() == [1, 3, 5])
  }

  @Test func aBatchWithADeletionIsDivided() throws {
    let lane = try disk.open()
    try lane.insert(1)
    let tokens = try lane.whileWriterIsHeld {
      disk.fill()
      return try (2...6).map { value in
        if value == 4 { return try delete(value, lane) }
        return try lane.submit { tx in
          try tx.run(LaneStore.insert, value, [UInt8]?.none)
          return []
        }
      }
    }
    for (index, token) in tokens.enumerated() {
      #expect(try lane.replies.error(of: token) == (index == 2 ? nil : .diskFull))
    }
    #expect(try lane.values() == [1, 4])
  }

  @Test func roomIsUsedOnceTheReserveIsBack() throws {
    let lane = try disk.open()
    disk.fill()
    try expectDeletion(1, lane)
    _ = disk.takeNotices()
    disk.makeRoom()
    disk.setFree(Self.size + Self.size / 4 - 1)
    disk.advance(.seconds(1))
    try expectDeletion(2, lane)
    #expect(throws: StoreError.diskFull) { try lane.insert(3) }
    disk.setFree(Self.size + Self.size / 4)
    disk.advance(.seconds(1))
    try expectDeletion(4, lane)
    #expect(disk.reserveBytes == Self.size)
    try lane.insert(5)
    #expect(try lane.values() == [1, 2, 4, 5])
    let notices = disk.takeNotices()
    #expect(notices.count == 1 && notices.first?.contains("room again") == true, "\(notices)")
  }

  @Test func aCheckpointUsesTheReserve() throws {
    let isArmed = Monitor(false)
    let lane = try disk.open { [disk] options in
      options.durability = .off
      options.limits.checkpointEveryPages = 1
      // The commit has room, the checkpoint after it has none.
      options.commitObserver = { _ in
        isArmed.withLock { isArmed in
          if isArmed { disk.fill() }
          isArmed = false
        }
      }
    }
    try lane.insert(1)
    isArmed.withLock { $0 = true }
    try lane.write { tx in
      try tx.run(LaneStore.insert, 2, [UInt8](repeating: 1, count: 100_000))
      tx.recordChange(store: "s", customerID: 2)
      return []
    }
    // The reply to the next job comes after the checkpoint.
    try expectDeletion(3, lane)
    #expect(disk.reserveBytes == 0)
    try expectDeletion(4, lane)
    #expect(lane.logBytes < 20_000, "the log gives its space back, too")
    #expect(try lane.values() == [1, 2, 3, 4])
  }

  @Test func aStartOnAFullDiskUsesTheReserve() throws {
    let first = try disk.open()
    try first.insert(1)
    first.store.close()
    disk.fill()
    let more = Migration(version: 2, name: "more", sql: "CREATE TABLE more (a)")
    #expect(throws: StoreOpenError.diskFull(path: disk.directory.path + "/patron.db")) {
      _ = try disk.open {
        $0.migrations.append(more)
        $0.limits.diskReserveBytes = nil
      }
    }
    #expect(disk.reserveBytes == Self.size)
    let lane = try disk.open { $0.migrations.append(more) }
    #expect(disk.reserveBytes == 0)
    #expect(disk.takeNotices().contains { $0.contains("only deletions") })
    #expect(throws: StoreError.diskFull) { try lane.insert(2) }
    try expectDeletion(3, lane)
    #expect(try lane.values() == [1, 3])
  }

  @Test func theNextStartKeepsTheRestForDeletions() throws {
    let first = try disk.open()
    disk.fill()
    try expectDeletion(1, first)
    first.store.close()
    _ = disk.takeNotices()
    let lane = try disk.open()
    #expect(disk.takeNotices().contains { $0.contains("only deletions") })
    #expect(throws: StoreError.diskFull) { try lane.insert(2) }
    try expectDeletion(3, lane)
  }

  @Test func withoutRoomForItTheServerWorksAsWithout() throws {
    disk.setFree(0)
    let lane = try disk.open()
    #expect(disk.reserveBytes == nil)
    let notices = disk.takeNotices()
    #expect(notices.count == 1 && notices.first?.contains("--disk-reserve-mib") == true)
    try lane.insert(1)
    disk.fill()
    FaultyFileSystem.set(.writeNoSpace, disk.system)
    #expect(throws: StoreError.diskFull) { try lane.insert(2) }
    #expect(try lane.replies.error(of: delete(3, lane)) == .diskFull)
    disk.makeRoom()
    disk.advance(.seconds(1))
    try lane.insert(4)
    try lane.insert(5)
    #expect(disk.reserveBytes == Self.size)
    #expect(try lane.values() == [1, 4, 5])
  }
}
