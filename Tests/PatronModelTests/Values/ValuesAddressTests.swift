import PatronModel
import Testing

@Suite struct ValuesAddressTests {
  private typealias Part = WritableKeyPath<PostalAddress, String?> & Sendable

  private static let parts: [(name: String, limit: Int, part: any Part)] = [
    ("address1", 255, \.address1), ("address2", 255, \.address2), ("city", 255, \.city),
    ("company", 255, \.company), ("state", 64, \.state), ("zip", 64, \.zip),
    ("province_code", 6, \.provinceCode),
  ]

  @Test(arguments: 0..<7)
  func limits(index: Int) {
    let (name, limit, part) = Self.parts[index]
    var address = PostalAddress()
    address[keyPath: part] = String.letters(limit)
    var violations = Violations()
    let valid = address.validated(path: "customer.address", violations: &violations)
    #expect(violations.isEmpty && valid == address)

    address[keyPath: part] = String.letters(limit + 1)
    let invalid = address.validated(path: "customer.address", violations: &violations)
    #expect(violations.errors.map(\.path) == ["customer.address.\(name)"])
    #expect(violations.errors.map(\.error.reason) == ["TEXT_TOO_LONG"])
    #expect(invalid.isEmpty)
  }

  @Test(arguments: [("CA", true), ("13", true), ("ABC123", true), ("US-CA", false), ("É", false)])
  func provinceCodes(code: String, isValid: Bool) {
    var violations = Violations()
    let address = PostalAddress(provinceCode: code)
    let valid = address.validated(path: "customer.address", violations: &violations)
    #expect(valid.provinceCode == (isValid ? code : nil))
    #expect(violations.errors.map(\.error.reason) == (isValid ? [] : ["PROVINCE_CODE_MALFORMED"]))
    #expect(violations.errors.allSatisfy { $0.path == "customer.address.province_code" })
  }

  @Test func canonicalForms() {
    let address = PostalAddress(
      address1: " 1 Main St ",
      address2: "  ",
      city: "",
      zip: "0123",
      provinceCode: " CA",
      countryCode: "us",
      phoneNumber: "+1 (415) 555-0100"
    )
    var violations = Violations()
    let valid = address.validated(path: "a", violations: &violations)
    let expected = PostalAddress(
      address1: "1 Main St",
      zip: "0123",
      provinceCode: "CA",
      countryCode: "US",
      phoneNumber: "+14155550100"
    )
    #expect(valid == expected)
    #expect(violations.errors.isEmpty && violations.warnings.isEmpty)
  }

  @Test func noCountryIsAssumed() {
    var violations = Violations()
    let valid = PostalAddress(city: "Paris").validated(path: "a", violations: &violations)
    #expect(valid.countryCode == nil)
    #expect(PostalAddress().isEmpty && !valid.isEmpty)
  }

  @Test func everyBrokenPartIsReported() {
    let address = PostalAddress(
      address1: String.letters(256),
      state: String.letters(65),
      zip: "1\u{0}",
      countryCode: "XX",
      phoneNumber: "555 0100"
    )
    var violations = Violations()
    _ = address.validated(path: "customer.address", violations: &violations)
    #expect(
      violations.errors.map { "\($0.path) \($0.error.reason)" } == [
        "customer.address.address1 TEXT_TOO_LONG",
        "customer.address.state TEXT_TOO_LONG",
        "customer.address.zip TEXT_HAS_CONTROL_CHARACTER",
        "customer.address.country_code COUNTRY_UNKNOWN",
        "customer.address.phone_number PHONE_COUNTRY_MISSING",
      ]
    )
  }

  @Test func theAliasOfGreatBritainWarns() throws {
    var violations = Violations()
    let valid = PostalAddress(countryCode: "UK", phoneNumber: "020 7946 0958").validated(
      path: "a",
      defaultCountry: try CountryCode("GB"),
      violations: &violations
    )
    #expect(valid.countryCode == "GB" && valid.phoneNumber == "+442079460958")
    #expect(violations.isEmpty)
    #expect(violations.warnings.map(\.path) == ["a.country_code"])
  }
}
