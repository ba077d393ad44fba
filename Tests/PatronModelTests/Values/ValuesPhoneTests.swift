import PatronModel
import Testing

@Suite struct ValuesPhoneTests {
  @Test(arguments: [
    ("+14155550100", "+14155550100"),
    (" +1 (415) 555-0100 ", "+14155550100"),
    ("+1.415.555.0100", "+14155550100"),
    ("+49\u{A0}171/1234567", "+491711234567"),
    ("0044 20 7946 0958", "+442079460958"),
    ("+44 (0)20 7946 0958", "+442079460958"),
    ("0044 (0) 20 7946 0958", "+442079460958"),
    ("+39 (0)6 6982", "+39066982"),
    ("+1 (0415) 555-0100", "+104155550100"),
    ("+\u{0661}\u{0662}\u{0663}\u{0664}\u{0665}\u{0666}\u{0667}", "+1234567"),
    ("\u{FF0B}\u{FF14}\u{FF19}1711234567", "+491711234567"),
    ("\u{202A}+49\u{2011}171\u{2013}1234567\u{202C}", "+491711234567"),
    ("+1234567", "+1234567"),
    ("+123456789012345", "+123456789012345"),
  ])
  func accepts(given: String, expected: String) throws {
    let phone = try PhoneNumber(given)
    #expect(phone.e164 == expected)
    #expect("+" + phone.digits == expected)
  }

  @Test(arguments: [
    ("", "PHONE_EMPTY"),
    ("   ", "PHONE_EMPTY"),
    ("-", "PHONE_EMPTY"),
    ("+", "PHONE_NOT_E164"),
    ("00", "PHONE_NOT_E164"),
    ("+123456", "PHONE_NOT_E164"),
    ("+1234567890123456", "PHONE_NOT_E164"),
    ("+0123456789", "PHONE_NOT_E164"),
    ("0000123456789", "PHONE_NOT_E164"),
    ("++14155550100", "PHONE_NOT_E164"),
    ("1+4155550100", "PHONE_NOT_E164"),
    ("+1415*5550100", "PHONE_NOT_E164"),
    ("tel:+14155550100", "PHONE_NOT_E164"),
    ("+14155550100x12", "PHONE_HAS_EXTENSION"),
    ("+14155550100 ext. 12", "PHONE_HAS_EXTENSION"),
    ("+14155550100;ext=12", "PHONE_HAS_EXTENSION"),
    ("+14155550100#12", "PHONE_HAS_EXTENSION"),
    ("4155550100", "PHONE_COUNTRY_MISSING"),
    ("01711234567", "PHONE_COUNTRY_MISSING"),
  ])
  func rejects(given: String, expected: String) {
    #expect(reason { () throws(RuleError) in try PhoneNumber(given) } == expected)
  }

  @Test(arguments: [
    ("DE", "0171 1234567", "+491711234567"),
    ("DE", "171 1234567", "+491711234567"),
    ("DE", "+33 1 23 45 67 89", "+33123456789"),
    ("DE", "0033 1 23 45 67 89", "+33123456789"),
    ("GB", "020 7946 0958", "+442079460958"),
    ("IT", "06 6982 1234", "+390669821234"),
    ("SM", "0549 886377", "+3780549886377"),
    ("VA", "06 6981 2345", "+390669812345"),
    ("CI", "01 23 45 67 89", "+2250123456789"),
    ("US", "(415) 555-0100", "+14155550100"),
    ("US", "1 415 555 0100", "+14155550100"),
    ("RU", "8 912 345-67-89", "+79123456789"),
    ("HU", "06 30 123 4567", "+36301234567"),
    ("BY", "8 029 491 19 11", "+375294911911"),
  ])
  func appliesTheDefaultCountry(country: String, given: String, expected: String) throws {
    #expect(try PhoneNumber(given, defaultCountry: CountryCode(country)).e164 == expected)
  }

  @Test(arguments: [("US", "555 0100"), ("US", "0415 555 0100"), ("DE", "0"), ("DE", "01234")])
  func rejectsWithDefaultCountry(country: String, given: String) throws {
    let country = try CountryCode(country)
    let found = reason { () throws(RuleError) in
      try PhoneNumber(given, defaultCountry: country)
    }
    #expect(found == "PHONE_NOT_E164")
  }

  @Test func errorsNeverRepeatTheNumberInTheirMessage() throws {
    let given = "+1415555010012345678"
    do throws(RuleError) {
      _ = try PhoneNumber(given)
      Issue.record("a number of 19 digits was accepted")
    } catch {
      #expect(!error.message.contains("5550100123"))
      #expect(error.given == given)
    }
  }

  @Test func everyCountryHasACallingCode() throws {
    #expect(CountryCode.all.count == 249)
    for code in CountryCode.all {
      #expect((1...999).contains(try CountryCode(code).callingCode), "\(code)")
    }
  }
}
