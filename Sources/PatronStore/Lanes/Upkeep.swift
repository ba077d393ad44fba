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
}
