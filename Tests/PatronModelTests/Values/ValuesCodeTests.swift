import Testing

@testable import PatronModel

@Suite struct ValuesCodeTests {
  @Test(arguments: [
    ("en", "en", nil), ("EN", "en", nil), (" de ", "de", nil),
    ("en-US", "en", "en-US"), ("en_US", "en", "en_US"), ("zh-Hans-CN", "zh", "zh-Hans-CN"),
    ("iw", "he", nil), ("in", "id", nil), ("ji", "yi", nil), ("mo", "ro", nil),
    ("IW-il", "he", "IW-il"), ("ht", "ht", nil),
  ])
  func languages(given: String, code: String, locale: String?) throws {
    let language = try LanguageCode(given)
    #expect(language.code == code)
    #expect(language.locale == locale)
  }

  @Test(arguments: [
    ("", "LANGUAGE_TAG_MALFORMED"), ("en-", "LANGUAGE_TAG_MALFORMED"),
    ("-US", "LANGUAGE_TAG_MALFORMED"), ("en US", "LANGUAGE_TAG_MALFORMED"),
    ("en_US.UTF-8", "LANGUAGE_TAG_MALFORMED"), ("d\u{E9}", "LANGUAGE_TAG_MALFORMED"),
    ("en-abcdefghi", "LANGUAGE_TAG_MALFORMED"),
    ("en" + String(repeating: "-a", count: 32), "LANGUAGE_TAG_MALFORMED"),
    ("xx", "LANGUAGE_UNKNOWN"), ("eng", "LANGUAGE_UNKNOWN"), ("e", "LANGUAGE_UNKNOWN"),
    ("English", "LANGUAGE_UNKNOWN"), ("sh", "LANGUAGE_UNKNOWN"),
  ])
  func rejectedLanguages(given: String, expected: String) {
    #expect(RuleError.reason { () throws(RuleError) in try LanguageCode(given) } == expected)
  }

  @Test func languageTagsHaveALimit() throws {
    let tag = "en" + String(repeating: "-a", count: 31)
    #expect(tag.count == LanguageCode.tagLimit)
    #expect(try LanguageCode(tag).locale == tag)
  }

  @Test func thereAre183Languages() throws {
    #expect(LanguageCode.codes.count == 183)
    for code in LanguageCode.codes { #expect(try LanguageCode(code).code == code) }
  }

  @Test(arguments: [
    ("USD", 2), ("usd", 2), (" eur ", 2), ("JPY", 0), ("KWD", 3), ("ISK", 0),
    ("XAF", 0), ("XCG", 2), ("MRU", 2), ("HUF", 2),
  ])
  func currencies(given: String, digits: Int) throws {
    #expect(try CurrencyCode(given).minorDigits == digits)
  }

  @Test(arguments: [
    ("", "CURRENCY_UNKNOWN"), ("US", "CURRENCY_UNKNOWN"), ("USDX", "CURRENCY_UNKNOWN"),
    ("ABC", "CURRENCY_UNKNOWN"), ("$", "CURRENCY_UNKNOWN"), ("XTS", "CURRENCY_NOT_REAL"),
    ("xxx", "CURRENCY_NOT_REAL"), ("DEM", "CURRENCY_HISTORIC"), ("HRK", "CURRENCY_HISTORIC"),
    ("XAU", "CURRENCY_NOT_REAL"), ("XDR", "CURRENCY_NOT_REAL"), ("CLF", "CURRENCY_NOT_REAL"),
  ])
  func rejectedCurrencies(given: String, expected: String) {
    #expect(RuleError.reason { () throws(RuleError) in try CurrencyCode(given) } == expected)
  }

  @Test func historicCurrenciesNeedTheFlag() throws {
    #expect(try CurrencyCode("dem", allowHistoric: true).code == "DEM")
    #expect(try CurrencyCode("ITL", allowHistoric: true).minorDigits == 0)
    for code in ["XTS", "XXX", "XAU", "XEU", "ABC"] {
      let found = RuleError.reason { () throws(RuleError) in
        try CurrencyCode(code, allowHistoric: true)
      }
      #expect(found != nil, "\(code)")
    }
  }

  @Test func currencyTablesHoldEachCodeOnce() {
    #expect(CurrencyCode.current.count == 133 + 16 + 7)
    #expect(CurrencyCode.historic.count == 122)
    #expect(Set(CurrencyCode.current.keys).isDisjoint(with: CurrencyCode.historic.keys))
    for code in [CurrencyCode.current.keys, CurrencyCode.historic.keys].joined() {
      #expect(code.utf8.count == 3 && code == code.uppercased())
    }
  }

  @Test(arguments: [("US", "US"), ("us", "US"), (" gb", "GB"), ("UK", "GB"), ("uk", "GB")])
  func countries(given: String, expected: String) throws {
    #expect(try CountryCode(given).code == expected)
    let isAlias = given.uppercased() == "UK"
    #expect(CountryCode.warning(for: given)?.reason == (isAlias ? "COUNTRY_ALIAS" : nil))
  }

  @Test(arguments: ["", "U", "USA", "XX", "EU", "U1", "Germany"])
  func rejectedCountries(given: String) {
    #expect(
      RuleError.reason { () throws(RuleError) in try CountryCode(given) } == "COUNTRY_UNKNOWN"
    )
  }
}
