import ArgumentParser
import PatronModel

/// The end of a key as a command line names it: a time, a date, or a time from now.
enum ExpiryArgument: Equatable {
  /// An instant, in microseconds since 1970 UTC.
  case at(Int64)
  /// A time from now, in microseconds.
  case after(Int64)
  case never

  /// Reads `2027-01-31`, `2027-01-31T18:00Z`, `90d` or `never`.
  init(_ text: String) throws {
    if text == "never" {
      self = .never
    } else if let micros = try Self.duration(text) {
      self = .after(micros)
    } else {
      do throws(RuleError) {
        self = .at(try ISO8601Time(text).timestamp.microseconds)
      } catch {
        throw ValidationError(
          "`\(text.prefix(64))` is no time; expected is a duration in minutes, hours, days, weeks "
            + "or years such as 30m, 12h, 90d, 2w or 1y, a date such as 2027-01-31, a time such as "
            + "2027-01-31T18:00Z, or never"
        )
      }
    }
  }

  /// Returns the instant, in microseconds since 1970 UTC; nil for never.
  func instant(now: Int64) -> Int64? {
    switch self {
    case .at(let instant): instant
    case .after(let micros): now + micros
    case .never: nil
    }
  }

  /// The longest duration, in microseconds: a hundred years.
  static let maxDuration: Int64 = 36_500 * 86_400_000_000

  private static let units: [Character: Int64] = [
    "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000, "w": 604_800_000_000,
    "y": 31_536_000_000_000,
  ]

  /// Reads a number and a unit: minutes, hours, days, weeks, or years of 365 days. Returns nil for
  /// another form.
  static func duration(_ text: String) throws -> Int64? {
    guard let unit = text.last.flatMap({ units[$0] }), let number = Int64(text.dropLast()),
      text.first?.isNumber == true
    else { return nil }
    let (micros, overflows) = number.multipliedReportingOverflow(by: unit)
    guard !overflows, (1...maxDuration).contains(micros) else {
      throw ValidationError("`\(text.prefix(64))` is too long or too short; expected 1m to 100y")
    }
    return micros
  }
}
