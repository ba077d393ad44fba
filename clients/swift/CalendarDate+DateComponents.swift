public import PatronProto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

extension CalendarDate {
  /// Year, month and day of the Gregorian calendar, without a time zone.
  public var dateComponents: DateComponents {
    DateComponents(
      calendar: Calendar(identifier: .gregorian),
      year: Int(year),
      month: Int(month),
      day: Int(day)
    )
  }

  /// The day that the components name, or nil where one of year, month and day is missing or the
  /// components are of another calendar than the Gregorian one. Other components are left out. The
  /// server rejects a day that the calendar does not have with `DATE_INVALID`.
  public init?(_ components: DateComponents) {
    guard components.calendar.map({ $0.identifier == .gregorian }) ?? true,
      let year = components.year.flatMap(Int32.init(exactly:)),
      let month = components.month.flatMap(Int32.init(exactly:)),
      let day = components.day.flatMap(Int32.init(exactly:))
    else { return nil }
    self.init()
    self.year = year
    self.month = month
    self.day = day
  }
}
