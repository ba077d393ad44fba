/// The interpretation of text in a search box, in the form in which records are searched.
package enum SearchText {
  /// Maximum length of a search, in Unicode scalars.
  package static let limit = 255

  /// Returns the fragments that `text` may stand for, each to be searched in e-mail addresses and
  /// phone numbers: one or two, and none for empty text.
  ///
  /// A text with a digit and with nothing but digits, white space and `+ - ( ) . /` may be a phone
  /// number, so its digits are searched. Without white space and brackets it may also be part of an
  /// e-mail address (`2024-05`), so it is searched unchanged too. All other text is searched
  /// unchanged, trimmed and case-folded.
  package static func needles(_ text: String) -> [String] {
    let trimmed = TextForm.trimmed(text)
    guard !trimmed.isEmpty else { return [] }
    let folded = TextForm.folded(trimmed)
    guard let digits = phoneDigits(trimmed) else { return [folded] }
    let significant = significantDigits(digits, of: trimmed)
    if TextForm.sameBytes(significant, folded) { return [folded] }
    let isFormatted = trimmed.unicodeScalars.contains {
      $0 == "(" || $0 == ")" || $0.isWhitespace
    }
    return isFormatted ? [significant] : [folded, significant]
  }

  /// Returns the digits to search. A number of 7 or more digits without `+` loses its leading
  /// zeros: national numbers (`0171 …`) and `00` numbers are then found, because the rest is part
  /// of the international number.
  private static func significantDigits(_ digits: String, of trimmed: String) -> String {
    guard digits.utf8.count >= 7, !trimmed.hasPrefix("+") else { return digits }
    let significant = digits.drop { $0 == "0" }
    return significant.utf8.count >= 3 ? String(significant) : digits
  }

  /// Returns true if `text` may be a phone number without calling code, or the beginning of one:
  /// only digits and formatting, and no `+`.
  package static func mayBeNational(_ text: String) -> Bool {
    let trimmed = TextForm.trimmed(text)
    guard let first = trimmed.unicodeScalars.first, first != "+", first != "\u{FF0B}",
      let digits = phoneDigits(trimmed)
    else { return false }
    return digits.utf8.count >= 3
  }

  /// Returns the stored form of a national number, or of the beginning of one: `+` and the calling
  /// code replace the trunk prefix. Returns nil for text without that prefix, which is found
  /// unchanged.
  package static func international(_ text: String, in country: CountryCode) -> String? {
    if let number = try? PhoneNumber(text, defaultCountry: country) { return number.e164 }
    guard let digits = phoneDigits(TextForm.trimmed(text)),
      let plan = PhonePlans.world.plan(of: country)
    else { return nil }
    let values = digits.utf8.map { $0 &- UInt8(ascii: "0") }
    for prefix in plan.trunkPrefixes.sorted(by: { $0.count > $1.count })
    where values.starts(with: prefix) && values.count - prefix.count >= 2 {
      return PhoneNumber.text(plan.code + values.dropFirst(prefix.count))
    }
    return nil
  }

  /// Checks the length of a search.
  ///
  /// - Throws: `SEARCH_TOO_LONG`.
  package static func check(_ text: String) throws(RuleError) {
    let count = text.unicodeScalars.count
    guard count <= limit else {
      throw RuleError(
        reason: "SEARCH_TOO_LONG",
        message: "The search has \(count) characters; at most \(limit) are allowed. Shorten it.",
        given: text
      )
    }
  }

  /// Returns the texts by which an e-mail address is found: its key and, for an international
  /// domain, the key with the domain in Unicode.
  package static func forms(emailKey key: String) -> [String] {
    guard let at = key.utf8.lastIndex(of: UInt8(ascii: "@")) else { return [key] }
    let domain = String(key[key.index(after: at)...])
    // Only labels that begin with xn-- encode Unicode; nearly every domain has none.
    guard domain.utf8.contains(UInt8(ascii: "-")), domain.contains("xn--") else { return [key] }
    let unicode = TextForm.folded(DomainName.unicode(domain))
    return TextForm.sameBytes(unicode, domain) ? [key] : [key, String(key[...at]) + unicode]
  }

  private static func phoneDigits(_ text: String) -> String? {
    var digits = ""
    for scalar in text.unicodeScalars {
      if let digit = TextForm.digit(scalar) {
        digits.append(Character(Unicode.Scalar(0x30 + digit)))
      } else if !"+-()./".unicodeScalars.contains(scalar), !scalar.isWhitespace {
        return nil
      }
    }
    return digits.isEmpty ? nil : digits
  }
}
