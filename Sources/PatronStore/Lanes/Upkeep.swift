internal import Synchronization

/// Small work on the database that falls due with time and not with a write, such as the removal of
/// what has expired.
package struct Upkeep: Sendable {
  /// The time between the end of one pass and the beginning of the next.
  var interval: Duration
  /// Does one step of a pass, in a transaction of its own. Returns false at the end of the pass.
  var step: @Sendable (WriteTransaction) throws -> Bool

  /// Makes upkeep for a writer. `step` runs on the writer's thread, between two batches, so it
  /// should take less than a millisecond.
  package init(
    interval: Duration,
    step: @escaping @Sendable (WriteTransaction) throws -> Bool
  ) {
    self.interval = interval
    self.step = step
  }

  /// The same upkeep, whose passes begin no more often than its interval, also beside others in
  /// ``together(_:)``. A pass that failed begins again with the next.
  package var spaced: Upkeep {
    let due = Mutex(ContinuousClock.now)
    return Upkeep(interval: interval) { transaction in
      guard due.withLock({ $0 <= .now }) else { return false }
      let hasMore = try step(transaction)
      if !hasMore { due.withLock { $0 = .now + interval } }
      return hasMore
    }
  }

  /// Returns upkeep that does several works in turn, as often as the one with the shortest
  /// interval. A work that fails ends the pass, and the next pass begins with the work behind it.
  package static func together(_ works: [Upkeep]) -> Upkeep {
    precondition(!works.isEmpty, "upkeep without work")
    let place = Mutex(0)
    return Upkeep(interval: works.map(\.interval).min() ?? .zero) { transaction in
      let index = place.withLock { place in
        defer { place = (place + 1) % works.count }
        return place
      }
      guard try works[index].step(transaction) else { return index + 1 < works.count }
      place.withLock { $0 = index }
      return true
    }
  }
}
