/// A scanner that reads the parts of an ISO 8601 date-time in order.
struct ISO8601Scanner {
  private var rest: ArraySlice<UInt8>
  private let given: String

  /// Begins at the start of `text`.
  ///
  /// - Parameter given: The text to show in errors. It may differ from `text` in white space.
  init(_ text: String, given: String) {
    rest = Array(text.utf8)[...]
    self.given = given
  }

  var isAtEnd: Bool { rest.isEmpty }

  /// Takes a calendar, week or ordinal date, or a month. Returns its first day and its number of
  /// days.
  mutating func date() throws(RuleError) -> (first: CivilDate, days: Int) {
    let year = try number(4)
    let extended = take("-")
    if take("W") || take("w") {
      let week = try number(2)
      guard take("-") == extended else { throw malformed() }
      return (try weekDate(year: year, week: week, weekday: number(1)), 1)
    }
    // Three digits are the day of the year; four are month and day without a hyphen.
    let digits = rest.prefix { (0x30...0x39).contains($0) }.count
    if digits == 3 {
      return (try ordinalDate(year: year, day: number(3)), 1)
    }
    guard digits == (extended ? 2 : 4) else { throw malformed() }
    let month = try number(2)
    if extended, isAtEnd {
      guard let first = CivilDate(year: year, month: month, day: 1) else { throw notInCalendar() }
      return (first, CivilDate.daysIn(month: month, year: year))
    }
    if extended, !take("-") { throw malformed() }
    let day = try number(2)
    guard let date = CivilDate(year: year, month: month, day: day) else { throw notInCalendar() }
    return (date, 1)
  }

  /// Takes the separator and the time of day, in microseconds after midnight (at most 24 h).
  mutating func time() throws(RuleError) -> (micros: Int64, hasSecond: Bool) {
    guard take("T") || take("t") || take(" ") else { throw malformed() }
    let hour = try number(2)
    let extended = take(":")
    if !extended, !(rest.first.map { (0x30...0x39).contains($0) } ?? false) {
      throw malformed("Hours alone are not taken: give the minutes too.")
    }
    let minute = try number(2)
    var second = 0
    var fraction = 0
    let hasSecond = extended ? take(":") : rest.first.map { (0x30...0x39).contains($0) } ?? false
    if hasSecond {
      second = try number(2)
      if take(".") || take(",") { fraction = try microseconds() }
    }
    let isNextMidnight = hour == 24 && minute == 0 && second == 0 && fraction == 0
    guard hour <= 23 || isNextMidnight, minute <= 59, second <= 60 else { throw notInCalendar() }
    let whole = hour * 3_600 + minute * 60 + min(second, 59)
    return (Int64(whole) * Timestamp.microsecondsPerSecond + Int64(fraction), hasSecond)
  }

  /// Takes the offset from UTC, in minutes, and the end of the text. Returns nil without an offset.
  mutating func offset() throws(RuleError) -> Int? {
    if isAtEnd { return nil }
    _ = take(" ")
    if isUTC { return 0 }
    let offset = try numericOffset()
    guard !isAtEnd else { return offset }
    // Some programs write both: `+0000 UTC`.
    guard offset == 0, take(" "), isUTC else { throw endsInWord ? zoneName() : malformed() }
    return 0
  }

  /// True if the rest is a name of UTC.
  private var isUTC: Bool {
    ["z", "utc", "gmt"].contains(String(decoding: rest, as: UTF8.self).lowercased())
  }

  private mutating func numericOffset() throws(RuleError) -> Int {
    let isNegative: Bool
    if take("+") {
      isNegative = false
    } else if take("-") || take("\u{2212}") {
      isNegative = true
    } else {
      throw endsInWord ? zoneName() : malformed()
    }
    let hours = try number(2)
    var minutes = 0
    if !isAtEnd, rest.first != UInt8(ascii: " ") {
      _ = take(":")
      minutes = try number(2)
    }
    guard hours <= 23, minutes <= 59 else { throw notInCalendar() }
    return (hours * 60 + minutes) * (isNegative ? -1 : 1)
  }

  private func ordinalDate(year: Int, day: Int) throws(RuleError) -> CivilDate {
    let length = CivilDate.isLeap(year) ? 366 : 365
    guard let first = CivilDate(year: year, month: 1, day: 1), (1...length).contains(day),
      let date = CivilDate(daysSinceEpoch: first.daysSinceEpoch + day - 1)
    else { throw notInCalendar() }
    return date
  }

  /// Returns the date of a week and weekday. Week 1 contains January 4th; weeks begin on Monday.
  private func weekDate(year: Int, week: Int, weekday: Int) throws(RuleError) -> CivilDate {
    guard let fourth = CivilDate(year: year, month: 1, day: 4),
      let last = CivilDate(year: year, month: 12, day: 28)
    else { throw notInCalendar() }
    let monday = fourth.daysSinceEpoch - fourth.weekday + 1
    let weeks = (last.daysSinceEpoch - monday) / 7 + 1  // December 28th is in the last week.
    guard (1...weeks).contains(week), (1...7).contains(weekday),
      let date = CivilDate(daysSinceEpoch: monday + (week - 1) * 7 + weekday - 1)
    else { throw notInCalendar() }
    return date
  }

  /// Takes the 1 to 9 digits of a fraction of a second.
  private mutating func microseconds() throws(RuleError) -> Int {
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    guard digits.count <= 9 else {
      throw malformed("More than 9 digits of a second's fraction are not taken.")
    }
    guard !digits.isEmpty else { throw malformed() }
    rest = rest.dropFirst(digits.count)
    var value = 0
    for place in 0..<6 {
      let digit = place < digits.count ? Int(digits[digits.startIndex + place]) - 0x30 : 0
      value = value * 10 + digit
    }
    return value
  }

  /// Takes exactly `count` ASCII digits.
  private mutating func number(_ count: Int) throws(RuleError) -> Int {
    let digits = rest.prefix(count)
    guard digits.count == count, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw malformed()
    }
    rest = rest.dropFirst(count)
    return digits.reduce(0) { $0 * 10 + Int($1) - 0x30 }
  }

  private mutating func take(_ text: Unicode.Scalar) -> Bool {
    let bytes = Array(String(Character(text)).utf8)
    guard rest.starts(with: bytes) else { return false }
    rest = rest.dropFirst(bytes.count)
    return true
  }

  /// True if the rest begins with an ASCII letter, apart from spaces.
  private var endsInWord: Bool {
    guard let byte = rest.first(where: { $0 != UInt8(ascii: " ") }) else { return false }
    return (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  func malformed(_ what: String = "The time is not ISO 8601.") -> RuleError {
    RuleError(
      reason: "TIME_MALFORMED",
      message: "\(what) Expected is e.g. 2023-08-14T13:20:11Z or 2023-08-14.",
      given: given
    )
  }

  private func zoneName() -> RuleError {
    RuleError(
      reason: "TIME_ZONE_NAME",
      message: """
        The time ends in words. Expected is Z, UTC or an offset, e.g. 2018-02-20T14:12:13-05:00: \
        names such as EST and CST stand for several zones.
        """,
      given: given
    )
  }

  func notInCalendar() -> RuleError {
    RuleError(
      reason: "TIME_NOT_IN_CALENDAR",
      message: "The time does not exist: a part is too large or zero. Check date, time and offset.",
      given: given
    )
  }
}
