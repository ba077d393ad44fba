public import PatronStore

/// Makes a search index again that was marked when its database was opened.
public enum SearchMending {
  /// Customers of one transaction.
  private static let batch = 2000

  /// Call it after opening a store and before serving it; does nothing on an index that is whole.
  /// When it is interrupted, the next call goes on where it was. `begin` is told why, once, and
  /// `progress` the customers done so far. An index that cannot be made again is left: searches
  /// read every record then.
  public static func run(
    _ store: Store, begin: (String) -> Void = { _ in }, progress: (Int) -> Void = { _ in }
  ) throws {
    let answers = AnswerQueue()
    func job(_ body: @escaping @Sendable (WriteTransaction) throws -> String) throws -> String {
      try store.writer.submit(
        WriteJob(deadline: nil, bytes: 0, sink: answers, token: ReplyToken(group: 0, item: 0)) {
          Array(try body($0).utf8)
        })
      return String(decoding: try answers.next(), as: UTF8.self)
    }
    let reason = try job { try SearchRebuild.reason($0.read) ?? "" }
    guard !reason.isEmpty else { return }
    begin(reason)
    while true {
      let done = try job { transaction in
        guard case .indexed(let count) = try SearchRebuild.step(transaction, customers: batch)
        else { return "" }
        return String(count)
      }
      guard let count = Int(done) else { return }
      progress(count)
    }
  }
}
