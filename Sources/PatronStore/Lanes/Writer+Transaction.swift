internal import SQLite

/// The result of one job: its encoded response or its error.
typealias Outcome = Result<[UInt8], any Error>

/// The result of one attempt at a transaction.
enum Attempt {
  /// Committed, or nothing to commit. One outcome per job.
  case finished([Outcome])
  /// Rolled back. The jobs must run one by one.
  case rolledBack
  /// Rolled back. The search index must be rebuilt, and the jobs run again without it.
  case searchFailed(String)
  /// The disk failed.
  case failed(SQLiteError)
}

extension Writer {
  /// Runs the jobs in one transaction. A job that fails without having changed anything does not
  /// disturb the others; any other failure rolls all of them back. Never asks to replay a single
  /// job. With `takesMore` the transaction goes on with jobs from the queue, which are added to
  /// `jobs`.
  func attempt(_ jobs: inout [WriteJob], takesMore: Bool) -> Attempt {
    assertOwner()
    precondition(!connection.isInTransaction, "the last transaction is still open")
    let changesBefore = connection.totalChanges
    do {
      try connection.beginImmediate()
    } catch {
      return give(up: jobs, because: error)
    }
    _ = transaction.reset()
    let outcomes: [Outcome]
    do {
      outcomes = try run(&jobs, takesMore: takesMore)
    } catch {
      return abandon(jobs, error)
    }
    do {
      if connection.totalChanges != changesBefore {
        try transaction.terms.flush(connection)
        try transaction.numbers.flush(connection)
      }
    } catch {
      return give(up: jobs, because: error)
    }
    do {
      try transaction.search.mergeErased(connection)
      changedRecords?.publish(commit: settings.commits.current &+ 1)
      // On COMMIT the search index writes its pending entries.
      let start = ContinuousClock.now
      try connection.commit()
      syncSeconds.append(start.duration(to: .now).seconds)
    } catch {
      guard let error = error as? SQLiteError else { return abandon(jobs, error) }
      guard transaction.search.isInUse, error.canBeOfVirtualTable else {
        return give(up: jobs, because: error)
      }
      return leaveSearch(error.description)
    }
    let changes = transaction.reset()
    if connection.totalChanges != changesBefore { announce(changes) }
    return .finished(outcomes)
  }

  /// Runs the jobs in the open transaction. Throws the error of a job that spoilt it.
  private func run(_ jobs: inout [WriteJob], takesMore: Bool) throws -> [Outcome] {
    var outcomes: [Outcome] = []
    outcomes.reserveCapacity(jobs.count)
    let start = ContinuousClock.now
    defer { runDuration += start.duration(to: .now) }
    while true {
      while outcomes.count < jobs.count {
        switch run(jobs[outcomes.count]) {
        case .done(let outcome): outcomes.append(outcome)
        case .spoilt(let error): throw error
        }
      }
      guard takesMore, let more = moreJobs(since: start) else { return outcomes }
      jobs += more
    }
  }

  /// The state in which one job left the transaction.
  private enum JobEnd {
    /// The transaction can go on.
    case done(Outcome)
    /// The transaction must be rolled back.
    case spoilt(any Error)
  }

  private func run(_ job: WriteJob) -> JobEnd {
    if queue.isAbandoned(job) { return .done(.failure(StoreError.cancelled)) }
    if isHeldBack(job) { return .done(.failure(StoreError.diskFull)) }
    let changesBefore = connection.totalChanges
    let recordsBefore = transaction.changes.count
    transaction.movedRecords = 0
    transaction.audit.begin()
    var end: JobEnd
    do {
      if try isOfClosedStore(job) { throw StoreError.storeDeleting }
      let answer = try job.run(transaction)
      try transaction.audit.write(in: transaction)
      end = .done(.success(answer))
    } catch {
      transaction.dropChanges(after: recordsBefore)
      end = connection.totalChanges == changesBefore ? .done(.failure(error)) : .spoilt(error)
    }
    // A handler may have swallowed an error of the engine, and SQLite may have rolled back by
    // itself.
    if let fault = transaction.fault {
      end = .spoilt(fault)
    } else if let fault = transaction.searchFault {
      end = .spoilt(StoreError.corrupt(fault))
    } else if !connection.isInTransaction {
      end = .spoilt(StoreError.engine(code: 0, "the transaction ended before its commit"))
    }
    return end
  }

  /// Returns true for a write to a store that is being deleted. Deletions may go on.
  private func isOfClosedStore(_ job: WriteJob) throws -> Bool {
    try !job.usesReserve && transaction.closures.contains(job.store, in: transaction.read)
  }

  /// Rolls back after a job left the transaction unusable.
  private func abandon(_ jobs: [WriteJob], _ error: any Error) -> Attempt {
    if let fault = transaction.fault { return give(up: jobs, because: fault) }
    if let fault = transaction.searchFault { return leaveSearch(fault) }
    if let failure = rollBack() { return .failed(failure) }
    return jobs.count == 1 ? .finished([.failure(error)]) : .rolledBack
  }

  /// Rolls back after the search index failed.
  private func leaveSearch(_ reason: String) -> Attempt {
    if let failure = rollBack() { return .failed(failure) }
    return .searchFailed(reason)
  }

  /// Rolls back after the engine failed.
  func give(up jobs: [WriteJob], because error: SQLiteError) -> Attempt {
    let failure = rollBack()
    if error.isIOError && !error.isDiskFull { return .failed(error) }
    if let failure { return .failed(failure) }
    return jobs.count == 1 ? .finished([.failure(StoreError(error))]) : .rolledBack
  }

  /// Rolls back. Returns the error if that failed, in which case nothing can be trusted.
  private func rollBack() -> SQLiteError? {
    _ = transaction.reset()
    changedRecords?.forget()
    transaction.terms.forget()
    transaction.numbers.forget()
    transaction.audit.forget()
    transaction.search.forget()
    transaction.settings.forget()
    transaction.closures.forget()
    do {
      try connection.rollback()
      return nil
    } catch {
      return error
    }
  }
}
