package import PatronStore
internal import Synchronization

extension Store {
  /// Runs `body` in a transaction of its own on the writer's thread, and returns the result after
  /// the commit. Blocks the calling thread: only for work before a database is served.
  @discardableResult
  package func performAndWait<Result: Sendable>(
    _ body: @escaping @Sendable (WriteTransaction) throws -> Result
  ) throws -> Result {
    let answers = AnswerQueue()
    let made = Made<Result>()
    try writer.submit(
      WriteJob(
        deadline: nil,
        bytes: 0,
        sink: answers,
        token: ReplyToken(group: 0, item: 0),
        usesReserve: true
      ) {
        let result = try body($0)
        made.result.withLock { $0 = result }
        return []
      }
    )
    try answers.next()
    guard let result = made.result.withLock({ $0 }) else {
      preconditionFailure("a transaction was committed without its job")
    }
    return result
  }
}

/// The result of a job, handed from the writer's thread to the caller.
private final class Made<Result: Sendable>: Sendable {
  let result = Mutex<Result?>(nil)
}
