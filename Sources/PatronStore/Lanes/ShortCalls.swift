internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A counter by which scans notice that point reads and writes are being served.
final class ShortCalls: Sendable {
  private let ticks = Atomic<UInt64>(0)
  private let commits: CommitCounter

  init(commits: CommitCounter) { self.commits = commits }

  /// Counts a tick in which an I/O loop serves reads.
  func countTick() { ticks.add(1, ordering: .relaxed) }

  /// A number that changes while short calls are served.
  var count: UInt64 { ticks.load(ordering: .relaxed) &+ commits.current }
}

/// A short pause of a scan, taken now and then while short calls are served.
///
/// Low priority is not enough on few processors. The scheduler may queue two threads with calls on
/// one processor while a scan keeps the other busy, and rebalances only at its next tick, some
/// milliseconds later. A processor that falls idle, even briefly, takes over the waiting thread at
/// once.
struct ScanPause {
  private static let microseconds: UInt32 = 50

  private let calls: ShortCalls
  private var seen: UInt64

  init(_ calls: ShortCalls) {
    self.calls = calls
    seen = calls.count
  }

  /// Pauses if short calls were served since the last check. Returns true if it paused.
  @discardableResult mutating func yield() -> Bool {
    let count = calls.count
    guard count != seen else { return false }
    seen = count
    usleep(Self.microseconds)
    return true
  }
}
