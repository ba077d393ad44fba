internal import Synchronization

/// A count of the commits that changed something. A snapshot that began when the count was already
/// at its present value contains every change acknowledged so far. Any thread may read it; only the
/// writer increments it, but for reloads of settings.
package final class CommitCounter: Sendable {
  private let count = Atomic<UInt64>(0)
  private let settings = Atomic<UInt64>(0)
  private let limits = Atomic<UInt64>(0)
  private let keys = Atomic<UInt64>(0)

  package init() {}

  /// Commits so far.
  package var current: UInt64 { count.load(ordering: .acquiring) }

  /// Commits so far that changed the settings of a store.
  package var settingsVersion: UInt64 { settings.load(ordering: .acquiring) }

  /// Commits so far that changed the limits of a store's calls, and reloads of the server's.
  package var limitsVersion: UInt64 { limits.load(ordering: .acquiring) }

  /// Commits so far that changed API keys, their names or the list of stores, and reloads of the
  /// server's limits.
  package var keysVersion: UInt64 { keys.load(ordering: .acquiring) }

  /// Counts a commit that changed keys. Call it before ``bump()``.
  func bumpKeys() { keys.add(1, ordering: .releasing) }

  /// Counts a commit that changed limits. Call it before ``bump()``.
  func bumpLimits() { limits.add(1, ordering: .releasing) }

  /// Counts a commit that changed settings. Call it before ``bump()``.
  func bumpSettings() { settings.add(1, ordering: .releasing) }

  /// Counts a commit. Call it after COMMIT returned and before any reply leaves.
  func bump() { count.add(1, ordering: .releasing) }
}
