import Foundation
import Synchronization
import TestKit
import Testing

@testable import PatronStore

@Suite("Lost files stop the writer")
struct LostFilesTests {
  /// A clock that moves when a test says so.
  private final class HandClock: Sendable {
    private let time = Mutex(ContinuousClock.now)

    var now: ContinuousClock.Instant { time.withLock { $0 } }

    func advance(_ duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
  }

  private let clock = HandClock()
  private let stops = Monitor<[String]>([])

  private func open() throws -> LaneStore {
    try LaneStore { [clock, stops] options in
      options.now = { clock.now }
      options.onFailStop = { reason in stops.update { $0.append(reason) } }
    }
  }

  private static let losses: [@Sendable (String) throws -> Void] = [
    { try FileManager.default.removeItem(atPath: $0) },
    { try FileManager.default.moveItem(atPath: $0, toPath: $0 + "-moved") },
    { try FileManager.default.removeItem(atPath: $0 + "/patron.db") },
    { try FileManager.default.removeItem(atPath: $0 + "/patron.db-wal") },
    { try FileManager.default.removeItem(atPath: $0 + "/patron.lock") },
    { path in
      try FileManager.default.moveItem(atPath: path + "/patron.db", toPath: path + "/old")
      try FileManager.default.copyItem(atPath: path + "/old", toPath: path + "/patron.db")
    },
  ]

  @Test(arguments: losses.indices)
  func noWriteOfTheNextSecondIsAcknowledged(loss: Int) throws {
    let lane = try open()
    try lane.insert(1)
    defer { try? FileManager.default.removeItem(atPath: lane.directory.path + "-moved") }
    try Self.losses[loss](lane.directory.path)
    // The second of the last look is not over.
    clock.advance(.milliseconds(999))
    try lane.insert(2)
    #expect(stops.withLock { $0 }.isEmpty)
    clock.advance(.milliseconds(1))
    #expect(throws: StoreError.failStop) { try lane.insert(3) }
    #expect(throws: StoreError.failStop) { try lane.submit { _ in [] } }
    let reasons = stops.withLock { $0 }
    #expect(reasons.count == 1)
    #expect(reasons.first?.contains(lane.directory.path) == true, "\(reasons)")
    lane.store.close()
    #expect(stops.withLock { $0.count } == 1)
  }

  @Test func everyReplyOfABatchIsTakenBack() throws {
    let lane = try open()
    try lane.insert(1)
    let tokens = try lane.whileWriterIsHeld {
      try (2...5).map { value in
        try lane.submit { [clock] tx in
          if value == 4 { throw Rejected() }
          if value == 5 {
            try FileManager.default.removeItem(atPath: lane.directory.path)
            clock.advance(.seconds(1))
          }
          try tx.run(LaneStore.insert, value, [UInt8]?.none)
          return []
        }
      }
    }
    for token in tokens where token != tokens[2] {
      #expect(try lane.replies.error(of: token) == .failStop)
    }
    #expect(throws: Rejected.self) { try lane.replies.wait(for: tokens[2]).get() }
  }

  @Test func anIdleWriterNoticesToo() throws {
    let lane = try open()
    try lane.insert(1)
    try FileManager.default.removeItem(atPath: lane.directory.path)
    clock.advance(.seconds(1))
    #expect(stops.wait(timeout: .seconds(60)) { $0.isEmpty ? nil : $0.count } == 1)
    #expect(throws: StoreError.failStop) { try lane.submit { _ in [] } }
  }

  @Test func aStoreThatClosesLooksAgain() throws {
    let lane = try open()
    try lane.insert(1)
    try FileManager.default.removeItem(atPath: lane.directory.path)
    lane.store.close()
    #expect(stops.withLock { $0.count } == 1)
  }

  @Test func nothingStopsAHealthyStore() throws {
    let lane = try open()
    for value in 0..<5 {
      clock.advance(.seconds(1))
      try lane.insert(value, bytes: 10_000)
    }
    lane.store.close()
    #expect(stops.withLock { $0 }.isEmpty)
  }
}
