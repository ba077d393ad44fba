internal import PatronModel
package import PatronStore

/// Empties the journals of merges that cannot be undone any more. A store does so with each merge;
/// one that merges nobody for long would keep what the journal says of customers.
package enum ExpiredMerges {
  /// Call it after opening a store and before serving it; a few merges are one transaction.
  package static func run(_ store: Store) throws {
    while try store.performAndWait({
      try step(in: $0, at: WallClock.system.now())
    }) {}
  }

  /// Empties the journals of one store; returns false when no store is left.
  private static func step(in transaction: WriteTransaction, at now: Int64) throws -> Bool {
    let oldest = now - MergeJournal.lifetime
    let next = try OldMerges(transaction.read).nextStore(before: oldest)
    guard let store = next.flatMap(StoreID.init) else { return false }
    try StoreWriter(transaction, of: store).emptyMerges(before: oldest)
    return true
  }
}
