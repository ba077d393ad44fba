#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The clocks that measure the work of a thread, in nanoseconds.
public struct WorkClock {
  /// The time that passes; cheap to read.
  public var passed: () -> UInt64
  /// The processor time of the calling thread. Reading it is a system call.
  public var worked: () -> UInt64

  /// Creates a clock from two counters, both in nanoseconds.
  public init(passed: @escaping () -> UInt64, worked: @escaping () -> UInt64) {
    self.passed = passed
    self.worked = worked
  }

  /// The clocks of the system.
  public static var system: WorkClock {
    WorkClock(
      passed: { nanoseconds(of: CLOCK_MONOTONIC) },
      worked: { nanoseconds(of: CLOCK_THREAD_CPUTIME_ID) }
    )
  }

  private static func nanoseconds(of clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}

/// The time that a read has worked, against a limit.
///
/// A thread that the system preempts has not worked, but its processor time is dear to read. So the
/// time that passes is compared with one half of the limit first, and only then the processor time
/// with the other half. The first look starts the time.
struct WorkTime {
  private let half: UInt64
  private var start: UInt64?
  private var workStart: UInt64?

  init(limit nanoseconds: UInt64) { half = nanoseconds / 2 }

  /// Returns true if the limit is reached.
  mutating func isOver(_ clock: WorkClock) -> Bool {
    let now = clock.passed()
    guard let start else {
      start = now
      return false
    }
    guard now &- start > half else { return false }
    let worked = clock.worked()
    guard let workStart else {
      workStart = worked
      self.start = now
      return false
    }
    return worked &- workStart > half
  }
}
