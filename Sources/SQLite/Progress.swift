/// What SQLite's progress handler looks at: the step budget and the stop check of a connection.
/// Belongs to the connection's thread.
final class Progress {
  /// SQLite counts steps for each statement across its executions, so that a call tells "about this
  /// many steps went by", not "this execution did them". Fine steps keep the error small.
  static let stepsPerCall = 1000

  /// Calls left before the budget is used up; nil is no budget.
  private var callsLeft: Int?
  /// Asked at each call; true stops the statement.
  var shouldStop: (() -> Bool)?
  /// Whether the budget was what stopped the last statement.
  private(set) var budgetExceeded = false

  /// Allows about `steps` virtual machine steps from now on; nil takes the limit away.
  func setBudget(_ steps: Int?) {
    // One more call than the division says: the first may come from steps of earlier executions.
    callsLeft = steps.map { $0 / Self.stepsPerCall + 1 }
    budgetExceeded = false
  }

  /// SQLite's callback. True stops the statement.
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
