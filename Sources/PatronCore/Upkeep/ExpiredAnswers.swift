internal import PatronModel
package import PatronStore

/// The removal of expired first answers, and of expired requests that wait for a confirmation. A
/// store removes its own with each new one; a store that gets no more of them would keep the last
/// for ever.
package enum ExpiredAnswers {
  /// The lifetime of an answer, in microseconds: a day.
  package static let kept: Int64 = 24 * 3600 * 1_000_000

  /// Removes the expired rows of all stores, some hundred in each transaction. Call it after
  /// opening a database and before serving it. Blocks the calling thread.
  package static func run(_ store: Store, clock: WallClock) throws {
    while try store.performAndWait({
      try step(in: $0, at: clock.now())
    }) {}
  }

  /// Removes some rows of one store. Returns false when no store is left.
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
      try writer.forgetAnswers(at: now, keptFor: kept)
      try writer.forgetConfirmations(before: end)
    }
    return true
  }
}
