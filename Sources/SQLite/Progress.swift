/// The state of SQLite's progress handler: the step budget and the stop check of a connection.
/// Belongs to the connection's thread.
final class Progress {
  /// The steps between two calls of the handler. SQLite counts steps for each statement across its
  /// executions, so a call means that about this many steps went by, not that this execution did
  /// them. A small number keeps the error small.
  static let stepsPerCall = 1000

  /// The calls left before the budget is used up; nil is no budget.
  private var callsLeft: Int?
  /// The check that runs at each call; true stops the statement.
  var shouldStop: (() -> Bool)?
  /// True if the budget stopped the last statement.
  private(set) var budgetExceeded = false

  /// Allows about `steps` virtual machine steps from now on; nil removes the limit.
  func setBudget(_ steps: Int?) {
    // One call more than the quotient: steps of earlier executions may cause the first.
    callsLeft = steps.map { $0 / Self.stepsPerCall + 1 }
    budgetExceeded = false
  }

  /// Handles SQLite's callback. Returns true to stop the statement.
  func stops() -> Bool {
    if let callsLeft {
      if callsLeft <= 0 {
        budgetExceeded = true
        return true
      }
      self.callsLeft = callsLeft - 1
    }
    return shouldStop?() ?? false
  }
}
