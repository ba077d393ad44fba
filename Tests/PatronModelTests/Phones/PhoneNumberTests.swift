import PatronModel
import Testing

@Suite struct PhoneNumberTests {
  @Test(arguments: [
    ("+14155550100", "+14155550100"),
    (" +1 (415) 555-0100 ", "+14155550100"),
    ("+1.415.555.0100", "+14155550100"),
    ("+49\u{A0}171/1234567", "+491711234567"),
    ("0044 20 7946 0958", "+442079460958"),
    ("+44 (0)20 7946 0958", "+442079460958"),
    ("0044 (0) 20 7946 0958", "+442079460958"),
    ("+39 (0)6 6982", "+39066982"),
    ("+34 (0)91 123 45 67", "+34911234567"),
    ("+44 020 7946 0958", "+442079460958"),
    ("+44 20 \u{0667}\u{0669}\u{0664}\u{0666} 0958", "+442079460958"),
    ("\u{FF0B}\u{FF14}\u{FF19}1711234567", "+491711234567"),
    ("\u{202A}+49\u{2011}171\u{2013}1234567\u{202C}", "+491711234567"),
    ("+44\u{FF08}0\u{FF09}20 7946\u{200B}0958", "+442079460958"),
    ("+33 [0]1.23.45.67.00", "+33123456700"),
    ("+6834123", "+6834123"),
    ("+88213123456789", "+88213123456789"),
  ])
  func accepts(given: String, expected: String) throws {
    let phone = try PhoneNumber(given)
    #expect(phone.e164 == expected)
    #expect("+" + phone.digits == expected)
    #expect(!phone.hadExtension && phone.warning == nil)
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
    ("+1234567", "PHONE_NOT_E164"),
    ("+123456789012345", "PHONE_NOT_E164"),
    ("+1 (0415) 555-0100", "PHONE_NOT_E164"),
    ("+1 055 555 0100", "PHONE_NOT_E164"),
    ("+1 415 555 010", "PHONE_NOT_E164"),
    ("+999 4155550100", "PHONE_NOT_E164"),
    ("+44 4477 0090 0123", "PHONE_NOT_E164"),
    ("+447700900123.0", "PHONE_NOT_E164"),
    ("+44 7700 900123.0", "PHONE_NOT_E164"),
    ("+447700900123.00", "PHONE_NOT_E164"),
    ("+14155550100 FLOWERS", "PHONE_HAS_EXTENSION"),
    ("+14155550100 ext", "PHONE_HAS_EXTENSION"),
    ("+14155550100 or +14155550101", "PHONE_HAS_EXTENSION"),
    ("+4.47700900123E+11", "PHONE_HAS_EXTENSION"),
    ("4.47700900123E+11", "PHONE_NOT_E164"),
    ("4,47700900123E11", "PHONE_NOT_E164"),
    ("4155550100", "PHONE_COUNTRY_MISSING"),
    ("01711234567", "PHONE_COUNTRY_MISSING"),
  ])
  func rejects(given: String, expected: String) {
    #expect(RuleError.reason { () throws(RuleError) in try PhoneNumber(given) } == expected)
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
    ("GB", "447700900123", "+447700900123"),
    ("GB", "44 (0)7700 900123", "+447700900123"),
    ("AU", "0011 44 20 7946 0958", "+442079460958"),
    ("JP", "010 1 415 555 0132", "+14155550132"),
    ("RU", "8~10 44 20 7946 0958", "+442079460958"),
    ("BR", "00 15 44 20 7946 0958", "+442079460958"),
    ("BR", "0 15 11 96123 4567", "+5511961234567"),
    ("US", "0044 20 7946 0958", "+442079460958"),
    ("AR", "011 15-2345-6789", "+5491123456789"),
    ("MX", "044 55 1234 5678", "+525512345678"), ("MX", "52 1 55 1234 5678", "+525512345678"),
    ("MX", "(1) 212-555-0123", "+12125550123"),
    ("AG", "460 1234", "+12684601234"),
    ("GS", "20000", "+50020000"),
  ])
  func appliesTheDefaultCountry(country: String, given: String, expected: String) throws {
    #expect(try PhoneNumber(given, defaultCountry: CountryCode(country)).e164 == expected)
  }

  @Test(arguments: [
    ("US", "555 0100", "PHONE_NOT_E164"), ("US", "0415 555 0100", "PHONE_NOT_E164"),
    ("US", "1 055 555 0100", "PHONE_NOT_E164"), ("US", "055 555 0100", "PHONE_NOT_E164"),
    ("DE", "0", "PHONE_NOT_E164"), ("DE", "01234", "PHONE_NOT_E164"),
    ("GB", "447700900123.0", "PHONE_NOT_E164"), ("DE", "01711234567.0", "PHONE_NOT_E164"),
    ("US", "447700900123", "PHONE_NOT_E164"), ("US", "12345", "PHONE_NOT_E164"),
    // Stade's area code is 4149; with the calling code the number is that of a mobile phone.
    ("DE", "4915123456789", "PHONE_AMBIGUOUS"),
    // A British number that lost its plus is not an Austrian one.
    ("AT", "442079460958", "PHONE_AMBIGUOUS"), ("IN", "442079460958", "PHONE_NOT_E164"),
    // Both Austria and, behind the prefix of a Brazilian carrier, North America.
    ("BR", "0043 1 415 555 0132", "PHONE_AMBIGUOUS"),
    // Mexico's former 1 stood behind +52, so this number may be North America's.
    ("MX", "1 415 555 0100", "PHONE_AMBIGUOUS"),
  ])
  func rejectsWithDefaultCountry(country: String, given: String, expected: String) throws {
    let country = try CountryCode(country)
    let found = RuleError.reason { () throws(RuleError) in
      try PhoneNumber(given, defaultCountry: country)
    }
    #expect(found == expected)
  }

  @Test(arguments: [
    "+5215512345678", "+52 1 55 1234 5678", "+52 01 55 1234 5678", "+52 044 55 1234 5678",
    "+525512345678",
  ])
  func mexicanMobilesHaveOneForm(given: String) throws {
    #expect(try PhoneNumber(given).e164 == "+525512345678")
  }

  @Test(arguments: ["+54 9 11 2345-6789", "+54 11 15 2345-6789", "+54 (0)11 15-2345-6789"])
  func argentineMobilesHaveOneForm(given: String) throws {
    #expect(try PhoneNumber(given).e164 == "+5491123456789")
    // Without 9 and 15 the number is a fixed line to libphonenumber.
    #expect(try PhoneNumber("+54 11 2345-6789").e164 == "+541123456789")
  }

  @Test(arguments: [
    "x12", " ext. 12", " Ext 12", ";ext=12", "#12", " #12", ",,12", ", 12", " extension 12",
    " \u{434}\u{43E}\u{431}. 12", " anexo 12", " int. 12", " ~12", " 12#",
  ])
  func leavesExtensionsOut(written: String) throws {
    let phone = try PhoneNumber("+1 415 555 0100" + written)
    #expect(phone.e164 == "+14155550100")
    #expect(phone.hadExtension && phone.warning?.reason == "PHONE_EXTENSION_DROPPED")
    #expect(try phone == PhoneNumber("+14155550100"))
  }

  @Test func looksUpNumbersOutsideAllPlans() throws {
    #expect(try PhoneNumber(naming: "+1 055 555 0100").e164 == "+10555550100")
    #expect(try PhoneNumber(naming: "+5215512345678").e164 == "+525512345678")
    #expect(try PhoneNumber(naming: "055 1234 5678", in: CountryCode("DE")).e164 == "+495512345678")
    let refused = ["+123456", "+0123456789", "+1 055 555 0100.0", "0555550100", "x"]
    for given in refused {
      #expect(
        RuleError.reason { () throws(RuleError) in try PhoneNumber(naming: given) } != nil,
        "\(given)"
      )
    }
  }

  @Test func formerSpellingsReachTheSameLine() throws {
    #expect(PhoneSpellings.former(of: "+442079460958") == ["+4402079460958"])
    #expect(PhoneSpellings.former(of: "+3545812345") == [])
    #expect(
      Set(PhoneSpellings.former(of: "+525512345678")) == [
        "+52015512345678", "+52025512345678", "+520445512345678", "+520455512345678",
        "+5215512345678",
      ]
    )
    #expect(PhoneSpellings.former(of: "+5491123456789").contains("+54111523456789"))
    #expect(PhoneSpellings.former(of: "+5493454123456").contains("+54345154123456"))
    #expect(PhoneSpellings.former(of: "+5491123456789").contains("+540111523456789"))
    #expect(PhoneSpellings.twin(of: "+5491123456789") == "+541123456789")
    #expect(PhoneSpellings.twin(of: "+541123456789") == "+5491123456789")
    #expect(PhoneSpellings.twin(of: "+525512345678") == nil)
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
