import PatronModel
import SQLite
import TestKit
import Testing

@testable import PatronCore
@testable import PatronStore

/// Tests that a change of the audit log is found, and where.
struct AuditVerificationTests {
  /// The columns of a row, in the order in which they are hashed.
  private static let texts = [
    "store_id", "key_id", "on_behalf_of", "peer", "action", "targets", "request_id",
  ]
  private static let numbers = ["seq", "at", "result"]

  /// A closed database with a log of some rows.
  private struct Log {
    let directory = TemporaryDirectory()
    let count = 12

    init() throws {
      try open { store in
        for number in 1...count {
          try store.performAndWait { transaction in
            transaction.auditCaller = AuditCaller(
              keyID: KeyID(value: UInt128(number)),
              onBehalfOf: "agent \(number)",
              peer: "192.0.2.\(number)",
              requestID: UInt64(number),
              at: Int64(number) * 1_000_000
            )
            transaction.record(
              AuditAction.allCases[number % AuditAction.allCases.count],
              store: number % 2 == 0 ? "one" : "two",
              [.customer(Int64(number)), .merge(7)]
            )
          }
        }
      }
    }

    func open<Result>(_ body: (Store) throws -> Result) throws -> Result {
      let store = try Store(StoreOptions(directory: directory.path, migrations: Migration.all))
      defer { store.close() }
      return try body(store)
    }

    func connection() throws -> Connection {
      try Connection(
        path: directory.file("patron.db"),
        mode: .readWrite,
        busyTimeoutMilliseconds: 1000
      )
    }

    /// Runs statements in a transaction that is rolled back, and returns the finding in between.
    func finding(after statements: String, expecting hash: [UInt8]? = nil) throws -> AuditFinding? {
      let connection = try connection()
      try connection.beginImmediate()
      defer { try? connection.rollback() }
      try connection.execute(statements)
      return try finding(connection, expecting: hash)
    }

    /// Changes a value, and returns the finding of a transaction that is rolled back.
    func finding(
      of column: String,
      in row: Int,
      _ change: (inout [UInt8]) -> Void
    ) throws -> AuditFinding? {
      let connection = try connection()
      try connection.beginImmediate()
      defer { try? connection.rollback() }
      var value: [UInt8] = []
      try connection.withStatement(sql: "SELECT \(column) FROM audit WHERE seq = \(row)") {
        guard try $0.step() else { return }
        value = Row($0).array(0)
      }
      change(&value)
      let isBlob = column == "hash"
      let sql = "UPDATE audit SET \(column) = \(isBlob ? "?1" : "CAST(?1 AS TEXT)") "
      try connection.withStatement(sql: sql + "WHERE seq = \(row)") { statement in
        try statement.bind(value)
        while try statement.step() {}
      }
      return try finding(connection)
    }

    private func finding(
      _ connection: Connection,
      expecting hash: [UInt8]? = nil
    ) throws -> AuditFinding? {
      do {
        _ = try AuditVerification.run(ReadTransaction(connection), expecting: hash)
        return nil
      } catch let finding as AuditFinding {
        return finding
      }
    }

    /// Returns the hash of a row.
    func hash(of row: Int) throws -> [UInt8] {
      var hash: [UInt8] = []
      try connection().withStatement(sql: "SELECT hash FROM audit WHERE seq = \(row)") {
        guard try $0.step() else { return }
        hash = Row($0).array(0)
      }
      return hash
    }
  }

  @Test func aSoundLogHasNoFinding() throws {
    let log = try Log()
    #expect(try log.finding(after: "SELECT 1") == nil)
    for row in [1, 5, log.count] {
      let hash = try log.hash(of: row)
      #expect(hash.count == 32)
      #expect(try log.finding(after: "SELECT 1", expecting: hash) == nil)
    }
    let checked = try log.open { try $0.check([AuditVerification.findings]) }
    #expect(checked == [])
  }

  @Test func anEmptyLogIsSound() throws {
    let log = try Log()
    #expect(try log.finding(after: "DELETE FROM audit") == nil)
    let begin = AuditChain.begin.hash
    #expect(
      try log.finding(after: "DELETE FROM audit", expecting: begin) == .endMissing(last: 0),
      "the begin is no row"
    )
    #expect(try log.finding(after: "SELECT 1", expecting: begin) == .endMissing(last: 12))
  }

  /// One bit of any byte of any text, in any row.
  @Test func aFlippedBitIsFound() throws {
    let log = try Log()
    var random = SeededRandom()
    for column in Self.texts + ["hash"] {
      for _ in 0..<6 {
        let row = 1 + random.below(log.count)
        let finding = try log.finding(of: column, in: row) { value in
          value[random.below(value.count)] ^= UInt8(1 << random.below(8))
        }
        #expect(finding == .changed(sequence: Int64(row)), "\(column) of row \(row)")
      }
    }
  }

  @Test func aFlippedBitOfANumberIsFound() throws {
    let log = try Log()
    var random = SeededRandom()
    for column in Self.numbers {
      for _ in 0..<8 {
        let row = 1 + random.below(log.count)
        let bit = Int64(1) << random.below(40)
        let sql =
          "UPDATE OR REPLACE audit SET \(column) = (\(column) | \(bit)) - (\(column) & \(bit))"
        let finding = try log.finding(after: sql + " WHERE seq = \(row)")
        // A row with another sequence is missed where it was, or replaces another.
        #expect(finding != nil, "bit \(bit) of \(column) of row \(row)")
        if column != "seq" { #expect(finding == .changed(sequence: Int64(row))) }
      }
    }
  }

  @Test func textThatMovesIntoTheNextColumnIsFound() throws {
    let log = try Log()
    let finding = try log.finding(
      after: "UPDATE audit SET on_behalf_of = on_behalf_of || peer, peer = '' WHERE seq = 4"
    )
    #expect(finding == .changed(sequence: 4))
  }

  @Test func removedRowsAreFound() throws {
    let log = try Log()
    for row in 1..<Int64(log.count) {
      #expect(
        try log.finding(after: "DELETE FROM audit WHERE seq = \(row)")
          == .unexpected(sequence: row + 1, expected: row)
      )
    }
    // Renumbered rows do not fit their hashes.
    let finding = try log.finding(
      after: """
        DELETE FROM audit WHERE seq = 5;
        UPDATE audit SET seq = -seq WHERE seq > 5;
        UPDATE audit SET seq = -seq - 1 WHERE seq < 0;
        """
    )
    #expect(finding == .changed(sequence: 5))
  }

  @Test func swappedRowsAreFound() throws {
    let log = try Log()
    let finding = try log.finding(
      after: """
        UPDATE audit SET seq = -1 WHERE seq = 3;
        UPDATE audit SET seq = 3 WHERE seq = 4;
        UPDATE audit SET seq = 4 WHERE seq = -1;
        """
    )
    #expect(finding == .changed(sequence: 3))
  }

  @Test func addedRowsAreFound() throws {
    let log = try Log()
    let columns = "store_id, at, key_id, on_behalf_of, peer, action, targets, result, request_id"
    let finding = try log.finding(
      after: "INSERT INTO audit (seq, \(columns), hash) SELECT 13, \(columns), hash FROM audit"
        + " WHERE seq = 12"
    )
    #expect(finding == .changed(sequence: 13))
  }

  /// The chain alone cannot tell that rows are missing at its end.
  @Test func aMissingEndIsFoundByAKnownHash() throws {
    let log = try Log()
    let hash = try log.hash(of: log.count)
    let remove = "DELETE FROM audit WHERE seq > 9"
    #expect(try log.finding(after: remove) == nil)
    #expect(try log.finding(after: remove, expecting: hash) == .endMissing(last: 9))
    let other = [UInt8](repeating: 1, count: 32)
    #expect(try log.finding(after: "SELECT 1", expecting: other) == .endMissing(last: 12))
  }

  @Test func theBeginIsPartOfTheChain() throws {
    let log = try Log()
    #expect(
      try log.finding(after: "UPDATE audit_anchor SET seq = 1")
        == .unexpected(sequence: 1, expected: 2)
    )
    #expect(
      try log.finding(after: "UPDATE audit_anchor SET hash = randomblob(32)")
        == .changed(sequence: 1)
    )
  }

  /// Removes rows before a time, one slice. Returns their number.
  private func prune(_ store: Store, before time: Int64) throws -> Int {
    try store.performAndWait { try AuditPruning.removeSlice(before: time, in: $0).count }
  }

  /// A begin whose hash fits must also be one that the log itself reports.
  @Test func aBeginThatNoRowReportsIsFound() throws {
    let log = try Log()
    let cut = """
      UPDATE audit_anchor SET seq = 5, hash = (SELECT hash FROM audit WHERE seq = 5);
      DELETE FROM audit WHERE seq <= 5;
      """
    #expect(try log.finding(after: cut) == .beginMoved(behind: 5, expected: 0))
    let removed = try log.open { try prune($0, before: 4_000_000) }
    #expect(removed == 3)
    #expect(try log.finding(after: "SELECT 1") == nil)
    #expect(try log.finding(after: cut) == .beginMoved(behind: 5, expected: 3))
  }

  /// A stop between two slices is no damage, and the next removal goes on.
  @Test func theLogFitsBetweenTheSlicesOfARemoval() throws {
    let log = try Log()
    try log.open { store in
      try store.performAndWait { transaction in
        let caller = AuditCaller(keyID: nil, onBehalfOf: "", peer: "192.0.2.1", at: 13_000_000)
        for _ in 0..<2000 {
          transaction.record(.authenticationFail, store: "", [.attempts(1)], result: 16, by: caller)
        }
      }
    }
    var counts: [Int] = []
    var hasMore = true
    while hasMore, counts.count < 10 {
      let slice = try log.open { store in
        try store.performAndWait { try AuditPruning.removeSlice(before: 14_000_000, in: $0) }
      }
      counts.append(slice.count)
      hasMore = slice.hasMore
      #expect(try log.finding(after: "SELECT 1") == nil)
    }
    #expect(counts == [1000, 1000, 12])
    let rest = try log.open { try prune($0, before: 14_000_000) }
    #expect(rest == 0)
  }

  /// A removal is no alarm: rows about removals name the last row of each, and of no other pruned
  /// row the log can tell that it was there.
  @Test func theHashOfARemovedRowIsExpected() throws {
    let log = try Log()
    let hashes = try (1...log.count).map { try log.hash(of: $0) }
    for time: Int64 in [5_000_000, 9_000_000] {
      let removed = try log.open { try prune($0, before: time) }
      #expect(removed == 4)
    }
    for (row, place) in [(4, 4), (8, 8), (9, 9)] {
      let verified = try log.open { store in
        try store.read { try AuditVerification.run($0, expecting: hashes[row - 1]) }
      }
      #expect(verified.found?.sequence == Int64(place) && verified.begin.sequence == 8)
    }
    for row in [1, 3, 7] {
      let finding = try log.finding(after: "SELECT 1", expecting: hashes[row - 1])
      #expect(finding == .expectedUnknown(pruned: 8, last: 14))
      #expect(finding?.description.contains("older than what is kept") == true)
    }
  }

  @Test func theOldestRowsCanBeRemoved() throws {
    let log = try Log()
    let last = try log.hash(of: 6)
    try log.open { store in
      let removed = try prune(store, before: 7_000_000)
      #expect(removed == 6)
      let again = try prune(store, before: 7_000_000)
      #expect(again == 0, "nothing is that old any more")
    }
    #expect(try log.finding(after: "SELECT 1", expecting: last) == nil)
    let rows = try log.open { store in
      let reader = try store.makePointReader {}
      defer { reader.endTick() }
      return try reader.read { transaction in
        var rows: [AuditRow] = []
        try AuditLog(transaction).rows {
          rows.append($0)
          return true
        }
        return rows
      }
    }
    #expect(rows.map(\.sequence) == Array(7...13))
    #expect(rows.last?.action == "audit.prune")
    let targets = rows.last?.targets.split(separator: " ").map(String.init) ?? []
    #expect(Array(targets.prefix(2)) == ["row:1", "row:6"])
    #expect(AuditPruning.end(in: targets) == AuditPlace(sequence: 6, hash: last))
  }
}
