import PatronStore
import Synchronization

/// A clock that goes with the machine's, and that a test sets forward or back.
final class TestClock: Sendable {
  /// The microseconds by which this clock is ahead.
  private let lead = Atomic<Int64>(0)

  /// The clock, for a shop and for the work of a start.
  var clock: WallClock {
    WallClock { [self] in WallClock.system.now() + lead.load(ordering: .relaxed) }
  }

  /// Sets the clock forward, or back if `duration` is negative.
  func advance(by duration: Duration) {
    lead.wrappingAdd(Int64(duration / .microseconds(1)), ordering: .relaxed)
  }
}

extension Duration {
  static func minutes(_ count: Int64) -> Duration { .seconds(count * 60) }
  static func days(_ count: Int64) -> Duration { .seconds(count * 86_400) }
}
