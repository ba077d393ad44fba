internal import PatronModel
public import PatronStore
internal import Synchronization

/// Finishes erasures that a stop of the server interrupted.
public enum PendingErasures {
  /// Works off what is left of the history of erased customers, each step in a transaction of its
  /// own. Call it after opening a store and before serving it: what was promised to be gone is gone
  /// before anybody can read it.
  ///
  /// An erasure that meets damaged records stays as it is until a later start: `report` is told,
  /// without personal data, and the others are finished.
  public static func run(_ store: Store, report: (String) -> Void) throws {
    let lane = Lane(store)
    var last = (store: "", id: Int64.min)
    while let next = try lane.next(after: last) {
      last = next
      do {
        try lane.finish(next)
      } catch StoreError.corrupt(let detail) {
        report(
          "erasure \(next.id) of the store `\(next.store)` cannot be finished, because the "
            + "database is damaged (\(detail)): run `patrond check`")
      }
    }
  }

  /// Runs one thing after the other on the writer.
  private struct Lane {
    private let store: Store
    private let answers = AnswerQueue()

    init(_ store: Store) { self.store = store }

    func next(after last: (store: String, id: Int64)) throws -> (store: String, id: Int64)? {
      try run { context in
        try UnfinishedErasures(context.transaction.read).next(after: last.store, last.id)
      } ?? nil
    }

    func finish(_ erasure: (store: String, id: Int64)) throws {
      var step = try run { context in
        guard let store = StoreID(erasure.store),
          let receipt = try context.store(store).read.erasure(id: erasure.id)
        else { throw StoreError.corrupt("its receipt cannot be found") }
        return try HistoryErasure(store: store, receipt: receipt).step(in: context)
      }
      while case .more(let work) = step { step = try run(work) }
    }

    /// Returns what `body` made of a transaction of its own.
    private func run<Result: Sendable>(
      _ body: @escaping @Sendable (WriteContext) throws -> Result
    ) throws -> Result? {
      let made = Made<Result>()
      let job = WriteJob(
        deadline: nil, bytes: 0, sink: answers, token: ReplyToken(group: 0, item: 0)
      ) { transaction in
        let result = try body(WriteContext(transaction: transaction, now: WallClock.now()))
        made.result.withLock { $0 = result }
        return []
      }
      try store.writer.submit(job)
      try answers.next()
      return made.result.withLock { $0 }
    }
  }

  /// What a job made.
  private final class Made<Result: Sendable>: Sendable {
    let result = Mutex<Result?>(nil)
  }
}
