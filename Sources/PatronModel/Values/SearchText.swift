/// The search box: what a person types, in the form in which records are searched.
public enum SearchText {
  /// The greatest length of a search, in Unicode scalars.
  public static let limit = 255

  /// `text` trimmed and case-folded; of a phone number, only its digits.
  ///
  /// Text counts as a phone number when it holds a digit and nothing but digits, white space
  /// and `+ - ( ) . /`. A number of 7 or more digits loses zeros at its beginning, unless it has
  /// a `+`: national numbers (`0171 …`) and `00`-numbers are then found too, because what
  /// remains is part of the international number.
  public static func needle(_ text: String) -> String {
    let trimmed = TextForm.trimmed(text)
    guard let digits = phoneDigits(trimmed) else { return TextForm.folded(trimmed) }
    guard digits.utf8.count >= 7, !trimmed.hasPrefix("+") else { return digits }
    let significant = digits.drop { $0 == "0" }
    return significant.utf8.count >= 3 ? String(significant) : digits
  }

  /// Checks the length of what was typed.
  ///
  /// - Throws: `SEARCH_TOO_LONG`.
  public static func check(_ text: String) throws(RuleError) {
    let count = text.unicodeScalars.count
    guard count <= limit else {
      throw RuleError(
        reason: "SEARCH_TOO_LONG",
        message: "The search has \(count) characters; at most \(limit) are allowed. Shorten it.",
        given: text
      )
    }
  }

  /// The texts in which an e-mail address is found: its key and, where the domain is
  /// international, the key with the domain in Unicode.
  public static func forms(emailKey key: String) -> [String] {
    guard let at = key.utf8.lastIndex(of: UInt8(ascii: "@")) else { return [key] }
    let domain = String(key[key.index(after: at)...])
    // Only labels that begin with xn-- stand for Unicode; nearly every domain has none.
    guard domain.utf8.contains(UInt8(ascii: "-")), domain.contains("xn--") else { return [key] }
    let unicode = TextForm.folded(DomainName.unicode(domain))
    return TextForm.sameBytes(unicode, domain) ? [key] : [key, String(key[...at]) + unicode]
  }

  private static func phoneDigits(_ text: String) -> String? {
    var digits = ""
    for scalar in text.unicodeScalars {
      if let digit = TextForm.digit(scalar) {
        digits.append(Character(Unicode.Scalar(0x30 + digit)))
      } else if !"+-()./".unicodeScalars.contains(scalar), !scalar.properties.isWhitespace {
        return nil
      }
    }
    return digits.isEmpty ? nil : digits
  }
}
