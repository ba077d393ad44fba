internal import PatronModel
package import PatronStore

/// The removal of the oldest rows of the audit log. The hash of the last removed row stays, so the
/// rest can still be verified.
package enum AuditPruning {
  /// Rows that one transaction removes.
  private static let step = 1000

  /// Removes the rows from the begin of the log up to the first that is not before `time`, in
  /// microseconds since 1970 UTC. The log gets a row about it first, which stays, because a time in
  /// the future counts as now. If a stop interrupts the removal, another call completes it. Calls
  /// `progress` with the number of removed rows after each transaction, and returns it. Blocks the
  /// calling thread: only for a database that is not served.
  @discardableResult
  package static func run(
    _ store: Store,
    before time: Int64,
    progress: (Int) -> Void = { _ in }
  ) throws -> Int {
    let time = min(time, WallClock.system.now())
    let isNeeded = try store.performAndWait { transaction in
      guard let (first, last) = try extent(before: time, transaction.read) else { return false }
      transaction.record(
        .auditPrune,
        store: "*",
        [.row(first), .row(last.sequence), .hash(last.hash)]
      )
      return true
    }
    guard isNeeded else { return 0 }
    var removed = 0
    while true {
      let count = try store.performAndWait { transaction in
        try AuditLog.removeOldest(step, before: time, in: transaction)
      }
      guard count > 0 else { return removed }
      removed += count
      progress(removed)
    }
  }

  /// Returns the first and the last row to remove, or nil if there is none.
  private static func extent(
    before time: Int64,
    _ transaction: ReadTransaction
  ) throws -> (first: Int64, last: AuditPlace)? {
    var extent: (first: Int64, last: AuditPlace)?
    try AuditLog(transaction).rows { row in
      guard row.at < time else { return false }
      let last = AuditPlace(sequence: row.sequence, hash: row.hash)
      extent = (extent?.first ?? row.sequence, last)
      return true
    }
    return extent
  }

  /// Returns the last removed row, from the targets of the row that reports the removal; nil for
  /// other targets.
  package static func end(in targets: [String]) -> AuditPlace? {
    var sequence: Int64?
    var hash: [UInt8] = []
    for target in targets {
      if target.hasPrefix("row:") { sequence = Int64(target.dropFirst(4)) }
      if target.hasPrefix("hash:") { hash = AuditTarget.bytes(ofHex: target.dropFirst(5)) ?? [] }
    }
    guard let sequence, hash.count == AuditChain.begin.hash.count else { return nil }
    return AuditPlace(sequence: sequence, hash: hash)
  }
}
