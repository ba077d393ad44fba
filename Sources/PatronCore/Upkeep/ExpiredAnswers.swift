internal import PatronModel
package import PatronStore
internal import Synchronization

/// The removal of expired first answers, and of expired requests that wait for a confirmation. A
/// store removes its own with each new one; a store that gets no more of them would keep the last
/// for ever.
package enum ExpiredAnswers {
  /// The lifetime of an answer, in microseconds: a day.
  package static let kept: Int64 = 24 * 3600 * 1_000_000

  /// The time between two passes over all stores of a database that is served.
  private static let interval = Duration.seconds(600)
  /// The maximum of stores in a transaction.
  private static let storesPerStep = 16
  /// Rows of each kind that a transaction of a served database removes from a store at most.
  private static let rowsPerStep = 100

  /// Removes the expired rows of all stores, some thousand in each transaction. Call it after
  /// opening a database and before serving it. Blocks the calling thread.
  package static func run(_ store: Store, clock: WallClock) throws {
    var place: String? = ""
    while let last = place {
      place = try store.performAndWait {
        try step(after: last, answers: 1000, in: $0, at: clock.now())
      }
    }
  }

  /// Returns the same work as upkeep of a database that is served.
  package static func upkeep(clock: WallClock) -> Upkeep {
    let place = Mutex("")
    return Upkeep(interval: interval) { transaction in
      let last = place.withLock(\.self)
      let next = try step(after: last, in: transaction, at: clock.now())
      place.withLock { $0 = next ?? "" }
      return next != nil
    }
  }

  /// Removes some rows of the stores behind `place`. Returns the place of the next step, or nil if
  /// no store is left.
  private static func step(
    after place: String,
    answers: Int = rowsPerStep,
    in transaction: WriteTransaction,
    at now: Int64
  ) throws -> String? {
    let stores = OldAnswers(transaction.read)
    var place = place
    for _ in 0..<storesPerStep {
      guard let next = try stores.nextStore(after: place) else { return nil }
      let before = transaction.totalChanges
      if let store = StoreID(next) {
        let writer = StoreWriter(transaction, of: store)
        try writer.forgetAnswers(at: now, keptFor: kept, atMost: answers)
        try writer.forgetConfirmations(before: now - Confirmations.remembered)
      }
      // The store may have more.
      if transaction.totalChanges - before >= rowsPerStep { return place }
      place = next
    }
    return place
  }
}
