internal import PatronModel
package import PatronStore

/// A verification of the audit log, row by row. It needs no memory for earlier rows, so that rows
/// may come from a database or from a server.
package struct AuditVerification {
  /// The place behind which the log begins.
  package let begin: AuditPlace
  /// The last row that fits.
  package private(set) var end: AuditPlace
  /// Rows that fit.
  package private(set) var count = 0
  /// The hash that one of the places must have; nil if none is expected.
  private let expected: [UInt8]?
  private var isExpectedFound: Bool
  /// The last row that was removed, by the newest row about a removal.
  private var pruned = AuditChain.begin

  /// Begins behind a place. `expected` is a hash that the caller noted earlier: if it is found, no
  /// row up to it was removed, and every row behind it was added later.
  package init(behind begin: AuditPlace, expecting expected: [UInt8]? = nil) {
    self.begin = begin
    end = begin
    self.expected = expected
    isExpectedFound = expected == nil || expected == begin.hash
  }

  /// Checks the next row.
  package mutating func check(_ row: AuditRow) throws(AuditFinding) {
    guard row.sequence == end.sequence + 1 else {
      throw .unexpected(sequence: row.sequence, expected: end.sequence + 1)
    }
    guard row.hash == AuditChain.hash(of: row, after: end.hash) else {
      throw .changed(sequence: row.sequence)
    }
    end = AuditPlace(sequence: row.sequence, hash: row.hash)
    count += 1
    if row.hash == expected { isExpectedFound = true }
    if row.action == AuditAction.auditPrune.rawValue {
      pruned = AuditPruning.end(in: row.targets.split(separator: " ")) ?? AuditChain.begin
    }
  }

  /// Checks that the log begins where its own rows say, and that the expected hash was found. Call
  /// it after the last row.
  package func finish() throws(AuditFinding) {
    guard begin == pruned else {
      throw .beginMoved(behind: begin.sequence, expected: pruned.sequence)
    }
    guard isExpectedFound else { throw .endMissing(last: end.sequence) }
  }

  /// Checks the whole log of a database, and calls `progress` with the number of rows after every
  /// ten thousand.
  ///
  /// - Throws: ``AuditFinding`` for the first row that does not fit.
  package static func run(
    _ transaction: ReadTransaction,
    expecting expected: [UInt8]? = nil,
    progress: (Int) -> Void = { _ in }
  ) throws -> AuditVerification {
    let log = AuditLog(transaction)
    var verification = AuditVerification(behind: try log.begin(), expecting: expected)
    try log.rows { row in
      try verification.check(row)
      if verification.count % 10_000 == 0 { progress(verification.count) }
      return true
    }
    try verification.finish()
    return verification
  }

  /// Returns the finding of a check of the whole log as one line, or nothing if all rows fit.
  @Sendable
  package static func findings(_ transaction: ReadTransaction) throws -> [String] {
    do {
      _ = try run(transaction)
      return []
    } catch let finding as AuditFinding {
      return [finding.description]
    }
  }
}
