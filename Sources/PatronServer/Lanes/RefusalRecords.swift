internal import PatronModel
package import PatronStore
internal import Synchronization
internal import TTRPC

/// The rows of the audit log about calls that were refused because of who called. The first after a
/// quiet minute is written at once; then a row counts what a peer tried in a minute. So strangers
/// add a bounded number of rows a day, however many they are. Usable on any thread.
package final class RefusalRecords: Sendable {
  private struct Key: Hashable {
    let peer: String
    let reason: String
  }

  private struct State {
    /// Refusals without a row.
    var refused: [Key: AuthenticationFailures.Failure] = [:]
    /// The time of the latest rows.
    var writtenAt = Int64.min
  }

  private let failures: AuthenticationFailures
  private let store: Store
  private let state = Mutex(State())

  /// Rows of a minute that name a peer. The attempts of further peers share a row for each reason,
  /// so that an attacker with many addresses does not fill the disk.
  static let maxPeers = 16
  /// The time between the rows of one peer for one reason, in microseconds.
  static let interval: Int64 = 60_000_000
  /// Memory of a job, in bytes: the counts of all peers.
  private static let jobBytes = 64 << 10

  package init(_ failures: AuthenticationFailures, in store: Store) {
    self.failures = failures
    self.store = store
  }

  /// Takes the refusals since the last call, about a second ago, and queues the rows of those
  /// without one, if the latest rows are a minute old or `isLast` is true. If the writer refuses
  /// them, they are in the server's log only. `now` is in microseconds since 1970.
  package func write(at now: Int64, isLast: Bool = false) {
    let rows = take(failures.drain(), at: now, isLast)
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

  /// Adds refusals to those without a row. Returns the rows to write now.
  private func take(
    _ drained: [AuthenticationFailures.Failure],
    at now: Int64,
    _ isLast: Bool
  ) -> [AuthenticationFailures.Failure] {
    state.withLock { state in
      for refused in drained { Self.add(refused, to: &state.refused) }
      // A clock that was set back must not silence the log.
      let isDue = now >= state.writtenAt &+ Self.interval || now < state.writtenAt
      guard isDue || isLast, !state.refused.isEmpty else { return [] }
      state.writtenAt = now
      defer { state.refused.removeAll() }
      let sorted = state.refused.values.sorted {
        ($0.lastAt, $0.peer, $0.reason) < ($1.lastAt, $1.peer, $1.reason)
      }
      return Self.rows(of: sorted)
    }
  }

  /// Adds refusals to those of the same peer and reason. Peers beyond
  /// ``AuthenticationFailures/maxEntries`` have no entries of their own.
  private static func add(
    _ refused: AuthenticationFailures.Failure,
    to all: inout [Key: AuthenticationFailures.Failure]
  ) {
    var key = Key(peer: refused.peer, reason: refused.reason)
    if all[key] == nil, all.count >= AuthenticationFailures.maxEntries {
      key = Key(peer: "", reason: refused.reason)
    }
    var sum = all[key] ?? AuthenticationFailures.Failure(peer: key.peer, reason: key.reason)
    sum.count += refused.count
    sum.lastAt = max(sum.lastAt, refused.lastAt)
    if !sum.peer.isEmpty { (sum.keyID, sum.store) = (refused.keyID, refused.store) }
    all[key] = sum
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
