/// A telephone number in E.164: `+` and 7 to 15 digits of which the first is not 0.
public struct PhoneNumber: Sendable, Hashable {
  /// The number with its `+`, e.g. `+14155550100`.
  public let e164: String
  /// The number without its `+`; what searches compare with.
  public var digits: String { String(e164.dropFirst()) }

  /// Least and greatest number of digits.
  public static let digitCount = 7...15
  /// Reason of the error for a number that says nothing of its country.
  public static let countryMissing = "PHONE_COUNTRY_MISSING"

  /// Accepts a number as people write it: white space, `-`, `.`, `/`, `(`, `)` are dropped, a
  /// leading `00` counts as `+`, digits of any script count, `(0)` after a calling code is
  /// dropped where the country's numbers do not keep their zero.
  ///
  /// - Parameter defaultCountry: whose calling code a number without `+` gets, after dropping
  ///   the country's trunk prefix (usually 0). Without it such a number is rejected: nothing is
  ///   guessed.
  /// - Throws: `PHONE_EMPTY`, `PHONE_HAS_EXTENSION`, `PHONE_COUNTRY_MISSING`, `PHONE_NOT_E164`.
  public init(_ text: String, defaultCountry: CountryCode? = nil) throws(RuleError) {
    var written = try Written(text)
    written.takeInternationalPrefix()
    if !written.isInternational {
      guard let defaultCountry else {
        throw RuleError(
          reason: Self.countryMissing,
          message: """
            The phone number has no country. Expected is E.164, e.g. +14155550100: begin it with \
            + and the calling code, or give a default country.
            """,
          given: text
        )
      }
      written.digits = try Self.international(written.digits, in: defaultCountry, given: text)
    } else if !CallingCodes.keepsZero(international: written.digits) {
      written.dropTrunkZero()
    }
    guard Self.digitCount.contains(written.digits.utf8.count), written.digits.first != "0" else {
      throw Self.malformed(text)
    }
    e164 = "+" + written.digits
  }

  private static func malformed(_ text: String) -> RuleError {
    RuleError(
      reason: "PHONE_NOT_E164",
      message: """
        The phone number is not E.164. Expected is + and 7 to 15 digits that begin with a calling \
        code, e.g. +14155550100.
        """,
      given: text
    )
  }

  private static func international(
    _ national: String,
    in country: CountryCode,
    given: String
  ) throws(RuleError) -> String {
    let prefix = CallingCodes.trunkPrefixes(country).first { national.hasPrefix($0) } ?? ""
    let number = national.dropFirst(prefix.count)
    // A North American number without its area code would pass for one of another length.
    if country.callingCode == 1, number.count != 10 { throw malformed(given) }
    guard !number.isEmpty else { throw malformed(given) }
    return String(country.callingCode) + number
  }
}

/// What a written number says, before any rule of length.
private struct Written {
  var digits = ""
  var isInternational = false
  /// Where in `digits` a zero stood alone in parentheses.
  private var trunkZero: Int?

  /// Takes a leading `00` for the `+` that it stands for.
  mutating func takeInternationalPrefix() {
    guard !isInternational, digits.hasPrefix("00") else { return }
    digits.removeFirst(2)
    isInternational = true
    trunkZero = trunkZero.map { $0 - 2 }
  }

  /// Drops the zero that stood alone in parentheses after other digits, if there was one.
  mutating func dropTrunkZero() {
    guard let trunkZero, trunkZero > 0 else { return }
    digits = String(digits.prefix(trunkZero) + digits.dropFirst(trunkZero + 1))
    self.trunkZero = nil
  }

  init(_ text: String) throws(RuleError) {
    var open: Int?
    for scalar in TextForm.trimmed(text).unicodeScalars {
      if let digit = TextForm.digit(scalar) {
        digits.append(Character(Unicode.Scalar(0x30 + digit)))
        continue
      }
      switch scalar {
      case "+", "\u{FF0B}":
        guard digits.isEmpty, !isInternational else { throw Self.malformed(text) }
        isInternational = true
      case "(":
        open = digits.utf8.count
      case ")":
        if let start = open, digits.dropFirst(start) == "0" { trunkZero = start }
        open = nil
      default:
        guard !Self.isSeparator(scalar) else { continue }
        if !digits.isEmpty, Self.beginsExtension(scalar) { throw Self.hasExtension(text) }
        throw Self.malformed(text)
      }
    }
    guard !digits.isEmpty || isInternational else {
      throw RuleError(
        reason: "PHONE_EMPTY",
        message: "The phone number is empty. Expected is E.164, e.g. +14155550100.",
        given: text
      )
    }
  }

  private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "-", ".", "/": true
    case "\u{2010}"..."\u{2015}", "\u{2212}": true  // hyphens and dashes of word processors
    case "\u{200E}", "\u{200F}", "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}":
      true  // marks of writing direction that come along when a number is copied
    default: scalar.properties.isWhitespace
    }
  }

  private static func beginsExtension(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || scalar == "#" || scalar == ";" || scalar == ","
  }

  private static func hasExtension(_ text: String) -> RuleError {
    RuleError(
      reason: "PHONE_HAS_EXTENSION",
      message: """
        The phone number has an extension or letters. Expected is E.164 alone, e.g. \
        +14155550100: leave the extension out.
        """,
      given: text
    )
  }

  private static func malformed(_ text: String) -> RuleError {
    RuleError(
      reason: "PHONE_NOT_E164",
      message: """
        The phone number holds a character that has no place in one. Expected is E.164, e.g. \
        +14155550100.
        """,
      given: text
    )
  }
}
