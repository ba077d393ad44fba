/// The work that the statements of a connection may do together. A budget that is used up stops the
/// statement with ``SQLiteError/Stop/budgetExceeded``.
public struct WorkBudget: Sendable, Equatable {
  /// Steps of SQLite's virtual machine, to the nearest thousand.
  public var steps: Int
  /// Bytes of texts and blobs that callers take out of rows.
  public var bytes: Int
  /// Processor time of the thread between rows and in them, in nanoseconds. It covers the caller's
  /// work with the rows.
  public var nanoseconds: UInt64

  /// Creates a budget. What is not given has no limit.
  public init(steps: Int, bytes: Int = .max, nanoseconds: UInt64 = .max) {
    self.steps = steps
    self.bytes = bytes
    self.nanoseconds = nanoseconds
  }
}
