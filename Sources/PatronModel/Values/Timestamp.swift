/// An instant in UTC, to the microsecond, in the years 1 to 9999.
package struct Timestamp: Sendable, Hashable, Comparable {
  /// Microseconds since 1970-01-01T00:00:00Z, negative before it.
  package let microseconds: Int64

  /// 0001-01-01T00:00:00Z
  package static let min = Timestamp(unchecked: -62_135_596_800_000_000)
  /// 9999-12-31T23:59:59.999999Z
  package static let max = Timestamp(unchecked: 253_402_300_799_999_999)
  /// 1970-01-01T00:00:00Z
  package static let epoch = Timestamp(unchecked: 0)

  static let microsecondsPerSecond: Int64 = 1_000_000
  static let microsecondsPerDay: Int64 = 86_400_000_000

  private init(unchecked microseconds: Int64) {
    self.microseconds = microseconds
  }

  /// Makes the instant `microseconds` after 1970.
  ///
  /// - Throws: `TIME_OUT_OF_RANGE` outside the years 1 to 9999.
  package init(microseconds: Int64) throws(RuleError) {
    guard (Self.min.microseconds...Self.max.microseconds).contains(microseconds) else {
      throw Self.outOfRange
    }
    self.microseconds = microseconds
  }

  /// Makes the nearest instant in the range.
  init(clamping microseconds: Int64) {
    self.microseconds = Swift.min(
      Swift.max(microseconds, Self.min.microseconds),
      Self.max.microseconds
    )
  }

  /// Makes the instant of a `google.protobuf.Timestamp`. Fractions of a microsecond are dropped,
  /// towards the past.
  ///
  /// - Throws: `TIME_NANOS_INVALID` unless 0 ≤ nanos ≤ 999,999,999; `TIME_OUT_OF_RANGE`.
  package init(seconds: Int64, nanos: Int32) throws(RuleError) {
    guard (0...999_999_999).contains(nanos) else {
      throw RuleError(
        reason: "TIME_NANOS_INVALID",
        message: "The time's nanos are out of range. Expected is 0 to 999999999, also before 1970.",
        given: String(nanos)
      )
    }
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: Self.microsecondsPerSecond)
    // A product near the end of Int64 leaves no room for the rest: check the range first.
    guard !overflow, scaled >= Self.min.microseconds, scaled <= Self.max.microseconds else {
      throw Self.outOfRange
    }
    try self.init(microseconds: scaled + Int64(nanos / 1_000))
  }

  /// Whole seconds since 1970, rounded towards the past, as in `google.protobuf.Timestamp`.
  package var seconds: Int64 {
    let (quotient, remainder) = microseconds.quotientAndRemainder(
      dividingBy: Self.microsecondsPerSecond
    )
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// Nanoseconds after ``seconds``, 0 to 999,999,000.
  package var nanos: Int32 {
    Int32(microseconds - seconds * Self.microsecondsPerSecond) * 1_000
  }

  /// The date in UTC.
  package var date: CivilDate {
    let (quotient, remainder) = microseconds.quotientAndRemainder(
      dividingBy: Self.microsecondsPerDay
    )
    let days = Int(remainder < 0 ? quotient - 1 : quotient)
    guard let date = CivilDate(daysSinceEpoch: days) else {
      preconditionFailure("every Timestamp is within the years 1 to 9999")
    }
    return date
  }

  /// The instant in RFC 3339, in UTC with the shortest fraction, such as `2023-08-14T13:20:11.5Z`.
  package var rfc3339: String {
    let second = Int(seconds - Int64(date.daysSinceEpoch) * 86_400)
    var text = date.iso8601 + "T" + Padding.number(second / 3_600, 2)
    text += ":" + Padding.number(second / 60 % 60, 2) + ":" + Padding.number(second % 60, 2)
    let fraction = Int(nanos / 1_000)
    if fraction != 0 {
      var digits = Padding.number(fraction, 6)
      while digits.last == "0" { digits.removeLast() }
      text += "." + digits
    }
    return text + "Z"
  }

  /// Returns the instant `seconds` later (earlier if negative), clamped to the years 1 to 9999.
  package func advanced(bySeconds seconds: Int64) -> Timestamp {
    let (step, overflow) = seconds.multipliedReportingOverflow(by: Self.microsecondsPerSecond)
    let (sum, overflowToo) = microseconds.addingReportingOverflow(step)
    if overflow || overflowToo { return seconds < 0 ? .min : .max }
    return Timestamp(clamping: sum)
  }

  /// Orders instants by time.
  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.microseconds < right.microseconds
  }

  private static let outOfRange = RuleError(
    reason: "TIME_OUT_OF_RANGE",
    message: "The time is out of range. Expected are the years 0001 to 9999 in UTC."
  )
}
