/// The work that one page of a watch may take. Used on one loop, for one page.
///
/// The first event is always allowed, so that a watch goes on also behind an event that takes the
/// whole budget.
package final class WatchBudget {
  private let end: ContinuousClock.Instant
  private let maxBytes: Int
  private var bytes = 0
  private var visits = 0

  /// The maximum number of events visited for a page, including those of other customers.
  private static let maxVisits = 1024

  /// Creates the budget of a page that ends at `end`, or once `maxBytes` of events were read.
  package init(
    until end: ContinuousClock.Instant,
    maxBytes: Int
  ) {
    self.end = end
    self.maxBytes = maxBytes
  }

  /// Counts a visit of an event. Returns false if the budget is used up.
  package func visit() -> Bool {
    guard visits > 0 else {
      visits = 1
      return true
    }
    guard visits < Self.maxVisits, bytes < maxBytes, ContinuousClock.now < end else { return false }
    visits += 1
    return true
  }

  /// Counts the bytes of an event that was searched or sent.
  package func spend(_ bytes: Int) { self.bytes += bytes }
}
