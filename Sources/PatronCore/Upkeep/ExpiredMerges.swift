internal import PatronModel
package import PatronStore

/// The removal of the journals of merges that cannot be undone any more. A store does so with each
/// merge; a store without merges for long would keep the customers' data in its journal.
package enum ExpiredMerges {
  /// Empties the expired journals of all stores, a few merges in each transaction. Call it after
  /// opening a database and before serving it. Blocks the calling thread.
  package static func run(_ store: Store, clock: WallClock) throws {
    while try store.performAndWait({
      try step(in: $0, at: clock.now())
    }) {}
  }

  /// Empties the journals of one store. Returns false when no store is left.
  private static func step(in transaction: WriteTransaction, at now: Int64) throws -> Bool {
    let oldest = now - MergeJournal.lifetime
    let next = try OldMerges(transaction.read).nextStore(before: oldest)
    guard let store = next.flatMap(StoreID.init) else { return false }
    try StoreWriter(transaction, of: store).emptyMerges(before: oldest)
    return true
  }
}
