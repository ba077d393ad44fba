import PatronModel
import Testing

@Suite struct ValuesIdentifierTests {
  @Test(arguments: [
    ("00003", "00003"), (" abc ", "abc"), ("A", "A"), ("a@b.de", "a@b.de"), ("-a", "-a"),
    ("guest-1", "guest-1"), ("10", "10"), (String.letters(255), String.letters(255)),
    (String(repeating: "\u{1F600}", count: 255), String(repeating: "\u{1F600}", count: 255)),
  ])
  func acceptsExternalIDs(given: String, expected: String) throws {
    #expect(try ExternalID(given).value == expected)
  }

  @Test(arguments: [
    ("", "EXTERNAL_ID_EMPTY"), (" \u{A0}", "EXTERNAL_ID_EMPTY"),
    (String.letters(256), "EXTERNAL_ID_TOO_LONG"),
    ("a\u{0}b", "EXTERNAL_ID_HAS_CONTROL_CHARACTER"), ("a\nb", "EXTERNAL_ID_HAS_CONTROL_CHARACTER"),
    ("a\u{2028}b", "EXTERNAL_ID_HAS_CONTROL_CHARACTER"),
    ("0", "EXTERNAL_ID_PLACEHOLDER"), ("NULL", "EXTERNAL_ID_PLACEHOLDER"),
    (" undefined ", "EXTERNAL_ID_PLACEHOLDER"), ("None", "EXTERNAL_ID_PLACEHOLDER"),
    ("N/A", "EXTERNAL_ID_PLACEHOLDER"), ("Anonymous", "EXTERNAL_ID_PLACEHOLDER"),
    ("guest", "EXTERNAL_ID_PLACEHOLDER"), ("-1", "EXTERNAL_ID_PLACEHOLDER"),
    ("0000", "EXTERNAL_ID_PLACEHOLDER"),
    ("00000000-0000-0000-0000-000000000000", "EXTERNAL_ID_PLACEHOLDER"),
  ])
  func rejectsExternalIDs(given: String, expected: String) {
    #expect(RuleError.reason { () throws(RuleError) in try ExternalID(given) } == expected)
  }

  @Test func externalIDsCompareByteByByte() throws {
    #expect(try ExternalID("Abc") != ExternalID("abc"))
    #expect(try ExternalID("\u{E9}") != ExternalID("e\u{301}"))
    #expect(try ExternalID("abc") == ExternalID("abc "))
  }

  @Test(arguments: [
    ("c-1", "c-1"), (" c-1", "c-1"), ("c-1\t", "c-1"), ("c 1", "c 1"), ("guest", "guest"),
    (" guest ", " guest "), ("", ""), (" ", " "), ("a\nb", "a\nb"), ("a\u{7F}", "a\u{7F}"),
    (" \u{E9}", "\u{E9}"), (String.letters(256), String.letters(256)),
  ])
  func looksExternalIDsUpAsTheyAreStored(given: String, expected: String) {
    #expect(ExternalID.lookedUp(given) == expected)
  }

  @Test func names() throws {
    #expect(try PersonName("  Ada ").value == "Ada")
    #expect(try PersonName(" ").value == "")
    #expect(try PersonName(String.letters(255)).value.count == 255)
    #expect(
      RuleError.reason { () throws(RuleError) in try PersonName(String.letters(256)) }
        == "TEXT_TOO_LONG"
    )
    #expect(
      RuleError.reason { () throws(RuleError) in try PersonName("A\u{1B}[0m") }
        == "TEXT_HAS_CONTROL_CHARACTER"
    )
  }

  @Test(arguments: [
    ("F", Gender.female), ("f", .female), ("Female", .female), ("M", .male), ("male", .male),
    ("Other", .other), ("OTHER", .other), (" other ", .other),
  ])
  func genders(given: String, expected: Gender) throws {
    #expect(try Gender(given) == expected)
  }

  @Test(arguments: ["", "x", "fem", "others"])
  func unknownGenders(given: String) {
    #expect(RuleError.reason { () throws(RuleError) in try Gender(given) } == "GENDER_UNKNOWN")
  }

  @Test func gendersAreSpelledAsTheContractSays() {
    #expect(Gender.allCases.map(\.rawValue) == ["F", "M", "Other"])
  }

  @Test(arguments: [
    ("enabled", AccountStatus.enabled), ("Disabled", .disabled), ("INVITED", .invited),
    (" declined ", .declined),
  ])
  func accountStatuses(given: String, expected: AccountStatus) throws {
    #expect(try AccountStatus(given) == expected)
  }

  @Test(arguments: ["", "active", "enable"])
  func unknownAccountStatuses(given: String) {
    #expect(
      RuleError.reason { () throws(RuleError) in try AccountStatus(given) }
        == "ACCOUNT_STATUS_UNKNOWN"
    )
  }

  @Test func givenValuesAreCut() {
    #expect(Redaction.cut(String.letters(32)) == String.letters(32))
    #expect(Redaction.cut(String.letters(33)) == String.letters(31) + "\u{2026}")
    #expect(Redaction.cut("a\u{1B}b") == "a\u{FFFD}b")
    #expect(Redaction.cut("abc", to: 0) == "")
    #expect(RuleError(reason: "R", message: "m", given: String.letters(99)).given?.count == 32)
  }

  @Test func violationsAreCollected() {
    var violations = Violations()
    let good = violations.check("customer.gender") { () throws(RuleError) in try Gender("f") }
    #expect(good == .female && violations.isEmpty)
    let bad = violations.check("customer.gender") { () throws(RuleError) in try Gender("x") }
    let worse = violations.check("customer.external_id") { () throws(RuleError) in
      try ExternalID("")
    }
    #expect(bad == nil && worse == nil)
    do throws(InvalidInput) {
      try violations.finish()
      Issue.record("two violations did not throw")
    } catch {
      #expect(error.violations.map(\.path) == ["customer.gender", "customer.external_id"])
      #expect(error.violations.map(\.error.reason) == ["GENDER_UNKNOWN", "EXTERNAL_ID_EMPTY"])
    }
  }
}
