/// A cache of one answer per store, so that most writes need no query. It belongs to the writer.
final class StoreMemory<Answer> {
  /// Maximum number of stores. The cache is emptied when it is full.
  private let capacity = 10_000
  private var answers: [String: Answer] = [:]

  /// Returns the cached answer for a store, or calls `ask` and caches its result.
  func answer(for store: String, _ ask: () throws -> Answer) rethrows -> Answer {
    if let known = answers[store] { return known }
    if answers.count >= capacity { answers.removeAll() }
    let answer = try ask()
    answers[store] = answer
    return answer
  }

  func note(_ answer: Answer, for store: String) { answers[store] = answer }

  /// Removes the answer for a store that is about to change.
  func forget(_ store: String) { answers[store] = nil }

  /// Empties the cache, because a transaction that may have filled it was rolled back.
  func forget() { answers.removeAll() }
}
