/// A time zone, reduced to its offset from UTC at any instant.
package struct ZoneRules: Sendable {
  /// Returns the offset in seconds east of UTC, at an instant in seconds since 1970.
  private let offset: @Sendable (_ seconds: Int64) -> Int64

  package static let utc = ZoneRules { _ in 0 }

  /// Makes rules from an offset function, which any thread may call.
  package init(offset: @escaping @Sendable (_ seconds: Int64) -> Int64) {
    self.offset = offset
  }

  private static let day: Int64 = 86_400

  /// Returns the date that calendars show at an instant in microseconds since 1970.
  package func date(at micros: Int64) -> CivilDate {
    let seconds = CSVWriter.floored(micros, by: Timestamp.microsecondsPerSecond)
    return Timestamp(clamping: micros + offset(seconds) * Timestamp.microsecondsPerSecond).date
  }

  /// Returns the first and the last instant at which clocks show a local time, in microseconds
  /// since 1970. They differ only when clocks are set back. A local time that clocks skip lies
  /// between both.
  func instants(ofLocal micros: Int64) -> (first: Int64, last: Int64) {
    let seconds = micros / Timestamp.microsecondsPerSecond
    let offsets = [offset(seconds - Self.day), offset(seconds + Self.day)]
    let all = offsets.map { micros - $0 * Timestamp.microsecondsPerSecond }
    let shown = zip(all, offsets).filter { instant, given in
      offset(CSVWriter.floored(instant, by: Timestamp.microsecondsPerSecond)) == given
    }.map(\.0)
    let found = shown.isEmpty ? all : shown
    return (found.min() ?? micros, found.max() ?? micros)
  }
}

/// The validation of time zone names.
package enum ZoneName {
  /// Returns true if a name may be an IANA zone: `Europe/Berlin`, `UTC`. Abbreviations such as EST
  /// and CST stand for several zones, and offsets such as GMT+3 are not zones.
  package static func isUsable(_ name: String) -> Bool {
    guard (1...64).contains(name.utf8.count) else { return false }
    if name == "UTC" || name == "GMT" { return true }
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "_"),
        UInt8(ascii: "-"), UInt8(ascii: "+"):
        true
      default: false
      }
    }
    return isPlain && name.contains("/")
  }

  /// Returns the error about an unknown name.
  package static func unknown(_ name: String) -> RuleError {
    RuleError(
      reason: "TIME_ZONE_UNKNOWN",
      message: "There is no such time zone. Expected is a name of IANA's, such as Europe/Berlin or "
        + "UTC; abbreviations such as EST stand for several zones.",
      given: name
    )
  }
}
