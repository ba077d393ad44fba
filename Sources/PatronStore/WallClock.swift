#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The clock by which records are dated. Tests inject one of their own.
package struct WallClock: Sendable {
  /// Returns the time in microseconds since 1970 UTC. Called on any thread.
  package let now: @Sendable () -> Int64

  /// A clock that reads the time from `now`, in microseconds since 1970 UTC.
  package init(now: @escaping @Sendable () -> Int64) { self.now = now }

  /// The clock of the machine.
  package static let system = WallClock {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}
