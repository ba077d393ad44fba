internal import SQLite

/// Reads on an I/O loop's thread: one read-only connection for each loop.
///
/// All reads of one tick of the loop share a snapshot, which is renewed as soon as a commit was
/// acknowledged since it began: so a caller always reads its own writes. It is opened by the first
/// statement: a read that is refused before costs none. The first one of a tick
/// calls `onSnapshotOpened`; the owner then sees to it that ``endTick()`` runs at the end of the
/// tick, because an open snapshot keeps the write-ahead log from being reset.
package final class PointReader {
  private let connection: Connection
  private let transaction: ReadTransaction
  private let commits: CommitCounter
  private let shortCalls: ShortCalls
  private let defaultBudget: Int
  /// Steps that the present read may take.
  private var budget: Int
  private let onSnapshotOpened: () -> Void
  private var owner: ThreadIdentity?
  private var isTicking = false
  private var isReading = false
  private var snapshotCount: UInt64 = 0

  init(
    _ connection: Connection,
    commits: CommitCounter,
    shortCalls: ShortCalls,
    budgetSteps: Int,
    onSearchFault: @escaping @Sendable (SQLiteError) -> Void,
    onSnapshotOpened: @escaping () -> Void
  ) {
    self.connection = connection
    self.transaction = ReadTransaction(connection, onSearchFault: onSearchFault)
    self.commits = commits
    self.shortCalls = shortCalls
    self.defaultBudget = budgetSteps
    self.onSnapshotOpened = onSnapshotOpened
    self.budget = budgetSteps
    transaction.openSnapshot = { [unowned self] in
      try openSnapshot()
      connection.setBudget(steps: budget)
    }
  }

  /// Runs `body` in the tick's snapshot. `budgetSteps` (nil: the limit's default) bounds the steps
  /// of all its statements together, to the thousand.
  ///
  /// Throws ``StoreError/budgetExceeded`` when the budget is used up, so that the caller runs the
  /// same work on the scan lane; other ``StoreError``s; and what `body` throws.
  package func read<Result>(
    budgetSteps: Int? = nil,
    _ body: (ReadTransaction) throws -> Result
  ) throws -> Result {
    assertOwner()
    precondition(!isReading, "a read inside a read of the same reader")
    isReading = true
    budget = budgetSteps ?? defaultBudget
    transaction.awaitsSnapshot = true
    defer {
      isReading = false
      transaction.awaitsSnapshot = false
    }
    return try body(transaction)
  }

  /// Ends the tick's snapshot. Does nothing when there is none.
  package func endTick() {
    assertOwner()
    isTicking = false
    endSnapshot()
  }

  private func openSnapshot() throws {
    // Read before BEGIN: a commit that comes between the two is in the snapshot although the count
    // says it is not, and costs one renewal. The other order would miss one.
    let count = commits.current
    if connection.isInTransaction {
      if count == snapshotCount { return }
      endSnapshot()
    }
    snapshotCount = count
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
      // A read transaction has nothing to lose; all that matters is that it ends.
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
