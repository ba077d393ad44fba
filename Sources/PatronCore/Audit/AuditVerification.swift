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
  /// The hash that a row must have, or must have had; nil if none is expected.
  private let expected: [UInt8]?
  /// The row with the expected hash; nil without one.
  package private(set) var found: AuditPlace?
  /// The last row that was removed, by the newest row about a removal.
  private var pruned = AuditChain.begin

  /// Begins behind a place. `expected` is the hash of a row that the caller noted earlier: if it is
  /// found, every row behind that one was added later, and no row up to it was removed but by
  /// ``AuditPruning``. The hash before the first row is not that of a row.
  package init(behind begin: AuditPlace, expecting expected: [UInt8]? = nil) {
    self.begin = begin
    end = begin
    self.expected = expected
    if begin != AuditChain.begin { note(begin) }
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
    note(end)
    if row.action == AuditAction.auditPrune.rawValue {
      pruned = AuditPruning.end(in: row.targets.split(separator: " ")) ?? AuditChain.begin
      if pruned != AuditChain.begin { note(pruned) }
    }
  }

  /// Notes a row, which may be one that a row about a removal names, if it is the expected one.
  private mutating func note(_ place: AuditPlace) {
    if place.hash == expected { found = place }
  }

  /// Checks that the log begins where its own rows say, and that the expected hash was found. Call
  /// it after the last row.
  package func finish() throws(AuditFinding) {
    guard begin == pruned else {
      throw .beginMoved(behind: begin.sequence, expected: pruned.sequence)
    }
    guard expected == nil || found != nil else {
      throw begin == AuditChain.begin
        ? .endMissing(last: end.sequence)
        : .expectedUnknown(pruned: begin.sequence, last: end.sequence)
    }
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
