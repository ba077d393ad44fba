import PatronModel
import TestKit
import Testing

@testable import PatronStore

/// The writer tells the cache of every row that a commit changes, and of nothing else.
struct ChangedRecordTests {
  private static let rules = TermRules(ofBody: { _, _ in [] }, ofStats: { _ in [] })

  private static func row(_ id: Int64, _ version: UInt8) -> CustomerRow {
    CustomerRow(
      id: id,
      externalID: "c\(id)",
      emailKey: nil,
      phone: nil,
      updatedAt: 0,
      body: [version],
      stats: []
    )
  }

  /// A store with two customers, of version 1.
  private static func open() throws -> LaneStore {
    let lane = try LaneStore { options in
      options.migrations = Migration.all
      options.durability = .off
    }
    try lane.write { transaction in
      let writer = StoreWriter(transaction, .default, rules)
      for id: Int64 in [1, 2] { try writer.insert(row(id, 1)) }
      return []
    }
    return lane
  }

  /// Returns the version that a loop reads, and if it came from memory; nil for no customer.
  private static func read(
    _ lane: LaneStore,
    _ reader: PointReader,
    _ key: CustomerKey
  ) throws -> (version: UInt8, isHit: Bool)? {
    var answer: (UInt8, Bool)?
    _ = try reader.read { transaction in
      try StoreReader(transaction, .default).currentCustomer(key) { bytes in
        answer = (bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self), true)
      } stored: { record, _ in
        answer = (record.unsafeLoad(fromByteOffset: 0, as: UInt8.self), false)
      }
    }
    return answer
  }

  @Test func onlyTheChangedRecordGoes() throws {
    let lane = try Self.open()
    let reader = try lane.store.makePointReader {}
    for key: CustomerKey in [.id(1), .externalID("c1"), .id(2)] {
      #expect(try Self.read(lane, reader, key)?.isHit == false)
      #expect(try Self.read(lane, reader, key)?.isHit == true)
    }
    try lane.write { transaction in
      try StoreWriter(transaction, .default, Self.rules)
        .update(Self.row(1, 2), replacing: Self.row(1, 1))
      return []
    }
    for key: CustomerKey in [.id(1), .externalID("c1")] {
      let answer = try #require(try Self.read(lane, reader, key))
      #expect(answer == (2, false))
    }
    let other = try #require(try Self.read(lane, reader, .id(2)))
    #expect(other == (1, true))
    reader.endTick()
  }

  @Test func aJobThatFailsChangesNothing() throws {
    struct Refusal: Error {}
    let lane = try Self.open()
    let reader = try lane.store.makePointReader {}
    _ = try Self.read(lane, reader, .id(1))
    let token = try lane.submit { transaction in
      try StoreWriter(transaction, .default, Self.rules)
        .update(Self.row(1, 2), replacing: Self.row(1, 1))
      throw Refusal()
    }
    let outcome = try lane.replies.wait(for: token)
    #expect(throws: Refusal.self) { try outcome.get() }
    let answer = try #require(try Self.read(lane, reader, .id(1)))
    #expect(answer == (1, true))
    reader.endTick()
  }

  @Test func anAliasIsNotKept() throws {
    let lane = try Self.open()
    try lane.write { transaction in
      try StoreWriter(transaction, .default, Self.rules).addAlias("old", of: 1)
      return []
    }
    let reader = try lane.store.makePointReader {}
    for _ in 0..<2 {
      #expect(try Self.read(lane, reader, .externalID("old"))?.isHit == false)
    }
    reader.endTick()
  }

  @Test func aSnapshotThatIsHeldReadsOneMoment() throws {
    let lane = try Self.open()
    let (one, other) = (try lane.store.makePointReader {}, try lane.store.makePointReader {})
    try one.read { transaction in
      let held = StoreReader(transaction, .default)
      try held.holdSnapshot()
      try lane.write { transaction in
        try StoreWriter(transaction, .default, Self.rules)
          .update(Self.row(1, 2), replacing: Self.row(1, 1))
        return []
      }
      // Another loop brings the new record into memory.
      for isHit in [false, true] {
        let answer = try #require(try Self.read(lane, other, .id(1)))
        #expect(answer == (2, isHit))
      }
      var version: UInt8 = 0
      _ = try held.currentCustomer(.id(1)) { _ in
        Issue.record("a newer record came from memory")
      } stored: { record, _ in
        version = record.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
      }
      #expect(version == 1)
    }
    let answer = try #require(try Self.read(lane, one, .id(1)))
    #expect(answer == (2, true))
    one.endTick()
    other.endTick()
  }
}
