internal import PatronModel
package import PatronStore
internal import TTRPC

/// The rows of the audit log about calls that were refused because of who called. Written about
/// once a second, so that a row counts what a peer tried in that time.
package struct RefusalRecords: Sendable {
  private let failures: AuthenticationFailures
  private let store: Store

  /// Rows in a second that name a peer. The attempts of further peers share a row for each reason,
  /// so that an attacker with many addresses does not fill the disk.
  static let maxPeers = 16
  /// Memory of a job, in bytes: the counts of all peers.
  private static let jobBytes = 64 << 10

  package init(_ failures: AuthenticationFailures, in store: Store) {
    self.failures = failures
    self.store = store
  }

  /// Queues the rows about the refusals since the last call. If the writer refuses them, they are
  /// in the server's log only.
  package func write() {
    let rows = Self.rows(of: failures.drain())
    guard !rows.isEmpty else { return }
    let job = WriteJob(
      deadline: nil,
      bytes: Self.jobBytes,
      sink: Unanswered(),
      token: ReplyToken(group: 0, item: 0)
    ) { transaction in
      for row in rows { Self.record(row, in: transaction) }
      return []
    }
    try? store.writer.submit(job)
  }

  /// Returns the refusals with the most attempts, and the sum of all others for each reason.
  static func rows(
    of refused: [AuthenticationFailures.Failure]
  ) -> [AuthenticationFailures.Failure] {
    guard refused.count > maxPeers else { return refused }
    let sorted = refused.sorted { $0.count > $1.count }
    var rows = Array(sorted.prefix(maxPeers))
    for other in sorted.dropFirst(maxPeers) {
      let known = rows.dropFirst(maxPeers).firstIndex { $0.reason == other.reason }
      if let known {
        rows[known].count += other.count
        rows[known].lastAt = max(rows[known].lastAt, other.lastAt)
      } else {
        var sum = AuthenticationFailures.Failure(peer: "", reason: other.reason)
        sum.count = other.count
        sum.lastAt = other.lastAt
        rows.append(sum)
      }
    }
    return rows
  }

  private static func record(
    _ refused: AuthenticationFailures.Failure,
    in transaction: WriteTransaction
  ) {
    let isDenied = ["SCOPE_MISSING", "STORE_NOT_YOURS"].contains(refused.reason)
    transaction.record(
      isDenied ? .permissionDeny : .authenticationFail,
      // A key without a store is one of every store.
      store: refused.store ?? (refused.keyID == nil ? "" : "*"),
      [.reason(refused.reason), .attempts(refused.count)],
      result: Int64((isDenied ? StatusCode.permissionDenied : .unauthenticated).rawValue),
      by: AuditCaller(
        keyID: refused.keyID,
        onBehalfOf: "",
        peer: refused.peer,
        at: refused.lastAt
      )
    )
  }
}

/// A sink for jobs whose outcome nobody waits for.
private final class Unanswered: ReplySink {
  func deliver(_ replies: [Reply]) {}
}
