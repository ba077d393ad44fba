import Foundation
import PatronModel
import SQLite
import Synchronization
import TestKit
import Testing

@testable import PatronStore

/// Histories of one record each, written by the writer and read by several loops at the same time.
///
/// A read must return what the last acknowledged write left, or what a write did that had begun
/// when the read ended. `PATRON_TEST_HISTORIES` sets the number of histories; the long form is
/// 10,000.
struct RecordHistoryTests {
  /// A read of a history, in ticks of the clock that all threads share. Version 0: no customer.
  private struct Read {
    let history: Int
    let begin: Int
    let end: Int
    let version: UInt8
  }

  /// A write: the ticks before it was queued and after it was acknowledged.
  private struct Write {
    let begin: Int
    let end: Int
  }

  /// Writes of a history: a new customer, changes, and its deletion.
  private static let versions = 5
  private static let readers = 3
  /// Reads of one history by one reader.
  private static let maxReads = 60

  private final class Course: Sendable {
    let clock = Atomic<Int>(0)
    let history = Atomic<Int>(1)
    let hasEnded = Atomic<Bool>(false)
    let started = Monitor(0)
    let ended = Monitor(0)
    let reads = Mutex<[Read]>([])
    let failures = Mutex<[String]>([])

    func tick() -> Int { clock.add(1, ordering: .sequentiallyConsistent).newValue }
  }

  private static func key(_ history: Int, _ kind: Int) -> CustomerKey {
    switch kind % 3 {
    case 0: .id(Int64(history))
    case 1: .externalID("customer-\(history)")
    default: .email(key: "\(history)@example.com")
    }
  }

  private static func row(_ history: Int, _ version: UInt8) -> CustomerRow {
    CustomerRow(
      id: Int64(history),
      externalID: "customer-\(history)",
      emailKey: "\(history)@example.com",
      phone: nil,
      updatedAt: Int64(version),
      body: [version],
      stats: [version, version]
    )
  }

  @Test func readsReturnTheLastAcknowledgedOrAConcurrentWrite() throws {
    let wanted = ProcessInfo.processInfo.environment["PATRON_TEST_HISTORIES"].flatMap { Int($0) }
    let histories = wanted ?? 300
    let store = try LaneStore { options in
      options.migrations = Migration.all
      options.durability = .off
    }
    let course = Course()
    for number in 0..<Self.readers {
      Thread.detachNewThread { Self.read(store.store, course, number) }
    }
    let started = course.started.wait(timeout: .seconds(60)) { $0 == Self.readers ? true : nil }
    #expect(started == true)
    var writes: [[Write]] = [[]]
    for history in 1...histories {
      course.history.store(history, ordering: .sequentiallyConsistent)
      writes.append(try Self.write(store, course, history))
    }
    course.hasEnded.store(true, ordering: .sequentiallyConsistent)
    let ended = course.ended.wait(timeout: .seconds(60)) { $0 == Self.readers ? true : nil }
    #expect(ended == true)
    let failures = course.failures.withLock { $0 }
    #expect(failures == [])
    let reads = course.reads.withLock { $0 }
    #expect(!reads.isEmpty)
    for read in reads where !Self.isAllowed(read, writes[read.history]) {
      Issue.record("history \(read.history): version \(read.version) read, \(read)")
    }
    let measured = try #require(store.store.records?.measurements)
    #expect(measured.hits > 0 && measured.misses > 0)
  }

  /// Runs the writes of a history, each after the last was acknowledged.
  private static func write(
    _ store: LaneStore,
    _ course: Course,
    _ history: Int
  ) throws -> [Write] {
    let rules = TermRules(ofBody: { _, _ in [] }, ofStats: { _ in [] })
    let deletion = Query("DELETE FROM customers WHERE store_id = 'default' AND customer_id = ?1")
    return try (1...versions).map { version in
      let begin = course.tick()
      try store.write { transaction in
        let writer = StoreWriter(transaction, .default, rules)
        if version == 1 {
          try writer.insert(row(history, 1))
        } else if version == versions {
          try transaction.run(deletion, history)
        } else {
          let old = row(history, UInt8(version - 1))
          try writer.update(row(history, UInt8(version)), replacing: old)
        }
        return []
      }
      return Write(begin: begin, end: course.tick())
    }
  }

  /// Reads the record of the present history until all have ended, as an I/O loop does: several
  /// reads in a tick.
  private static func read(_ store: Store, _ course: Course, _ number: Int) {
    var reads: [Read] = []
    var (last, count) = (0, 0)
    do {
      let reader = try store.makePointReader {}
      course.started.update { $0 += 1 }
      while !course.hasEnded.load(ordering: .sequentiallyConsistent) {
        let history = course.history.load(ordering: .sequentiallyConsistent)
        if history != last { (last, count) = (history, 0) }
        guard count < maxReads else {
          reader.endTick()
          Thread.sleep(forTimeInterval: 0.0001)
          continue
        }
        count += 1
        let begin = course.tick()
        let version = try version(in: reader, key(history, number + count))
        reads.append(Read(history: history, begin: begin, end: course.tick(), version: version))
        if count % 4 == 0 { reader.endTick() }
      }
      reader.endTick()
    } catch {
      course.failures.withLock { $0.append("\(error)") }
    }
    course.reads.withLock { $0 += reads }
    course.ended.update { $0 += 1 }
  }

  private static func version(in reader: PointReader, _ key: CustomerKey) throws -> UInt8 {
    var version: UInt8 = 0
    _ = try reader.read { transaction in
      try StoreReader(transaction, .default).currentCustomer(key) { bytes in
        version = bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
      } stored: { record, _ in
        version = record.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
      }
    }
    return version
  }

  private static func isAllowed(_ read: Read, _ writes: [Write]) -> Bool {
    let acknowledged = writes.count { $0.end < read.begin }
    let begun = writes.count { $0.begin < read.end }
    // No customer: before the first write, or after the last.
    let states = read.version == 0 ? [0, versions] : [Int(read.version)]
    return states.contains { acknowledged <= $0 && $0 <= begun }
  }
}
