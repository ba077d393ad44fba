internal import PatronModel
public import PatronStore

/// Brings a database that an older version wrote up to this one, where that takes more than SQL.
public enum TermsRebuild {
  /// Customers of one transaction.
  private static let batch = 1000

  /// Makes the filters' terms of customers that have none yet; does nothing on a database of this
  /// version. Call it after opening a store and before serving it. When it is interrupted, the next
  /// call goes on where it was. `progress` is told the customers done so far.
  public static func run(_ store: Store, progress: (Int) -> Void = { _ in }) throws {
    let answers = AnswerQueue()
    var done = 0
    while true {
      let job = WriteJob(
        deadline: nil, bytes: 0, sink: answers, token: ReplyToken(group: 0, item: 0)
      ) { transaction in
        let count = try StoreWriter.rebuildTerms(
          atMost: batch, CustomerTerms.rules, in: transaction)
        return Array(String(count).utf8)
      }
      try store.writer.submit(job)
      let count = Int(String(decoding: try answers.next(), as: UTF8.self)) ?? 0
      guard count > 0 else { return }
      done += count
      progress(done)
    }
  }
}
