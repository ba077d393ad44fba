/// The work that the statements of a connection may do together. A budget that is used up stops the
/// statement with ``SQLiteError/Stop/budgetExceeded``.
package struct WorkBudget: Sendable, Equatable {
  /// Steps of SQLite's virtual machine, to the nearest thousand.
  package var steps: Int
  /// Bytes of texts and blobs that callers take out of rows.
  package var bytes: Int
  /// Processor time of the thread between rows and in them, in nanoseconds. It covers the caller's
  /// work with the rows.
  package var nanoseconds: UInt64

  /// Creates a budget. What is not given has no limit.
  package init(steps: Int, bytes: Int = .max, nanoseconds: UInt64 = .max) {
    self.steps = steps
    self.bytes = bytes
    self.nanoseconds = nanoseconds
  }
}
