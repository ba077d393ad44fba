internal import Synchronization

/// Counts the commits that changed something. A reader that began its snapshot at the count it sees
/// now has seen every change that was acknowledged so far.
package final class CommitCounter: Sendable {
  private let count = Atomic<UInt64>(0)

  /// A counter at 0.
  package init() {}

  /// The commits so far.
  package var current: UInt64 { count.load(ordering: .acquiring) }

  /// Counts a commit: after COMMIT returned, before any reply leaves.
  func bump() { count.add(1, ordering: .releasing) }
}
