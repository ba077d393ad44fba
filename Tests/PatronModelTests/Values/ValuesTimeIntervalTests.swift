import Foundation
import PatronModel
import TestKit
import Testing

/// The possible instants of a time: the table of field data, and the rules behind it.
@Suite struct ValuesTimeIntervalTests {
  private func rules(_ name: String) throws -> ZoneRules {
    if name.isEmpty { return .utc }
    let zone = try #require(TimeZone(identifier: name), "\(name)")
    return ZoneRules { Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double($0)))) }
  }

  @Test(arguments: FieldFiles.rows("times.tsv"))
  func namesAnInterval(row: [String]) throws {
    let rules = try rules(row[1])
    guard row[2].hasSuffix("Z") else {
      let found = RuleError.reason { () throws(RuleError) in try ISO8601Time(row[0]) }
      #expect(found == row[2], "\(row[0])")
      return
    }
    let time = try ISO8601Time(row[0])
    let first = try time.instant(.first, in: rules, now: .max)
    let last = try time.instant(.last, in: rules, now: .max)
    #expect(first.rfc3339 == row[2], "\(row[0]): \(row[4])")
    #expect(last.rfc3339 == row[3], "\(row[0]): \(row[4])")
  }

  @Test func datesAreThoseOfTheZone() throws {
    func date(_ text: String, _ zone: String) throws -> String {
      try rules(zone).date(at: ISO8601Time(text).timestamp.microseconds).iso8601
    }
    #expect(try date("2024-01-31T23:30:00Z", "") == "2024-01-31")
    #expect(try date("2024-01-31T23:30:00Z", "Europe/Berlin") == "2024-02-01")
    #expect(try date("2024-03-01T04:59:59Z", "America/New_York") == "2024-02-29")
    #expect(try date("1969-12-31T23:59:59Z", "") == "1969-12-31")
  }

  @Test func theTableIsThere() {
    let rows = FieldFiles.rows("times.tsv")
    #expect(rows.count > 30 && rows.allSatisfy { $0.count == 5 })
  }

  @Test func theEndIsNotLaterThanNow() throws {
    let now = try ISO8601Time("2024-05-06T15:00:00Z").timestamp
    func last(_ text: String) throws -> String {
      try ISO8601Time(text).instant(.last, in: .utc, now: now).rfc3339
    }
    #expect(try last("2024-05-06") == "2024-05-06T15:00:00Z")
    #expect(try last("2024-05") == "2024-05-06T15:00:00Z")
    #expect(try last("2024-05-05") == "2024-05-05T23:59:59.999999Z")
    // A time that begins after now is an error that is not corrected here.
    #expect(try last("2024-05-07") == "2024-05-07T00:00:00Z")
    #expect(try last("2024-05-06T16:00:00Z") == "2024-05-06T16:00:00Z")
  }

  @Test func onlyAnAmbiguousTimeIsAnInterval() throws {
    for text in ["2024-05-06T10:00:00Z", "2024-05-06T10:00:00.25+02:00"] {
      #expect(try !ISO8601Time(text).isInterval, "\(text)")
    }
    for text in ["2024-05-06T10:00:00", "2024-05-06T10:00Z", "2024-05-06", "2024-05"] {
      #expect(try ISO8601Time(text).isInterval, "\(text)")
    }
    #expect(try ISO8601Time("2024-05").precision == .month)
  }

  @Test(arguments: [
    ("Europe/Berlin", true), ("America/Argentina/Buenos_Aires", true), ("Etc/GMT+3", true),
    ("UTC", true), ("GMT", true), ("EST", false), ("CST", false), ("GMT+3", false), ("", false),
    ("+02:00", false), ("Europe/Berlin ", false), ("Zürich/Ort", false),
  ])
  func namesOfZones(name: String, isUsable: Bool) {
    #expect(ZoneName.isUsable(name) == isUsable)
  }
}
