import Foundation
import PatronClient
import Testing

/// Timestamps, amounts and days as Foundation has them.
struct FoundationBridgeTests {
  @Test(
    arguments: [
      (0, 0), (1_717_156_800, 123_456_000), (-1, 999_999_000), (-62_135_596_800, 0),
      (253_402_300_799, 0), (978_307_199, 1_000),
    ] as [(Int64, Int32)]
  )
  func instantsComeBack(seconds: Int64, nanos: Int32) {
    let timestamp = GoogleProtobuf.Timestamp.with {
      $0.seconds = seconds
      $0.nanos = nanos
    }
    #expect(GoogleProtobuf.Timestamp(timestamp.date) == timestamp)
  }

  @Test func instantsOfFoundation() {
    #expect(GoogleProtobuf.Timestamp(.init(timeIntervalSince1970: 1.5)).nanos == 500_000_000)
    #expect(GoogleProtobuf.Timestamp(.init(timeIntervalSince1970: -0.25)).seconds == -1)
    // A time that rounds up to a whole second carries.
    let almost = GoogleProtobuf.Timestamp(.init(timeIntervalSinceReferenceDate: 0.999_999_9))
    #expect(almost.seconds == 978_307_201 && almost.nanos == 0)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -1e300])
  func instantsThatAreNoneStayOutOfRange(_ elapsed: Double) {
    let timestamp = GoogleProtobuf.Timestamp(.init(timeIntervalSinceReferenceDate: elapsed))
    #expect(!(-62_135_596_800...253_402_300_799).contains(timestamp.seconds))
    #expect((0...999_999_999).contains(timestamp.nanos))
  }

  @Test(arguments: [Int64.min, .max])
  func anyNumberOfAServerIsRead(_ seconds: Int64) {
    let timestamp = GoogleProtobuf.Timestamp.with {
      $0.seconds = seconds
      $0.nanos = .min
    }
    #expect(timestamp.date.timeIntervalSince1970.magnitude > 1e18)
  }

  @Test(
    arguments: [
      (1699, "USD", "16.99"), (1699, "JPY", "1699"), (1699, "KWD", "1.699"), (-5, "EUR", "-0.05"),
      (100, "DEM", "1"), (.max, "USD", "92233720368547758.07"),
      (.min, "JPY", "-9223372036854775808"),
      (0, "GBP", "0"),
    ] as [(Int64, String, String)]
  )
  func amounts(minorUnits: Int64, currency: String, decimal: String) throws {
    let amount = try #require(Decimal(string: decimal))
    let money = PatronProto.Money.with {
      $0.currencyCode = currency
      $0.minorUnits = minorUnits
    }
    #expect(money.decimal == amount)
    #expect(PatronProto.Money(exactly: amount, currency: currency.lowercased()) == money)
  }

  @Test(arguments: [
    ("16.999", "USD"), ("0.5", "JPY"), ("92233720368547758.08", "USD"), ("1", "XXX"), ("1", "??"),
    ("NaN", "USD"), ("1e40", "USD"),
  ])
  func amountsThatMinorUnitsCannotExpress(decimal: String, currency: String) {
    #expect(
      PatronProto.Money(exactly: Decimal(string: decimal) ?? .nan, currency: currency) == nil
    )
  }

  @Test func anUnknownCurrencyHasNoDecimal() {
    #expect(PatronProto.Money.with { $0.currencyCode = "QQQ" }.decimal == nil)
    #expect(PatronProto.Money().decimal == nil)
  }

  @Test func days() throws {
    let day = CalendarDate.with {
      $0.year = 2024
      $0.month = 2
      $0.day = 29
    }
    let components = day.dateComponents
    #expect(components.isValidDate && components.hour == nil && components.timeZone == nil)
    #expect(CalendarDate(components) == day)
    #expect(CalendarDate(DateComponents(year: 2024, month: 2, day: 29, hour: 7)) == day)
    #expect(CalendarDate(DateComponents(year: 2024, month: 2)) == nil)
    #expect(CalendarDate(DateComponents(year: .max, month: 2, day: 1)) == nil)
    let hebrew = Calendar(identifier: .hebrew)
    #expect(
      CalendarDate(DateComponents(calendar: hebrew, year: 5784, month: 2, day: 1)) == nil
    )
  }
}
