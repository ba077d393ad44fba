/// The conversion of times as mail and browsers write them: `Mon, 06 May 2024 10:00:00 -0400`, `Mon
/// May 06 2024 10:00:00 GMT+0200 (CEST)`.
enum MailTime {
  /// Returns the time in ISO 8601, or nil if the text is in another form.
  ///
  /// - Throws: `TIME_NOT_IN_CALENDAR` if the day of the week is wrong.
  static func iso8601(_ text: String, given: String) throws(RuleError) -> String? {
    guard text.utf8.contains(where: { $0 == UInt8(ascii: " ") }) else { return nil }
    var words = text.prefix { $0 != "(" }.split { $0 == " " || $0 == "," }[...]
    let weekday = words.first.flatMap { place(of: $0, in: weekdays) }
    if weekday != nil { words.removeFirst() }
    guard words.count == 4 || words.count == 5 else { return nil }
    let parts = Array(words)
    let isMonthFirst = place(of: parts[0], in: months) != nil
    guard let month = place(of: parts[isMonthFirst ? 0 : 1], in: months),
      let day = Int(parts[isMonthFirst ? 1 : 0]), parts[isMonthFirst ? 1 : 0].utf8.count <= 2,
      parts[2].utf8.count == 4, let year = Int(parts[2])
    else { return nil }
    if let weekday, CivilDate(year: year, month: month, day: day)?.weekday != weekday {
      throw ISO8601Scanner(text, given: given).notInCalendar()
    }
    let time = parts[3].utf8.first(where: { $0 == UInt8(ascii: ":") }) == nil ? "" : parts[3]
    let hours = time.prefix { $0 != ":" }.utf8.count == 1 ? "0\(time)" : "\(time)"
    return Padding.number(year, 4) + "-" + Padding.number(month, 2) + "-"
      + Padding.number(day, 2) + "T" + hours + (parts.count > 4 ? zone(parts[4]) : "")
  }

  /// Returns the zone in ISO 8601: `GMT+0200` is reduced to the offset.
  private static func zone(_ text: Substring) -> String {
    for name in ["GMT", "UTC"] where text.hasPrefix(name) && text.utf8.count > 3 {
      return String(text.dropFirst(3))
    }
    return text == "UT" ? "UTC" : " " + text
  }

  private static func place(of word: Substring, in names: [String]) -> Int? {
    let short = word.prefix(3).lowercased()
    guard let place = names.firstIndex(where: { $0.hasPrefix(short) }),
      word.utf8.count == 3 || names[place] == word.lowercased()
    else { return nil }
    return place + 1
  }

  private static let weekdays = [
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
  ]
  private static let months = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
  ]
}
