/// Answers of the database about stores that the writer remembers, so that most writes need not ask
/// again. One writer owns it.
final class StoreMemory<Answer> {
  /// Stores to remember at most.
  private let capacity = 10_000
  private var answers: [String: Answer] = [:]

  /// The answer for a store; asks once.
  func answer(for store: String, _ ask: () throws -> Answer) rethrows -> Answer {
    if let known = answers[store] { return known }
    if answers.count >= capacity { answers.removeAll() }
    let answer = try ask()
    answers[store] = answer
    return answer
  }

  /// Notes the answer for a store.
  func note(_ answer: Answer, for store: String) { answers[store] = answer }

  /// Forgets what changes.
  func forget(_ store: String) { answers[store] = nil }

  /// Forgets everything: a transaction that was rolled back may have changed it.
  func forget() { answers.removeAll() }
}
