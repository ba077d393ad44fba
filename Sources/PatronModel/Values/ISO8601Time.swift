/// A date-time read from text in one of the many forms of ISO 8601.
///
/// Accepted: dates as `2023-08-14`, `20230814`, `2023-226`, `2023226`, `2023-W33-1`, `2023W331`;
/// alone (then it is midnight UTC), or followed by `T`, `t` or one space and `13:20`, `13:20:11`,
/// `1320`, `132011`, with 1 to 9 digits of fraction after `.` or `,`; then nothing (UTC is
/// assumed), `Z`, `z`, `±hh`, `±hhmm` or `±hh:mm`. `24:00:00` is the next midnight, second 60
/// counts as 59. Extended and basic forms may be mixed. Everything else is rejected.
public struct ISO8601Time: Sendable, Hashable {
  /// What the text says about the time of day.
  public enum Precision: Sendable, Hashable {
    /// A date alone.
    case date
    /// A date and a time.
    case time
  }

  /// The instant. Digits of the fraction beyond microseconds are dropped.
  public let timestamp: Timestamp
  /// Whether a time of day was given.
  public let precision: Precision
  /// The offset from UTC as written, in minutes; nil when there was none and UTC was assumed.
  public let offsetMinutes: Int?

  /// Whether the text had no offset, so that UTC was assumed.
  public var assumedUTC: Bool { offsetMinutes == nil }

  /// Reads `text`, ignoring white space around it.
  ///
  /// - Throws: `TIME_MALFORMED`, `TIME_ZONE_NAME` (e.g. `2018-02-20 14:12:13 UTC`),
  ///   `TIME_NOT_IN_CALENDAR`, `TIME_OUT_OF_RANGE`.
  public init(_ text: String) throws(RuleError) {
    var scanner = ISO8601Scanner(TextForm.trimmed(text), given: text)
    let date = try scanner.date()
    guard !scanner.isAtEnd else {
      timestamp = date.startOfDay
      precision = .date
      offsetMinutes = nil
      return
    }
    let dayTime = try scanner.time()
    let offset = try scanner.offset()
    let sum =
      Int64(date.daysSinceEpoch) * Timestamp.microsecondsPerDay + dayTime
      - Int64(offset ?? 0) * 60 * Timestamp.microsecondsPerSecond
    timestamp = try Timestamp(microseconds: sum)
    precision = .time
    offsetMinutes = offset
  }
}
