import Foundation
import SQLite
import TestKit
import Testing

@testable import PatronStore

@Suite("Disk failures")
struct FailStopTests {
  private func open(
    stops: Monitor<[String]>,
    change: (inout StoreOptions) -> Void = { _ in }
  ) throws -> (LaneStore, String) {
    let name = FaultyFileSystem.register("faulty-\(UUID().uuidString)")
    let lane = try LaneStore {
      $0.vfs = name
      $0.onFailStop = { reason in stops.update { $0.append(reason) } }
      change(&$0)
    }
    return (lane, name)
  }

  @Test(arguments: [FaultyFileSystem.Fault.sync, .write, .writeError(EIO), .writeError(EROFS)])
  func noWriteIsAcknowledgedAfterAFailure(fault: FaultyFileSystem.Fault) throws {
    let stops = Monitor<[String]>([])
    let (lane, name) = try open(stops: stops) { $0.limits.writeBatchCount = 5 }
    try lane.insert(1)
    let tokens = try lane.whileWriterIsHeld {
      FaultyFileSystem.set(fault, name)
      return try (2...14).map { value in
        try lane.submit { tx in
          try tx.run(LaneStore.insert, value, [UInt8]?.none)
          return []
        }
      }
    }
    // The first batch met the failure; the other jobs were queued behind it.
    for token in tokens { #expect(try lane.replies.error(of: token) == .failStop) }
    #expect(lane.store.commitCounter.current == 1)
    #expect(throws: StoreError.failStop) { try lane.submit { _ in [] } }
    #expect(try lane.values() == [1])
    let reasons = stops.withLock { $0 }
    #expect(reasons.count == 1)
    #expect(reasons.first?.contains("I/O") == true, "\(reasons)")
    FaultyFileSystem.set(nil, name)
    #expect(throws: StoreError.failStop) { try lane.submit { _ in [] } }
  }

  @Test func aFailingCheckpointStopsTheWriterToo() throws {
    let stops = Monitor<[String]>([])
    let (lane, name) = try open(stops: stops) {
      // Commits do not sync, so the first sync is the checkpoint's.
      $0.durability = .normal
      $0.limits.checkpointEveryPages = 1
    }
    FaultyFileSystem.set(.sync, name)
    try lane.insert(1)
    #expect(stops.wait(timeout: .seconds(60)) { $0.isEmpty ? nil : $0.count } == 1)
    #expect(throws: StoreError.failStop) { try lane.insert(2) }
    FaultyFileSystem.set(nil, name)
  }

  @Test(arguments: [
    FaultyFileSystem.Fault.writeNoSpace, .writeError(ENOSPC), .writeError(EDQUOT),
    .writeError(EFBIG),
  ])
  func aFullDiskIsNoFailure(_ fault: FaultyFileSystem.Fault) throws {
    let stops = Monitor<[String]>([])
    let (lane, name) = try open(stops: stops) { $0.limits.checkpointEveryPages = 1 }
    try lane.insert(1)
    FaultyFileSystem.set(fault, name)
    let tokens = try lane.whileWriterIsHeld {
      try (2...4).map { value in
        try lane.submit { tx in
          try tx.run(LaneStore.insert, value, [UInt8]?.none)
          return []
        }
      }
    }
    for token in tokens { #expect(try lane.replies.error(of: token) == .diskFull) }
    #expect(try lane.values() == [1])
    FaultyFileSystem.set(nil, name)
    try lane.insert(5)
    #expect(try lane.values() == [1, 5])
    #expect(stops.withLock { $0 }.isEmpty)
  }

  #if os(Linux)
    @Test func theDefaultEndsTheProcess() async {
      await #expect(processExitsWith: .exitCode(74)) {
        stopProcess("test")
      }
    }

    @Test func aSecondReadWriteConnectionEndsTheProcess() async {
      await #expect(processExitsWith: .failure) {
        let directory = TemporaryDirectory()
        let store = try Store(
          StoreOptions(directory: directory.path, migrations: LaneStore.migrations)
        )
        let second = WriterClaim(path: store.directory.databasePath)
        _ = consume second
        store.close()
      }
    }
  #endif
}
