internal import PatronModel
package import PatronStore

/// Forgets first answers, and requests that wait for their confirmation, whose time is over. A
/// store does so with each new one; one that makes no more of them would keep the last for ever.
package enum ExpiredAnswers {
  /// Call it after opening a store and before serving it; some hundred of them are one transaction.
  package static func run(_ store: Store) throws {
    while try store.performAndWait({
      try step(in: WriteContext(transaction: $0, now: WallClock.now()))
    }) {}
  }

  /// Forgets some of one store; returns false when no store is left.
  private static func step(in context: WriteContext) throws -> Bool {
    let oldest = context.now - FirstAnswers.kept
    let end = context.now - Confirmations.remembered
    let next = try OldAnswers(context.transaction.read).nextStore(
      before: oldest,
      endedBefore: end
    )
    guard let store = next.flatMap(StoreID.init) else { return false }
    let writer = context.store(store)
    for _ in 0..<5 {
      try writer.forgetAnswers(before: oldest)
      try writer.forgetConfirmations(before: end)
    }
    return true
  }
}
