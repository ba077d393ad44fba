/// The end of an interval that a time stands for.
package enum TimeEnd: Sendable, Hashable {
  /// The first instant: the default, also for agreements.
  case first
  /// The last instant, for opt-outs: an opt-out on a day comes after every agreement on that day.
  case last
}

/// A date-time in one of the many forms of ISO 8601, or in that of mail.
///
/// Accepted dates are `2023-08-14`, `20230814`, `2023-226`, `2023226`, `2023-W33-1`, `2023W331`,
/// and the month `2023-08`. A date may be followed by `T`, `t` or one space and `13:20`,
/// `13:20:11`, `1320`, `132011`, with 1 to 9 digits of fraction after `.` or `,`; then by nothing
/// or, perhaps after a space, `Z`, `UTC`, `GMT`, `±hh`, `±hhmm` or `±hh:mm`. `24:00:00` is the next
/// midnight, second 60 counts as 59. Extended and basic forms may be mixed. `Mon, 14 Aug 2023
/// 13:20:11 +0200` is also accepted, with or without the day of the week. All other text is
/// rejected.
///
/// A time that is coarser than a second, or without a zone, is an interval: see
/// ``instant(_:in:now:)``.
package struct ISO8601Time: Sendable, Hashable {
  /// The precision of a text.
  package enum Precision: Sendable, Hashable {
    /// A year and a month.
    case month
    /// A date alone.
    case date
    /// A date, an hour and a minute.
    case minute
    /// A date and a time to the second or finer.
    case time
  }

  /// The precision of the text.
  package let precision: Precision
  /// The offset from UTC as written, in minutes; nil if there is none.
  package let offsetMinutes: Int?
  /// The instant, or the first possible one in UTC if the text leaves it open. Fraction digits
  /// beyond microseconds are dropped.
  package let timestamp: Timestamp
  /// The local time of the beginning, as if it were in UTC, in microseconds since 1970.
  private let local: Int64
  /// The length of the interval, in microseconds; 0 for an instant.
  private let length: Int64

  /// True if the text names no zone.
  package var lacksZone: Bool { offsetMinutes == nil }
  /// True if the text leaves the instant open.
  package var isInterval: Bool { lacksZone || length > 0 }

  /// Reads `text`, ignoring surrounding white space.
  ///
  /// - Throws: `TIME_MALFORMED`, `TIME_ZONE_NAME` (such as `2018-02-20 14:12:13 EST`),
  ///   `TIME_NOT_IN_CALENDAR`, `TIME_OUT_OF_RANGE`.
  package init(_ text: String) throws(RuleError) {
    let trimmed = TextForm.trimmed(text)
    let rewritten = try MailTime.iso8601(trimmed, given: text)
    var scanner = ISO8601Scanner(rewritten ?? trimmed, given: text)
    let date = try scanner.date()
    let start = Int64(date.first.daysSinceEpoch) * Timestamp.microsecondsPerDay
    guard !scanner.isAtEnd else {
      try self.init(
        local: start,
        length: Int64(date.days) * Timestamp.microsecondsPerDay,
        offset: nil,
        date.days > 1 ? .month : .date
      )
      return
    }
    guard date.days == 1 else { throw scanner.malformed() }
    let time = try scanner.time()
    let offset = try scanner.offset()
    try self.init(
      local: start + time.micros,
      length: time.hasSecond ? 0 : 60 * Timestamp.microsecondsPerSecond,
      offset: offset,
      time.hasSecond ? .time : .minute
    )
  }

  private init(
    local: Int64,
    length: Int64,
    offset: Int?,
    _ precision: Precision
  ) throws(RuleError) {
    self.local = local
    self.length = length
    self.precision = precision
    offsetMinutes = offset
    timestamp = try Timestamp(
      microseconds: local - Int64(offset ?? 0) * 60 * Timestamp.microsecondsPerSecond
    )
  }

  /// Returns the instant at an end of the interval. A text without a zone is in `zone`; a local
  /// time that occurs twice or never there is an interval too. The last instant is never later than
  /// `now`.
  package func instant(
    _ end: TimeEnd,
    in zone: ZoneRules,
    now: Timestamp
  ) throws(RuleError) -> Timestamp {
    let first = try bound(local, in: zone).first
    guard end == .last else { return try Timestamp(microseconds: first) }
    let last = try bound(local + max(0, length - 1), in: zone).last
    return Timestamp(clamping: max(first, min(last, now.microseconds)))
  }

  private func bound(
    _ local: Int64,
    in zone: ZoneRules
  ) throws(RuleError) -> (first: Int64, last: Int64) {
    guard let offsetMinutes else { return zone.instants(ofLocal: local) }
    let instant = local - Int64(offsetMinutes) * 60 * Timestamp.microsecondsPerSecond
    return (instant, instant)
  }
}
