internal import SQLite

/// The reader of an I/O loop, on the loop's thread. Each loop has one, with a read-only connection
/// of its own.
///
/// All reads of one tick of the loop share a snapshot. It is renewed as soon as a commit was
/// acknowledged since it began, so callers read their own writes. The first statement opens it: a
/// read that is refused earlier costs no snapshot. The first snapshot of a tick calls
/// `onSnapshotOpened`, and the owner must then run ``endTick()`` at the end of the tick, because an
/// open snapshot keeps the write-ahead log from being reset.
package final class PointReader {
  private let connection: Connection
  private let transaction: ReadTransaction
  private let commits: CommitCounter
  private let shortCalls: ShortCalls
  private let defaultBudget: WorkBudget
  /// The budget of the current read.
  private var budget: WorkBudget
  private let onSnapshotOpened: () -> Void
  private var owner: ThreadIdentity?
  private var isTicking = false
  private var isReading = false

  init(
    _ connection: Connection,
    commits: CommitCounter,
    shortCalls: ShortCalls,
    budget: WorkBudget,
    records: RecordCache? = nil,
    onSearchFault: @escaping @Sendable (SQLiteError) -> Void,
    onSnapshotOpened: @escaping () -> Void
  ) {
    self.connection = connection
    self.transaction = ReadTransaction(connection, onSearchFault: onSearchFault)
    self.commits = commits
    self.shortCalls = shortCalls
    self.defaultBudget = budget
    self.onSnapshotOpened = onSnapshotOpened
    self.budget = budget
    transaction.records = records
    transaction.openSnapshot = { [unowned self] in
      try openSnapshot()
      connection.setBudget(self.budget)
    }
  }

  /// The number of acknowledged commits. What was read while the number was the same is current.
  package var commitCount: UInt64 { commits.current }

  /// Runs `body` in the tick's snapshot. The limits bound the VM steps of all its statements
  /// together, the bytes that it takes out of rows, and its time. `budgetSteps` replaces them by
  /// a number of steps alone.
  ///
  /// Throws ``StoreError/budgetExceeded`` when the budget is used up, so that the caller can run
  /// the same work on the scan lane; other ``StoreError``s; and whatever `body` throws.
  package func read<Result>(
    budgetSteps: Int? = nil,
    _ body: (ReadTransaction) throws -> Result
  ) throws -> Result {
    assertOwner()
    precondition(!isReading, "a read inside a read of the same reader")
    isReading = true
    budget = budgetSteps.map { WorkBudget(steps: $0) } ?? defaultBudget
    transaction.awaitsSnapshot = true
    defer {
      isReading = false
      transaction.awaitsSnapshot = false
    }
    return try body(transaction)
  }

  /// Ends the tick's snapshot, if there is one.
  package func endTick() {
    assertOwner()
    isTicking = false
    endSnapshot()
  }

  private func openSnapshot() throws {
    // Read the counter before BEGIN. A commit between the two is then in the snapshot without being
    // counted, which costs one renewal. The other order would miss a commit.
    let count = commits.current
    if connection.isInTransaction {
      if count == transaction.snapshotCount { return }
      endSnapshot()
    }
    transaction.snapshotCount = count
    do {
      try connection.begin()
    } catch {
      throw StoreError(error)
    }
    if !isTicking {
      isTicking = true
      shortCalls.countTick()
      onSnapshotOpened()
    }
  }

  private func endSnapshot() {
    guard connection.isInTransaction else { return }
    connection.setBudget(steps: nil)
    do {
      try connection.commit()
    } catch {
      // A failed end of a read transaction loses nothing; it only has to end.
      try? connection.rollback()
    }
  }

  private func assertOwner() {
    guard let owner else {
      owner = ThreadIdentity()
      return
    }
    precondition(owner.isCurrent, "a point reader was used by two threads")
  }
}
