internal import PatronModel
public import PatronStore

/// Empties the journals of merges that cannot be undone any more. A store does so with each merge;
/// one that merges nobody for long would keep what the journal says of customers.
public enum ExpiredMerges {
  /// Call it after opening a store and before serving it; a few merges are one transaction.
  public static func run(_ store: Store) throws {
    let answers = AnswerQueue()
    while true {
      let job = WriteJob(
        deadline: nil, bytes: 0, sink: answers, token: ReplyToken(group: 0, item: 0)
      ) { transaction in
        let context = WriteContext(transaction: transaction, now: WallClock.now())
        let oldest = context.now - Unmerge.possibleFor
        let next = try OldMerges(transaction.read).nextStore(before: oldest)
        guard let store = next.flatMap(StoreID.init) else { return [] }
        try context.store(store).emptyMerges(before: oldest)
        return [1]
      }
      try store.writer.submit(job)
      guard try !answers.next().isEmpty else { return }
    }
  }
}
