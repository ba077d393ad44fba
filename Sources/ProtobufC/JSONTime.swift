/// The text forms of `google.protobuf.Timestamp` and `google.protobuf.Duration`.
enum JSONTime {
  /// 0001-01-01T00:00:00Z, in seconds since 1970.
  static let earliest: Int64 = -62_135_596_800
  /// 9999-12-31T23:59:59Z, in seconds since 1970.
  static let latest: Int64 = 253_402_300_799
  /// The most seconds of a duration, about 10,000 years.
  static let maxDurationSeconds: Int64 = 315_576_000_000

  // MARK: timestamps

  /// Appends an instant as RFC 3339 in UTC with no, three, six or nine digits of a second. Returns
  /// false if it is out of range. Makes no string, because exports write many of them.
  static func append(_ instant: JSONInstant, to output: inout [UInt8]) -> Bool {
    guard (earliest...latest).contains(instant.seconds),
      (0...999_999_999).contains(instant.nanoseconds)
    else { return false }
    let (day, second) = instant.seconds.quotientAndFloorRemainder(86_400)
    let date = civil(day)
    var text = InlineArray<19, UInt8>(repeating: UInt8(ascii: "-"))
    put(date.year / 100, at: 0, in: &text)
    put(date.year % 100, at: 2, in: &text)
    put(date.month, at: 5, in: &text)
    put(date.day, at: 8, in: &text)
    text[10] = UInt8(ascii: "T")
    put(second / 3600, at: 11, in: &text)
    text[13] = UInt8(ascii: ":")
    put(second / 60 % 60, at: 14, in: &text)
    text[16] = UInt8(ascii: ":")
    put(second % 60, at: 17, in: &text)
    text.span.withUnsafeBufferPointer { output.append(contentsOf: $0) }
    if instant.nanoseconds != 0 { output.append(contentsOf: fraction(instant.nanoseconds).utf8) }
    output.append(UInt8(ascii: "Z"))
    return true
  }

  /// Reads RFC 3339: `1996-12-19T16:39:57.123456789-08:00`. Returns nil for other text or out of
  /// range.
  static func instant(_ text: String) -> JSONInstant? {
    var reader = FixedDigits(text)
    guard let year = reader.digits(4), reader.take("-"), let month = reader.digits(2),
      reader.take("-"), let day = reader.digits(2), reader.take("T") || reader.take("t"),
      let hour = reader.digits(2), reader.take(":"), let minute = reader.digits(2),
      reader.take(":"), let second = reader.digits(2),
      let nanoseconds = reader.fraction(), let offset = reader.offset(), reader.isAtEnd,
      year >= 1, (1...12).contains(month), day >= 1, day <= days(in: month, of: year),
      hour < 24, minute < 60, second < 60
    else { return nil }
    let seconds =
      dayNumber(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
    guard (earliest...latest).contains(seconds) else { return nil }
    return JSONInstant(seconds: seconds, nanoseconds: nanoseconds)
  }

  // MARK: durations

  /// Returns a duration as text, such as `1.5s`, or nil if it is out of range or its parts differ
  /// in sign.
  static func durationText(seconds: Int64, nanoseconds: Int32) -> String? {
    guard seconds.magnitude <= maxDurationSeconds.magnitude, nanoseconds.magnitude <= 999_999_999,
      seconds == 0 || nanoseconds == 0 || (seconds < 0) == (nanoseconds < 0)
    else { return nil }
    let sign = seconds < 0 || nanoseconds < 0 ? "-" : ""
    return sign + String(seconds.magnitude) + fraction(Int32(nanoseconds.magnitude)) + "s"
  }

  /// Reads a duration such as `1.5s`. Returns nil for other text or out of range.
  static func duration(_ text: String) -> (seconds: Int64, nanoseconds: Int32)? {
    var reader = FixedDigits(text)
    let isNegative = reader.take("-")
    guard let seconds = reader.allDigits(), let nanoseconds = reader.fraction(),
      reader.take("s"), reader.isAtEnd, seconds <= maxDurationSeconds
    else { return nil }
    return isNegative ? (-seconds, -nanoseconds) : (seconds, nanoseconds)
  }

  // MARK: parts

  /// Writes two digits.
  @inline(__always)
  private static func put(_ number: Int64, at index: Int, in text: inout InlineArray<19, UInt8>) {
    text[index] = UInt8(truncatingIfNeeded: 0x30 + number / 10)
    text[index + 1] = UInt8(truncatingIfNeeded: 0x30 + number % 10)
  }

  private static func pad(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private static func fraction(_ nanoseconds: Int32) -> String {
    if nanoseconds == 0 { return "" }
    let value = Int64(nanoseconds)
    if value % 1_000_000 == 0 { return "." + pad(value / 1_000_000, 3) }
    if value % 1000 == 0 { return "." + pad(value / 1000, 6) }
    return "." + pad(value, 9)
  }

  private static func days(in month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Returns the days since 1970-01-01 of a date of the Gregorian calendar. Counts in eras of 400
  /// years that begin on a first of March, so that leap days come last.
  private static func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month > 2 ? year : year - 1
    let (era, yearOfEra) = shifted.quotientAndFloorRemainder(400)
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// Returns the date of a day number, the inverse of ``dayNumber(_:_:_:)``.
  private static func civil(_ number: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (number + 719_468).quotientAndFloorRemainder(146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }
}

extension Int64 {
  /// Returns the quotient rounded down, and the remainder, which is never negative.
  fileprivate func quotientAndFloorRemainder(_ divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

/// A reader of digits and single characters.
private struct FixedDigits {
  private var rest: Substring.UTF8View

  init(_ text: String) { rest = text[...].utf8 }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func take(_ character: UnicodeScalar) -> Bool {
    guard let first = rest.first, first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  mutating func digits(_ count: Int) -> Int64? {
    let part = rest.prefix(count)
    guard part.count == count, let value = Self.number(part) else { return nil }
    rest = rest.dropFirst(count)
    return value
  }

  /// Reads all digits that follow, up to 18.
  mutating func allDigits() -> Int64? {
    let part = rest.prefix { $0 &- 0x30 < 10 }
    guard (1...18).contains(part.count) else { return nil }
    rest = rest.dropFirst(part.count)
    return Self.number(part)
  }

  /// Reads a fraction such as `.123`, up to nine digits, as nanoseconds. Returns 0 without a point.
  mutating func fraction() -> Int32? {
    guard take(".") else { return 0 }
    let part = rest.prefix { $0 &- 0x30 < 10 }
    guard (1...9).contains(part.count), let value = Self.number(part) else { return nil }
    rest = rest.dropFirst(part.count)
    var nanoseconds = value
    for _ in part.count..<9 { nanoseconds *= 10 }
    return Int32(nanoseconds)
  }

  /// Reads an offset such as `Z` or `+01:00` as seconds ahead of UTC.
  mutating func offset() -> Int64? {
    if take("Z") || take("z") { return 0 }
    let isNegative = take("-")
    guard isNegative || take("+"), let hours = digits(2), take(":"), let minutes = digits(2),
      hours < 24, minutes < 60
    else { return nil }
    return (hours * 3600 + minutes * 60) * (isNegative ? -1 : 1)
  }

  private static func number(_ part: Substring.UTF8View) -> Int64? {
    var value: Int64 = 0
    for byte in part {
      guard byte &- 0x30 < 10 else { return nil }
      value = value * 10 + Int64(byte &- 0x30)
    }
    return value
  }
}
