/// Days and months as values of terms, such as the day of the last order. Windows such as the last
/// 30 days are counted in whole days UTC: a customer whose last order was 30 days ago is included
/// at any hour.
package enum FilterDays {
  /// Category of the day of the last order that is not cancelled. Customers without such an order
  /// have no value.
  package static let lastOrder = "last_order_day"
  /// Category of the day of the last event. Every customer has exactly one value.
  package static let lastEvent = "last_event_day"
  /// Category of the day since which a phone number is shared by several people.
  package static let sharedPhone = "shared_phone_day"
  /// The number of days for which an address counts among those of a shared phone number.
  package static let ofSharedPhone: Int64 = 365
  /// The value for customers without events. It sorts before all days.
  package static let never = ""

  private static let day: Int64 = 86_400 * 1_000_000

  /// Returns the day of an instant as text that sorts by time. `micros` is in microseconds since
  /// 1970; an earlier instant counts as the first day.
  package static func value(_ micros: Int64) -> String { value(day: number(micros)) }

  /// Returns the value for the number of a day: at least seven digits, padded with zeros.
  package static func value(day number: Int64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 7 - digits.utf8.count)) + digits
  }

  /// Returns the month of a date, `01` to `12`.
  package static func month(of date: CivilDate) -> String { Padding.number(date.month, 2) }

  /// Returns the number of days from 1970 to an instant in microseconds; 0 if it is earlier.
  package static func number(_ micros: Int64) -> Int64 { max(0, micros / day) }

  /// Returns the first day of the last `days` days. `now` is in microseconds since 1970.
  package static func first(ofLast days: Int64, at now: Int64) -> String { value(now - days * day) }
}
