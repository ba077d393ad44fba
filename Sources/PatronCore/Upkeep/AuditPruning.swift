package import PatronStore

/// The removal of the oldest rows of the audit log. The hash of the last removed row stays, so the
/// rest can still be verified.
package enum AuditPruning {
  /// Rows that one transaction removes.
  private static let step = 1000

  /// Removes the rows from the begin of the log up to the first that is not before `time`, in
  /// microseconds since 1970 UTC. The log gets a row about it first, which stays, because a time in
  /// the future counts as now. Calls `progress` with the number of removed rows after each
  /// transaction, and returns it. Blocks the calling thread: only for a database that is not served.
  @discardableResult
  package static func run(
    _ store: Store,
    before time: Int64,
    progress: (Int) -> Void = { _ in }
  ) throws -> Int {
    let time = min(time, WallClock.system.now())
    let first = try store.performAndWait { transaction -> Int64? in
      var first: Int64?
      try AuditLog(transaction.read).rows { row in
        if row.at < time { first = row.sequence }
        return false
      }
      if let first { transaction.record(.auditPrune, store: "*", [.row(first)]) }
      return first
    }
    guard first != nil else { return 0 }
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
}
