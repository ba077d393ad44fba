import PatronClient

import struct PatronModel.CivilDate
import struct PatronModel.CurrencyCode
import struct PatronModel.Money

enum ValueText {
  /// Formats an amount with the decimals of its currency: `16.99 USD`.
  static func money(_ minorUnits: Int64, _ currency: String) -> String {
    guard let code = try? CurrencyCode(currency, allowHistoric: true) else {
      return "\(minorUnits) minor units of \(ErrorText.reason(currency))"
    }
    return "\(PatronModel.Money(minorUnits: minorUnits, currency: code).decimal) \(code.code)"
  }

  static func money(_ money: PatronProto.Money?) -> String {
    money.map { self.money($0.minorUnits, $0.currencyCode) } ?? ""
  }

  /// Returns a calendar day, `1998-05-28`; empty for nil.
  static func date(_ date: CalendarDate?) -> String {
    date.flatMap { CivilDate(year: Int($0.year), month: Int($0.month), day: Int($0.day)) }?.iso8601
      ?? ""
  }

  /// Returns the day in UTC, `1998-05-28`; empty for nil.
  static func day(_ time: GoogleProtobuf.Timestamp?) -> String {
    time.map { String(UTCTime($0).rfc3339.prefix(10)) } ?? ""
  }

  /// Returns the time in UTC to the minute, `1998-05-28 13:05`; empty for nil.
  static func minute(_ time: GoogleProtobuf.Timestamp?) -> String {
    guard let time else { return "" }
    let text = UTCTime(time).rfc3339
    return text.prefix(10) + " " + text.dropFirst(11).prefix(5)
  }

  /// Returns the time as `1998-05-28T13:05:00Z`; empty for nil.
  static func instant(_ time: GoogleProtobuf.Timestamp?) -> String {
    time.map { UTCTime($0).rfc3339 } ?? ""
  }

  /// Rounds a mean to one decimal, as in `4.5`.
  static func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

  /// Formats a number with thousands separators: `1,234,567`.
  static func count(_ value: some BinaryInteger) -> String {
    let digits = String(value.magnitude)
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return value < 0 ? "-" + result : result
  }

  /// Returns a number with its noun: `1 order`, `6 orders`.
  static func plural(_ value: some BinaryInteger, _ word: String) -> String {
    "\(count(value)) \(word)\(value == 1 ? "" : "s")"
  }

  /// Returns the value of an enum without its prefix: `partially paid`.
  static func enumeration<Value: CaseIterable & CustomStringConvertible>(_ value: Value) -> String {
    let prefix = EnumArgument.prefix(Value.self)
    let name = value.description
    let short = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
    return short.lowercased().replacing("_", with: " ")
  }

  /// Returns the value of a custom or event property.
  static func property(_ value: PropertyValue) -> String {
    switch value.kind {
    case .stringValue(let text): text
    case .boolValue(let flag): flag ? "true" : "false"
    case .int64Value(let number): String(number)
    case .doubleValue(let number): "\(number)"
    case .timestampValue(let time): UTCTime(time).rfc3339
    case .dateValue(let date): date.iso8601
    case nil: ""
    }
  }

  /// Returns the author of a change: `agent7, key 2k…`; empty if none is known.
  static func author(_ author: PatronProto.Author?) -> String {
    let key = author?.keyID ?? ""
    return [author?.onBehalfOf ?? "", key.isEmpty ? "" : "key \(key)"].filter { !$0.isEmpty }
      .joined(separator: ", ")
  }

  /// Returns the author of a change for a line with little room: the text of the caller, else the
  /// beginning of the key's id; empty if none is known.
  static func shortAuthor(_ author: PatronProto.Author?) -> String {
    guard let author else { return "" }
    if !author.onBehalfOf.isEmpty { return author.onBehalfOf }
    return author.keyID.isEmpty ? "" : "key \(author.keyID.prefix(8))"
  }

  /// Returns first and last name; empty if the customer has neither.
  static func name(_ customer: Customer) -> String {
    [customer.firstName, customer.lastName].compactMap { $0 }.filter { !$0.isEmpty }
      .joined(separator: " ")
  }
}

extension CalendarDate {
  /// The date as `2024-05-31`.
  var iso8601: String {
    func pad(_ number: Int32, _ width: Int) -> String {
      String(repeating: "0", count: max(0, width - String(number).count)) + String(number)
    }
    return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))"
  }
}
