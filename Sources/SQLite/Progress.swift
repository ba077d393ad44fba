/// The state of SQLite's progress handler: the budget and the stop check of a connection. Belongs
/// to the connection's thread.
final class Progress {
  /// The steps between two calls of the handler. SQLite counts steps for each statement across its
  /// executions, so a call means that about this many steps went by, not that this execution did
  /// them. A small number keeps the error small.
  static let stepsPerCall = 1000

  /// The rows between two looks at the bytes and the time. One KiB of a row counts as a row more.
  private static let rowsPerLook = 64

  /// The calls left before the budget is used up; nil is no budget.
  private var callsLeft: Int?
  /// True until the first call: the steps that it stands for may be those of an earlier budget.
  private var isFirstCall = true
  private var bytesLeft = Int.max
  private var rowsUntilLook = Int.max
  private var time = WorkTime(limit: .max)
  /// The clocks that measure the time of a budget.
  var clock = WorkClock.system
  /// The check that runs at each call; true stops the statement.
  var shouldStop: (() -> Bool)?
  /// True if the budget stopped the last statement.
  private(set) var budgetExceeded = false

  /// Allows about as much work as `budget` from now on; nil removes the limit.
  func setBudget(_ budget: WorkBudget?) {
    // One call more than the quotient: steps of earlier executions may cause the first.
    callsLeft = budget.map { $0.steps / Self.stepsPerCall + 1 }
    isFirstCall = true
    bytesLeft = budget?.bytes ?? .max
    rowsUntilLook = budget == nil ? .max : Self.rowsPerLook
    time = WorkTime(limit: budget?.nanoseconds ?? .max)
    budgetExceeded = false
  }

  /// Counts a row. Returns true if the budget is used up. A read of a few small rows reads no
  /// clock.
  @inline(__always)
  func stopsAtRow() -> Bool {
    rowsUntilLook &-= 1
    return rowsUntilLook < 0 && isUsedUp()
  }

  /// Counts the bytes of a column that the caller takes.
  @inline(__always)
  func countBytes(_ count: Int) {
    bytesLeft &-= count
    rowsUntilLook &-= count >> 10
  }

  private func isUsedUp() -> Bool {
    guard callsLeft != nil else { return false }
    rowsUntilLook = Self.rowsPerLook
    budgetExceeded = bytesLeft < 0 || time.isOver(clock)
    return budgetExceeded
  }

  /// Handles SQLite's callback. Returns true to stop the statement.
  func stops() -> Bool {
    if let callsLeft {
      if callsLeft <= 0 || (!isFirstCall && time.isOver(clock)) {
        budgetExceeded = true
        return true
      }
      self.callsLeft = callsLeft - 1
      isFirstCall = false
    }
    return shouldStop?() ?? false
  }
}
