internal import PatronModel
public import PatronStore

/// Forgets first answers, and requests that wait for their confirmation, whose time is over. A
/// store does so with each new one; one that makes no more of them would keep the last for ever.
public enum ExpiredAnswers {
  /// Call it after opening a store and before serving it; some hundred of them are one transaction.
  public static func run(_ store: Store) throws {
    let answers = AnswerQueue()
    while true {
      let job = WriteJob(
        deadline: nil, bytes: 0, sink: answers, token: ReplyToken(group: 0, item: 0)
      ) { transaction in
        let context = WriteContext(transaction: transaction, now: WallClock.now())
        let oldest = context.now - FirstAnswers.kept
        let end = context.now - Confirmations.remembered
        let next = try OldAnswers(transaction.read).nextStore(before: oldest, endedBefore: end)
        guard let store = next.flatMap(StoreID.init) else { return [] }
        let writer = context.store(store)
        for _ in 0..<5 {
          try writer.forgetAnswers(before: oldest)
          try writer.forgetConfirmations(before: end)
        }
        return [1]
      }
      try store.writer.submit(job)
      guard try !answers.next().isEmpty else { return }
    }
  }
}
