package import PatronModel
internal import Synchronization

/// The uses of API keys that are not written yet, to the hour. Any thread may note one.
///
/// A key is written at most once an hour, and all keys in one transaction of the upkeep, once a
/// minute while there are any. A server that stops writes the last ones; a process that is killed
/// loses them.
package final class KeyUses: Sendable {
  /// An hour in microseconds.
  package static let hour: Int64 = 3600 * 1_000_000
  /// The time between two writes.
  private static let interval = Duration.seconds(60)

  private let hours = Mutex<[KeyID: Int64]>([:])

  package init() {}

  /// Returns the beginning of an hour, in microseconds since 1970.
  package static func hour(of time: Int64) -> Int64 { time - (time % hour + hour) % hour }

  /// Notes that a key was used in the hour that begins at `hour`. It takes a lock, so call it with
  /// the first use in an hour and not with each.
  package func note(_ id: KeyID, inHour hour: Int64) {
    hours.withLock { $0[id] = max($0[id] ?? hour, hour) }
  }

  /// Writes the uses that were noted since the last call. If the transaction does not commit, they
  /// are lost.
  package func write(in transaction: WriteTransaction) throws {
    let noted = hours.withLock { noted in
      defer { noted.removeAll() }
      return noted
    }
    guard !noted.isEmpty else { return }
    try KeyWriter(transaction).noteUses(noted)
  }

  /// Queues a write of the uses that were noted since the last one, before `store` closes. If the
  /// writer has failed, they are lost.
  package func writeLast(to store: Store) {
    guard !hours.withLock(\.isEmpty) else { return }
    let job = WriteJob(
      deadline: nil,
      bytes: 0,
      sink: NobodyWaits(),
      token: ReplyToken(group: 0, item: 0)
    ) { [self] transaction in
      try write(in: transaction)
      return []
    }
    try? store.writer.submit(job)
  }

  /// Returns the same work as upkeep of a database that is served.
  package var upkeep: Upkeep {
    Upkeep(interval: Self.interval) { [self] transaction in
      try write(in: transaction)
      return false
    }
  }
}
