internal import PatronModel
package import PatronStore

/// The removal of the oldest rows of the audit log, in slices. The hash of the last removed row
/// stays, and a row names it, so that the rest can still be verified.
package enum AuditPruning {
  /// Rows of a slice.
  private static let maxRows = 1000

  /// Removes a slice of the rows from the begin of the log up to the first that is not before
  /// `time`, in microseconds since 1970 UTC, and records it: between slices the log fits, whatever
  /// stops the removal. `time` must not be after the begin of the whole removal, or that removes
  /// its own rows. Returns the number of removed rows, and true if more are as old.
  package static func removeSlice(
    before time: Int64,
    in transaction: WriteTransaction
  ) throws -> (count: Int, hasMore: Bool) {
    let slice = try AuditLog.removeOldest(maxRows, before: time, in: transaction)
    guard let slice else { return (0, false) }
    transaction.record(
      .auditPrune,
      store: "*",
      [.row(slice.first), .row(slice.last.sequence), .hash(slice.last.hash)]
    )
    return (slice.count, slice.hasMore)
  }

  /// Removes all slices. A time in the future counts as now. Calls `progress` with the number of
  /// removed rows after each transaction, and returns it. Blocks the calling thread: only for a
  /// database that is not served.
  @discardableResult
  package static func run(
    _ store: Store,
    before time: Int64,
    progress: (Int) -> Void = { _ in }
  ) throws -> Int {
    let time = min(time, WallClock.system.now())
    var removed = 0
    while true {
      let slice = try store.performAndWait { try removeSlice(before: time, in: $0) }
      guard slice.count > 0 else { return removed }
      removed += slice.count
      progress(removed)
      guard slice.hasMore else { return removed }
    }
  }

  /// Returns the last removed row, from the targets of the row that reports the removal; nil for
  /// other targets.
  package static func end(in targets: [some StringProtocol]) -> AuditPlace? {
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
