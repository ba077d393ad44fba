internal import PatronModel
package import PatronStore

/// The removal of the oldest rows of the audit log, in slices. The hash of the last removed row
/// stays, and a row names it, so that the rest can still be verified.
package enum AuditPruning {
  /// Rows of a slice.
  private static let maxRows = 1000

  /// Removes a slice of the rows from the begin of the log up to the first that is not before
  /// `time`, in microseconds since 1970 UTC, and records it: between slices the log fits, whatever
  /// stops the removal. `time` must not be after now, or a removal of many slices removes its own
  /// rows. Returns the number of removed rows, and true if more are as old.
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
