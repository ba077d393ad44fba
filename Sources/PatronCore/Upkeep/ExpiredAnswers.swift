internal import PatronModel
package import PatronStore

/// Forgets first answers, and requests that wait for their confirmation, whose time is over. A
/// store does so with each new one; one that makes no more of them would keep the last for ever.
package enum ExpiredAnswers {
  /// The time for which an answer is kept, in microseconds: a day.
  package static let kept: Int64 = 24 * 3600 * 1_000_000

  /// Call it after opening a store and before serving it; some hundred of them are one transaction.
  package static func run(_ store: Store) throws {
    while try store.performAndWait({
      try step(in: $0, at: WallClock.system.now())
    }) {}
  }

  /// Forgets some of one store; returns false when no store is left.
  private static func step(in transaction: WriteTransaction, at now: Int64) throws -> Bool {
    let oldest = now - kept
    let end = now - Confirmations.remembered
    let next = try OldAnswers(transaction.read).nextStore(
      before: oldest,
      endedBefore: end
    )
    guard let store = next.flatMap(StoreID.init) else { return false }
    let writer = StoreWriter(transaction, of: store)
    for _ in 0..<5 {
      try writer.forgetAnswers(before: oldest)
      try writer.forgetConfirmations(before: end)
    }
    return true
  }
}
