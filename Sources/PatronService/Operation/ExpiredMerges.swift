internal import PatronModel
package import PatronStore

/// Empties the journals of merges that cannot be undone any more. A store does so with each merge;
/// one that merges nobody for long would keep what the journal says of customers.
package enum ExpiredMerges {
  /// Call it after opening a store and before serving it; a few merges are one transaction.
  package static func run(_ store: Store) throws {
    while try store.performAndWait({
      try step(in: WriteContext(transaction: $0, now: WallClock.now()))
    }) {}
  }

  /// Empties the journals of one store; returns false when no store is left.
  private static func step(in context: WriteContext) throws -> Bool {
    let oldest = context.now - Unmerge.possibleFor
    let next = try OldMerges(context.transaction.read).nextStore(before: oldest)
    guard let store = next.flatMap(StoreID.init) else { return false }
    try context.store(store).emptyMerges(before: oldest)
    return true
  }
}
