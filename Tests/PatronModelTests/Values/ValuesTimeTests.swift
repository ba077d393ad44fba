import PatronModel
import Testing

@Suite struct ValuesTimeTests {
  /// The accepted texts without seconds.
  private static let minutes: Set<String> = [
    "20230814T1320Z", "2023-08-14 13:20", "2023-08-14T13:20Z", "2023-226T13:20Z", "2023226T1320Z",
    "2023-12-31T24:00Z",
  ]

  @Test(arguments: [
    ("2023-08-14T13:20:11Z", "2023-08-14T13:20:11Z", 0),
    ("2014-06-24T22:37:13.151Z", "2014-06-24T22:37:13.151Z", 0),
    ("2022-11-08T01:23:45+00:00", "2022-11-08T01:23:45Z", 0),
    ("2022-11-08T01:23:45.123456-05:30", "2022-11-08T06:53:45.123456Z", -330),
    ("2022-11-08T01:23:45+0530", "2022-11-07T19:53:45Z", 330),
    ("2022-11-08T01:23:45+14", "2022-11-07T11:23:45Z", 840),
    ("2022-11-08T01:23:45\u{2212}01:00", "2022-11-08T02:23:45Z", -60),
    ("2022-11-08T01:23:45-00:00", "2022-11-08T01:23:45Z", 0),
    ("20230814T132011Z", "2023-08-14T13:20:11Z", 0),
    ("20230814T1320Z", "2023-08-14T13:20:00Z", 0),
    ("20230814T132011.5+0200", "2023-08-14T11:20:11.5Z", 120),
    ("2023-08-14t13:20:11z", "2023-08-14T13:20:11Z", 0),
    ("2023-08-14 13:20:11Z", "2023-08-14T13:20:11Z", 0),
    ("2023-08-14 13:20", "2023-08-14T13:20:00Z", nil),
    ("  2023-08-14T13:20:11Z\n", "2023-08-14T13:20:11Z", 0),
    ("2023-08-14T13:20Z", "2023-08-14T13:20:00Z", 0),
    ("2023-08-14T13:20:11,25Z", "2023-08-14T13:20:11.25Z", 0),
    ("2023-08-14T13:20:11.123456789Z", "2023-08-14T13:20:11.123456Z", 0),
    ("2023-08-14T13:20:11.000000Z", "2023-08-14T13:20:11Z", 0),
    ("2023-08-14T13:20:11", "2023-08-14T13:20:11Z", nil),
    ("2023-08-14T13:20:11.5", "2023-08-14T13:20:11.5Z", nil),
    ("2023-W33-1T13:20:11Z", "2023-08-14T13:20:11Z", 0),
    ("2023W331T132011Z", "2023-08-14T13:20:11Z", 0),
    ("2023-226T13:20Z", "2023-08-14T13:20:00Z", 0),
    ("2023226T1320Z", "2023-08-14T13:20:00Z", 0),
    ("2023-12-31T24:00:00Z", "2024-01-01T00:00:00Z", 0),
    ("2023-12-31T24:00Z", "2024-01-01T00:00:00Z", 0),
    ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z", 0),
    ("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.5Z", 0),
    ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", 0),
    ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z", 0),
    ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z", 0),
    ("2018-02-20 14:12:13 UTC", "2018-02-20T14:12:13Z", 0),
    ("2018-02-20T14:12:13UTC", "2018-02-20T14:12:13Z", 0),
    ("2023-08-14T13:20:11 +00:00", "2023-08-14T13:20:11Z", 0),
  ])
  func accepts(given: String, expected: String, offset: Int?) throws {
    let time = try ISO8601Time(given)
    #expect(time.timestamp.rfc3339 == expected)
    #expect(time.offsetMinutes == offset)
    #expect(time.lacksZone == (offset == nil))
    #expect(time.precision == (Self.minutes.contains(given) ? .minute : .time))
  }

  @Test(arguments: [
    ("2017-12-31", "2017-12-31"), ("20171231", "2017-12-31"), ("2024-02-29", "2024-02-29"),
    ("2000-02-29", "2000-02-29"), ("2023-W33-1", "2023-08-14"), ("2023W331", "2023-08-14"),
    ("2023-226", "2023-08-14"), ("2023226", "2023-08-14"), ("2024-366", "2024-12-31"),
    ("2020-W53-7", "2021-01-03"), ("2019-W01-1", "2018-12-31"), ("2021-W52-7", "2022-01-02"),
    ("2023-001", "2023-01-01"),
  ])
  func acceptsDates(given: String, expected: String) throws {
    let time = try ISO8601Time(given)
    #expect(time.timestamp.rfc3339 == expected + "T00:00:00Z")
    #expect(time.timestamp.date.iso8601 == expected)
    #expect(time.precision == .date)
    #expect(time.lacksZone)
  }

  @Test(arguments: [
    "", "yesterday", "1692019211", "2023", "202308", "2023-8-14", "23-08-14",
    "2023-0814", "202308-14", "2023/08/14", "14.08.2023", "+2023-08-14", "12023-08-14",
    "2023-W33", "2023W33", "2023-W331", "2023W33-1", "2023-08-14T", "2023-08-14T13",
    "2023-08-14T13:2", "2023-08-14T1320:11", "2023-08-14T13:20:1", "2023-08-14T13:20:11.",
    "2023-08-14T13:20:11.1234567890Z", "2023-08-14T13:20.5Z", "2023-08-14  13:20:11Z",
    "2023-08-14T13:20:11  +00:00", "2023-08-14T13:20:11 01:00", "2023-08-14T13:20:11+1",
    "2023-08-14T13:20:11+01:",
    "2023-08-14T13:20:11+01:0", "2023-08-14T13:20:11+01:000",
    "2023-08-14Z", "2023-08-14+02:00", "\u{0662}\u{0660}23-08-14", "2023-08-14T13:20:11.5.5Z",
  ])
  func rejectsMalformed(given: String) {
    #expect(RuleError.reason { () throws(RuleError) in try ISO8601Time(given) } == "TIME_MALFORMED")
  }

  @Test(arguments: [
    "2018-02-20 14:12:13 EST", "2018-02-20T14:12:13 CET", "2018-02-20T14:12:13CST",
    "2018-02-20T14:12:13PM", "2023-08-14T13:20:11ZZ", "2018-02-20T14:12:13+01:00 UTC",
    "2018-02-20T14:12:13+00:00 EST",
  ])
  func rejectsNamesOfZones(given: String) {
    #expect(RuleError.reason { () throws(RuleError) in try ISO8601Time(given) } == "TIME_ZONE_NAME")
  }

  @Test(arguments: [
    "2023-02-29", "1900-02-29", "2023-13-01", "2023-00-01", "2023-04-31", "2023-01-00",
    "0000-01-01", "2023-366", "2023-000", "2024-367", "2023-W53-1", "2023-W00-1", "2023-W01-0",
    "2023-W01-8", "2023-08-14T25:00Z", "2023-08-14T24:01Z", "2023-08-14T24:00:01Z",
    "2023-08-14T24:00:00.5Z", "2023-08-14T13:60Z", "2023-08-14T13:20:61Z",
    "2023-08-14T13:20:11+24:00", "2023-08-14T13:20:11+01:60",
  ])
  func rejectsDatesOutsideTheCalendar(given: String) {
    #expect(
      RuleError.reason { () throws(RuleError) in try ISO8601Time(given) } == "TIME_NOT_IN_CALENDAR"
    )
  }

  @Test(arguments: [
    "0001-01-01T00:00:00+00:01", "9999-12-31T24:00:00Z", "9999-12-31T23:59:59-00:01",
  ])
  func rejectsTimesOutOfRange(given: String) {
    #expect(
      RuleError.reason { () throws(RuleError) in try ISO8601Time(given) } == "TIME_OUT_OF_RANGE"
    )
  }

  @Test(arguments: [
    (Int64(0), Int32(0), "1970-01-01T00:00:00Z"),
    (-1, 0, "1969-12-31T23:59:59Z"),
    (-1, 999_999_999, "1969-12-31T23:59:59.999999Z"),
    (0, 999, "1970-01-01T00:00:00Z"),
    (0, 1_000, "1970-01-01T00:00:00.000001Z"),
    (951_782_400, 100_000_000, "2000-02-29T00:00:00.1Z"),
    (-62_135_596_800, 0, "0001-01-01T00:00:00Z"),
    (253_402_300_799, 999_999_999, "9999-12-31T23:59:59.999999Z"),
  ])
  func secondsAndNanos(seconds: Int64, nanos: Int32, expected: String) throws {
    let time = try Timestamp(seconds: seconds, nanos: nanos)
    #expect(time.rfc3339 == expected)
    #expect(time.seconds == seconds)
    #expect(time.nanos == nanos / 1_000 * 1_000)
    #expect(try Timestamp(microseconds: time.microseconds) == time)
  }

  @Test(arguments: [
    (Int64(0), Int32(-1), "TIME_NANOS_INVALID"), (0, 1_000_000_000, "TIME_NANOS_INVALID"),
    (253_402_300_800, 0, "TIME_OUT_OF_RANGE"), (-62_135_596_801, 999_999_999, "TIME_OUT_OF_RANGE"),
    (.max, 0, "TIME_OUT_OF_RANGE"), (.min, 0, "TIME_OUT_OF_RANGE"),
    (9_223_372_036_854, 999_999_999, "TIME_OUT_OF_RANGE"),
  ])
  func rejectedSecondsAndNanos(seconds: Int64, nanos: Int32, expected: String) {
    let found = RuleError.reason { () throws(RuleError) in
      try Timestamp(seconds: seconds, nanos: nanos)
    }
    #expect(found == expected)
  }

  @Test func everyDaySurvivesARoundTrip() throws {
    var expected = try #require(CivilDate(daysSinceEpoch: -719_162))
    #expect(expected.iso8601 == "0001-01-01" && expected.weekday == 1)
    var weekday = 1
    for day in -719_161...2_932_896 {
      let date = try #require(CivilDate(daysSinceEpoch: day))
      let next =
        CivilDate(year: expected.year, month: expected.month, day: expected.day + 1)
        ?? CivilDate(year: expected.year, month: expected.month + 1, day: 1)
        ?? CivilDate(year: expected.year + 1, month: 1, day: 1)
      weekday = weekday % 7 + 1
      guard date == next, date.daysSinceEpoch == day, date.weekday == weekday else {
        Issue.record("day \(day) is \(date.iso8601)")
        return
      }
      expected = date
    }
    #expect(expected.iso8601 == "9999-12-31")
    #expect(CivilDate(daysSinceEpoch: -719_163) == nil)
    #expect(CivilDate(daysSinceEpoch: 2_932_897) == nil)
  }

  @Test func advancingStaysInRange() {
    #expect(Timestamp.max.advanced(bySeconds: 1) == .max)
    #expect(Timestamp.max.advanced(bySeconds: .max) == .max)
    #expect(Timestamp.min.advanced(bySeconds: .min) == .min)
    #expect(Timestamp.epoch.advanced(bySeconds: -1).seconds == -1)
  }

  @Test(arguments: [
    ("1969-12-31T23:59:59.999999Z", "ACCOUNT_CREATED_TOO_EARLY"), ("1970-01-01", nil),
    ("2025-06-02T12:00:00Z", nil), ("2025-06-02T12:00:00.000001Z", "ACCOUNT_CREATED_IN_FUTURE"),
  ])
  func boundsOfAccounts(given: String, expected: String?) throws {
    let now = try ISO8601Time("2025-06-01T12:00:00Z").timestamp
    let time = try ISO8601Time(given).timestamp
    let found = RuleError.reason { () throws(RuleError) in
      try TimeBounds.checkAccountCreated(time, now: now)
    }
    #expect(found == expected)
  }

  @Test(arguments: [
    ("1989-12-31T23:59:59.999999Z", "OCCURRED_AT_TOO_EARLY", nil), ("1990-01-01", nil, nil),
    ("2025-06-01T12:05:00Z", nil, nil),
    ("2025-06-01T12:05:00.000001Z", nil, "OCCURRED_AT_IN_FUTURE"),
    ("2026-06-01T12:00:00Z", nil, "OCCURRED_AT_IN_FUTURE"),
    ("2026-06-01T12:00:00.000001Z", "OCCURRED_AT_TOO_LATE", nil),
  ])
  func boundsOfEvents(given: String, error: String?, warning: String?) throws {
    let now = try ISO8601Time("2025-06-01T12:00:00Z").timestamp
    let time = try ISO8601Time(given).timestamp
    var found: RuleError?
    let thrown = RuleError.reason { () throws(RuleError) in
      found = try TimeBounds.checkOccurred(time, now: now)
    }
    #expect(thrown == error)
    #expect(found?.reason == warning)
  }

  @Test(arguments: [
    ("2024-05-31T12Z", "Hours alone"), ("2024-05-31T12", "Hours alone"),
    ("2024-05-31T12:00:00.1234567890Z", "More than 9 digits"),
    ("2024-05-31T12:00:00.Z", "not ISO 8601"), ("2024-05-31T12:Z", "not ISO 8601"),
  ])
  func errorsNameTheUnsupportedPart(text: String, says: String) {
    let error = #expect(throws: RuleError.self) { try ISO8601Time(text) }
    #expect(error?.reason == "TIME_MALFORMED")
    #expect(error?.message.contains(says) == true)
  }
}
