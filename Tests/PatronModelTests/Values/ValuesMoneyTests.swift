import PatronModel
import Testing

@Suite struct ValuesMoneyTests {
  @Test(arguments: [
    ("16.99", "USD", Int64(1_699), "16.99"), ("0", "USD", 0, "0.00"), ("-0", "USD", 0, "0.00"),
    ("5", "USD", 500, "5.00"), ("-5", "USD", -500, "-5.00"), ("+0.5", "USD", 50, "0.50"),
    (" 0.05 ", "USD", 5, "0.05"), ("-0.05", "USD", -5, "-0.05"), ("007.10", "USD", 710, "7.10"),
    ("16.9900", "USD", 1_699, "16.99"), ("100", "JPY", 100, "100"), ("100.00", "JPY", 100, "100"),
    ("-7", "JPY", -7, "-7"), ("1.5", "KWD", 1_500, "1.500"),
    ("92233720368547758.07", "USD", .max, "92233720368547758.07"),
    ("-92233720368547758.08", "USD", .min, "-92233720368547758.08"),
    ("9223372036854775807", "JPY", .max, "9223372036854775807"),
    ("0.29", "USD", 29, "0.29"), ("1.005", "KWD", 1_005, "1.005"),
  ])
  func accepts(given: String, code: String, units: Int64, decimal: String) throws {
    let money = try Money(given, currency: CurrencyCode(code))
    #expect(money.minorUnits == units)
    #expect(money.decimal == decimal)
    #expect(try Money(money.decimal, currency: money.currency) == money)
  }

  @Test(arguments: [
    ("", "USD", "MONEY_MALFORMED"), ("-", "USD", "MONEY_MALFORMED"),
    (".", "USD", "MONEY_MALFORMED"), (".5", "USD", "MONEY_MALFORMED"),
    ("5.", "USD", "MONEY_MALFORMED"), ("1,50", "USD", "MONEY_MALFORMED"),
    ("1,000.00", "USD", "MONEY_MALFORMED"), ("1e3", "USD", "MONEY_MALFORMED"),
    ("--1", "USD", "MONEY_MALFORMED"), ("- 1", "USD", "MONEY_MALFORMED"),
    ("1.2.3", "USD", "MONEY_MALFORMED"), ("$1", "USD", "MONEY_MALFORMED"),
    ("NaN", "USD", "MONEY_MALFORMED"), ("\u{0661}", "USD", "MONEY_MALFORMED"),
    ("0.001", "USD", "MONEY_TOO_PRECISE"), ("1.5", "JPY", "MONEY_TOO_PRECISE"),
    ("1.0005", "KWD", "MONEY_TOO_PRECISE"),
    ("92233720368547758.08", "USD", "MONEY_OUT_OF_RANGE"),
    ("-92233720368547758.09", "USD", "MONEY_OUT_OF_RANGE"),
    ("99999999999999999999999", "JPY", "MONEY_OUT_OF_RANGE"),
  ])
  func rejects(given: String, code: String, expected: String) throws {
    let currency = try CurrencyCode(code)
    #expect(
      RuleError.reason { () throws(RuleError) in try Money(given, currency: currency) } == expected
    )
  }
}
