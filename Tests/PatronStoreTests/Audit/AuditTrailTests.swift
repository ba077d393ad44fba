import PatronModel
import SQLite
import TestKit
import Testing

@testable import PatronStore

/// Tests of the rows that jobs of the writer add to the audit log.
@Suite("Audit trail")
struct AuditTrailTests {
  private static let schema = Migration.all.first { $0.name == "audit" }

  private func open(in directory: TemporaryDirectory? = nil) throws -> LaneStore {
    let audit = try #require(Self.schema)
    let migrations = LaneStore.migrations + [Migration(version: 2, name: "audit", sql: audit.sql)]
    return try LaneStore { options in
      if let directory {
        options = StoreOptions(directory: directory.path, migrations: migrations)
      } else {
        options.migrations = migrations
      }
    }
  }

  /// Reads from the log in a new snapshot.
  private func read<Result>(_ lane: LaneStore, _ body: (AuditLog) throws -> Result) throws -> Result
  {
    let reader = try lane.store.makePointReader {}
    defer { reader.endTick() }
    return try reader.read { try body(AuditLog($0)) }
  }

  /// Returns all rows, and expects that they are chained.
  private func rows(_ lane: LaneStore) throws -> [AuditRow] {
    try read(lane) { log in
      var rows: [AuditRow] = []
      var last = try log.begin()
      try log.rows { row in
        #expect(row.sequence == last.sequence + 1)
        #expect(row.hash == AuditChain.hash(of: row, after: last.hash))
        last = AuditPlace(sequence: row.sequence, hash: row.hash)
        rows.append(row)
        return true
      }
      #expect(try log.end() == last)
      return rows
    }
  }

  private func record(_ lane: LaneStore, _ setting: String) throws {
    try lane.write { tx in
      tx.record(.settingsUpdate, store: "one", [.setting(setting)])
      return []
    }
  }

  /// The hashes were computed by another program, from the description in docs/audit.md.
  @Test func hashesAreAsDocumented() {
    var first = AuditRow(
      sequence: 1,
      store: "shop",
      at: 1_700_000_000_000_000,
      action: "settings.update",
      targets: "setting:time_zone setting:currency_code",
      result: 0
    )
    first.keyID = "01h2xcejqtf2nbrexx3vqjhp41"
    first.onBehalfOf = "Zoë"
    first.peer = "uid:1000"
    first.requestID = "00000000000000ff"
    var second = AuditRow(
      sequence: 2,
      store: "*",
      at: 1_700_000_000_000_001,
      action: "authentication.fail",
      targets: "reason:KEY_UNKNOWN attempts:3",
      result: 16
    )
    second.peer = "127.0.0.1"
    let one = AuditChain.hash(of: first, after: AuditChain.begin.hash)
    let two = AuditChain.hash(of: second, after: one)
    #expect(hex(one) == "abcf6fef9223a3a535a8c2fe01c29c0683b69473b87cebc9ade3070528e2cdd0")
    #expect(hex(two) == "043b1cd66d85e3f621838dc813e8711ed1ce3367b7e8487996d68a13176971ef")
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test func rowsAreChained() throws {
    let lane = try open()
    for setting in ["a", "b", "c"] { try record(lane, setting) }
    let rows = try rows(lane)
    #expect(rows.map(\.sequence) == [1, 2, 3])
    #expect(rows.map(\.targets) == ["setting:a", "setting:b", "setting:c"])
    #expect(rows.allSatisfy { $0.store == "one" && $0.action == "settings.update" })
    #expect(rows.allSatisfy { $0.result == 0 && $0.at > 1_700_000_000_000_000 })
  }

  @Test func aReopenedStoreContinuesTheChain() throws {
    let directory = TemporaryDirectory()
    for count in 1...3 {
      let lane = try open(in: directory)
      try record(lane, "a")
      #expect(try rows(lane).count == count)
      lane.store.close()
    }
  }

  @Test func callersAreNamedForTheirJob() throws {
    let lane = try open()
    let key = try #require(KeyID("01h2xcejqtf2nbrexx3vqjhp41"))
    try lane.write { tx in
      tx.auditCaller = AuditCaller(
        keyID: key,
        onBehalfOf: "ada",
        peer: "unix",
        userID: 1000,
        requestID: 0xff,
        at: 17
      )
      tx.record(.mergePerform, store: "one", [.merge(3), .customer(1), .customer(2)])
      tx.record(
        .authenticationFail,
        store: "",
        [.reason("KEY_UNKNOWN"), .attempts(2)],
        result: 16,
        by: AuditCaller(keyID: nil, onBehalfOf: "", peer: "192.0.2.1", at: 16)
      )
      return []
    }
    try record(lane, "a")
    let rows = try rows(lane)
    #expect(rows.map(\.keyID) == [key.text, "", ""])
    #expect(rows.map(\.onBehalfOf) == ["ada", "", ""])
    #expect(rows.map(\.peer) == ["uid:1000", "192.0.2.1", ""])
    #expect(rows.map(\.requestID) == ["00000000000000ff", "", ""])
    #expect(rows.map(\.result) == [0, 16, 0])
    #expect(rows[0].at == 17 && rows[1].at == 16 && rows[2].at > 17)
    #expect(rows[0].targets == "merge:3 customer:1 customer:2")
  }

  @Test(arguments: [99, 100, 101, 250])
  func actionsOfOneKindShareARow(_ count: Int64) throws {
    let lane = try open()
    try lane.write { tx in
      for id in 1...count {
        tx.record(.consentChange, store: "one", [.customer(id)])
        // Another channel of the same customer.
        tx.record(.consentChange, store: "one", [.customer(id)])
      }
      tx.record(.consentChange, store: "two", [.customer(1)])
      tx.record(.suppressionAdd, store: "one", [.customer(1)])
      return []
    }
    let rows = try rows(lane)
    #expect(rows.map(\.store) == ["one", "two", "one"])
    #expect(rows.map(\.action) == ["consent.change", "consent.change", "suppression.add"])
    let targets = rows[0].targets.split(separator: " ")
    #expect(targets.prefix(100).elementsEqual((1...min(count, 100)).map { "customer:\($0)" }))
    // Repeats of a target that is not named cannot be told from others.
    #expect(targets.count == min(Int(count), 100) + (count > 100 ? 1 : 0))
    if count > 100 { #expect(targets.last?.hasPrefix("more:") == true) }
  }

  @Test func targetsHaveNoSpaces() throws {
    #expect(AuditTarget.name("URI:a b%\u{7f}\n").text == "name:URI:a%20b%25%7f%0a")
    #expect(AuditTarget.name("DNS:agent.example").text == "name:DNS:agent.example")
    #expect(AuditTarget.address(hash: [0, 10, 255]).text == "address:000aff")
  }

  @Test func aFailedJobHasNoRow() throws {
    let lane = try open()
    let tokens = try lane.whileWriterIsHeld {
      try (0..<6).map { number in
        try lane.submit { tx in
          tx.record(.settingsUpdate, store: "one", [.setting("\(number)")])
          // Of those that fail, one has written, so that its batch is rolled back.
          if number != 1 { try tx.run(LaneStore.insert, number, [UInt8]?.none) }
          if [1, 3].contains(number) { throw Rejected() }
          return []
        }
      }
    }
    for (number, token) in tokens.enumerated() {
      let answer = try? lane.replies.wait(for: token).get()
      #expect((answer == nil) == [1, 3].contains(number))
    }
    #expect(
      try rows(lane).map(\.targets) == [0, 2, 4, 5].map { "setting:\($0)" }
    )
  }

  @Test func aDryRunHasNoRow() throws {
    let lane = try open()
    try lane.write { tx in
      tx.record(.settingsUpdate, store: "one", [.setting("before")])
      try tx.tentatively {
        tx.record(.settingsUpdate, store: "one", [.setting("dry")])
        tx.record(.storeCreate, store: "one", [.store("one")])
      }
      return []
    }
    #expect(try rows(lane).map(\.targets) == ["setting:before"])
  }

  /// The rows of a job that only records are changes like others: they are committed.
  @Test func rowsOfOneStoreAreItsOwn() throws {
    let lane = try open()
    for number in 0..<10 {
      try lane.write { tx in
        tx.record(.settingsUpdate, store: number % 3 == 0 ? "two" : "one", [.row(Int64(number))])
        return []
      }
    }
    let reader = try lane.store.makePointReader {}
    defer { reader.endTick() }
    try reader.read { tx in
      let store = StoreReader(tx, try #require(StoreID("two")))
      var forwards: [Int64] = []
      try store.auditRows(behind: 1) {
        forwards.append($0.sequence)
        return forwards.count < 2
      }
      #expect(forwards == [4, 7])
      var backwards: [Int64] = []
      try store.auditRows(before: 10) {
        backwards.append($0.sequence)
        return true
      }
      #expect(backwards == [7, 4, 1])
      var all: [Int64] = []
      try AuditLog(tx).rows(before: .max) {
        all.append($0.sequence)
        return all.count < 3
      }
      #expect(all == [10, 9, 8])
    }
  }

  @Test func theChainGoesOnBehindRemovedRows() throws {
    let lane = try open()
    for number in 1...5 {
      try lane.write { tx in
        tx.auditCaller = AuditCaller(keyID: nil, onBehalfOf: "", peer: "", at: Int64(number) * 10)
        tx.record(.settingsUpdate, store: "one", [.row(Int64(number))])
        return []
      }
    }
    func remove(_ count: Int, before time: Int64) throws -> UInt8 {
      try lane.write { tx in
        let removed = try AuditLog.removeOldest(count, before: time, in: tx)
        #expect(removed?.hasMore ?? false == (count == 1))
        return [UInt8(removed?.count ?? 0)]
      }[0]
    }
    #expect(try remove(10, before: 10) == 0)
    #expect(try rows(lane).count == 5)
    #expect(try remove(10, before: 30) == 2)
    #expect(try rows(lane).map(\.sequence) == [3, 4, 5])
    #expect(try remove(1, before: 60) == 1)
    #expect(try rows(lane).map(\.sequence) == [4, 5])
    #expect(try remove(10, before: .max) == 2)
    #expect(try rows(lane).isEmpty)
    #expect(try read(lane) { try $0.begin().sequence } == 5)
    try record(lane, "a")
    #expect(try rows(lane).map(\.sequence) == [6])
  }
}
