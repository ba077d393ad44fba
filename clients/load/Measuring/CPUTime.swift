#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Processor time of this process, in nanoseconds.
struct CPUTime: Sendable, Equatable {
  var user: UInt64
  var system: UInt64

  static let zero = CPUTime(user: 0, system: 0)

  /// The time used since the process started.
  static var now: CPUTime {
    var usage = rusage()
    #if canImport(Glibc)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #else
      getrusage(RUSAGE_SELF, &usage)
    #endif
    return CPUTime(user: nanoseconds(usage.ru_utime), system: nanoseconds(usage.ru_stime))
  }

  var total: UInt64 { user + system }

  static func - (left: CPUTime, right: CPUTime) -> CPUTime {
    CPUTime(user: left.user &- right.user, system: left.system &- right.system)
  }

  private static func nanoseconds(_ time: timeval) -> UInt64 {
    UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_usec) * 1000
  }
}

/// The time of day, for reports.
enum WallClock {
  /// The current time in UTC, as `2026-01-31T12:00:00Z`.
  static var now: String {
    var seconds = time(nil)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
      + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
  }
}
