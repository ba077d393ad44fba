internal import PatronModel
public import PatronStore

/// Finishes erasures that a stop of the server interrupted.
public enum PendingErasures {
  /// Works off what is left of the history of erased customers. Call it after opening a store and
  /// before serving it: what was promised to be gone is gone before anybody can read it.
  public static func run(_ store: Store) throws {
    let answers = AnswerQueue()
    while true {
      let job = WriteJob(
        deadline: nil, bytes: 0, sink: answers, token: ReplyToken(group: 0, item: 0)
      ) { transaction in
        try step(WriteContext(transaction: transaction, now: WallClock.now())) ? [1] : []
      }
      try store.writer.submit(job)
      guard try !answers.next().isEmpty else { return }
    }
  }

  /// Finishes one erasure as far as one transaction goes; false when there is none. Parts that were
  /// done before are passed over, so it gets to the end.
  private static func step(_ context: WriteContext) throws -> Bool {
    guard let next = try UnfinishedErasures(context.transaction.read).next() else { return false }
    guard let store = StoreID(next.store),
      let receipt = try context.store(store).read.erasure(id: next.id)
    else { throw StoreError.corrupt("erasure \(next.id) cannot be finished") }
    var step = try HistoryErasure(store: store, receipt: receipt).step(in: context)
    while case .more(let work) = step { step = try work(context) }
    return true
  }
}
