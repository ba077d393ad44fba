internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Tells scans whether point reads and writes are being served meanwhile.
final class ShortCalls: Sendable {
  private let ticks = Atomic<UInt64>(0)
  private let commits: CommitCounter

  init(commits: CommitCounter) { self.commits = commits }

  /// An I/O loop serves reads in this tick.
  func countTick() { ticks.add(1, ordering: .relaxed) }

  /// Moves on while short calls are served.
  var count: UInt64 { ticks.load(ordering: .relaxed) &+ commits.current }
}

/// Pauses a scan for a moment now and then while short calls are served.
///
/// Low priority is not enough where there are few processors: the scheduler may put two threads
/// with calls behind each other on one processor while a scan keeps the other busy, and looks at
/// that again only at its next tick, some milliseconds later. A processor that is idle for a moment
/// takes the waiting thread over at once.
struct ScanPause {
  private static let microseconds: UInt32 = 50

  private let calls: ShortCalls
  private var seen: UInt64

  init(_ calls: ShortCalls) {
    self.calls = calls
    seen = calls.count
  }

  /// Pauses if short calls were served since the last time; returns whether it did.
  @discardableResult mutating func giveWay() -> Bool {
    let count = calls.count
    guard count != seen else { return false }
    seen = count
    usleep(Self.microseconds)
    return true
  }
}
