/// A postal address of nine optional parts. Nothing is assumed: a missing country stays missing.
package struct PostalAddress: Sendable, Hashable {
  /// The first line: street and number. At most 255 Unicode scalars.
  package var address1: String?
  /// The second line. At most 255.
  package var address2: String?
  /// The city, district, village or town. At most 255.
  package var city: String?
  /// The company. At most 255.
  package var company: String?
  /// The name of the state or province. At most 64.
  package var state: String?
  /// The postal code. At most 64.
  package var zip: String?
  /// The code of the region, such as `CA`: at most 6 of the letters A to Z and digits.
  package var provinceCode: String?
  /// An ISO 3166-1 alpha-2 code.
  package var countryCode: String?
  /// A phone number at this address, in E.164 form.
  package var phoneNumber: String?

  /// Maximum length of the two lines, city and company, in Unicode scalars.
  package static let lineLimit = 255
  /// Maximum length of state and postal code, in Unicode scalars.
  package static let regionLimit = 64
  /// Maximum length of the province code.
  package static let provinceCodeLimit = 6

  /// Makes an address of the given parts, unchecked.
  package init(
    address1: String? = nil,
    address2: String? = nil,
    city: String? = nil,
    company: String? = nil,
    state: String? = nil,
    zip: String? = nil,
    provinceCode: String? = nil,
    countryCode: String? = nil,
    phoneNumber: String? = nil
  ) {
    self.address1 = address1
    self.address2 = address2
    self.city = city
    self.company = company
    self.state = state
    self.zip = zip
    self.provinceCode = provinceCode
    self.countryCode = countryCode
    self.phoneNumber = phoneNumber
  }

  /// True if all parts are missing.
  package var isEmpty: Bool { self == PostalAddress() }

  /// Returns the address with every part in canonical form and without blank parts.
  ///
  /// - Parameters:
  ///   - path: The address's own path, such as `customer.address`. Parts are named below it.
  ///   - defaultCountry: The country of phone numbers without a calling code; see ``PhoneNumber``.
  ///   - violations: Receives one violation per invalid part, all of them secondary, with the
  ///     reasons of ``ShortText``, ``CountryCode`` and ``PhoneNumber``, and
  ///     `PROVINCE_CODE_MALFORMED`. Such a part is missing from the result.
  package func validated(
    path: String,
    defaultCountry: CountryCode? = nil,
    violations: inout Violations
  ) -> PostalAddress {
    func text(_ part: String?, _ name: String, _ limit: Int) -> String? {
      guard let part = Self.present(part) else { return nil }
      return violations.secondaryText("\(path).\(name)", part, limit: limit)
    }
    var valid = PostalAddress(
      address1: text(address1, "address1", Self.lineLimit),
      address2: text(address2, "address2", Self.lineLimit),
      city: text(city, "city", Self.lineLimit),
      company: text(company, "company", Self.lineLimit),
      state: text(state, "state", Self.regionLimit),
      zip: text(zip, "zip", Self.regionLimit),
      provinceCode: provinceCode.flatMap(Self.present).flatMap { code in
        violations.secondary("\(path).province_code") { () throws(RuleError) in
          try Self.checkedProvince(code)
        }
      }
    )
    if let country = Self.present(countryCode) {
      let field = "\(path).country_code"
      if let warning = CountryCode.warning(for: country) { violations.warn(field, warning) }
      valid.countryCode = violations.secondary(field) { () throws(RuleError) in
        try CountryCode(country).code
      }
    }
    if let phone = Self.present(phoneNumber) {
      let field = "\(path).phone_number"
      let number = violations.secondary(field) { () throws(RuleError) in
        try PhoneNumber(phone, defaultCountry: defaultCountry)
      }
      if let warning = number?.warning { violations.warn(field, warning) }
      valid.phoneNumber = number?.e164
    }
    return valid
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }

  /// Checks a province code. A code that is too long is not cut, because that would make it another
  /// province's.
  private static func checkedProvince(_ text: String) throws(RuleError) -> String {
    let code = try ShortText.parse(text, limit: provinceCodeLimit)
    guard code.utf8.allSatisfy(isLetterOrDigit) else { throw malformedProvince(code) }
    return code
  }

  private static func malformedProvince(_ code: String) -> RuleError {
    RuleError(
      reason: "PROVINCE_CODE_MALFORMED",
      message: "The province code holds something other than letters and digits. Expected is the "
        + "code without its country, such as CA for US-CA.",
      given: code
    )
  }

  private static func present(_ part: String?) -> String? {
    guard let part, !TextForm.trimmed(part).isEmpty else { return nil }
    return part
  }
}
