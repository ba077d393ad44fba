/// The parts of a written number, before any rule of a country.
struct WrittenPhone {
  private(set) var digits: [UInt8] = []
  /// True if it begins with `+`.
  private(set) var isInternational = false
  private(set) var hasExtension = false
  /// The index in `digits` of a zero that stood alone in brackets.
  private var bracketedZero: Int?
  /// The start of the last group of digits, and true if a dot precedes it.
  private var group = (start: 0, isBehindDot: false)
  private var dots = 0

  /// Splits a number into its parts.
  ///
  /// - Throws: `PHONE_EMPTY`, `PHONE_HAS_EXTENSION`, `PHONE_NOT_E164`.
  init(_ text: String) throws(RuleError) {
    digits.reserveCapacity(16)
    guard !takePlain(text) else { return }
    try read(text)
    guard !digits.isEmpty || isInternational else {
      throw RuleError(
        reason: "PHONE_EMPTY",
        message: "The phone number is empty. Expected is E.164, e.g. +14155550100.",
        given: text
      )
    }
    guard !isDecimal else { throw Self.decimal(text) }
  }

  /// The digits without a zero that stood alone in brackets behind others; nil without such a zero.
  var withoutBracketedZero: [UInt8]? {
    guard let bracketedZero, bracketedZero > 0 else { return nil }
    return Array(digits[..<bracketedZero] + digits[(bracketedZero + 1)...])
  }

  /// True if it is not a number in any country: `00` with too few digits, or with more zeros.
  var isHopeless: Bool {
    digits.starts(with: [0, 0]) && (digits.count < 9 || digits[2] == 0)
  }

  /// Reads text of digits only, perhaps behind a `+`, as nearly all numbers are.
  private mutating func takePlain(_ text: String) -> Bool {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        digits.append(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "+") where digits.isEmpty && !isInternational:
        isInternational = true
      default:
        digits.removeAll(keepingCapacity: true)
        isInternational = false
        return false
      }
    }
    return !digits.isEmpty
  }

  private mutating func read(_ text: String) throws(RuleError) {
    let scalars = Array(TextForm.trimmed(text).unicodeScalars)
    var bracket: Int?
    for (index, scalar) in scalars.enumerated() {
      if let digit = TextForm.digit(scalar) {
        digits.append(digit)
        continue
      }
      switch scalar {
      case "+", "\u{FF0B}":
        guard digits.isEmpty, !isInternational else { throw Self.malformed(text) }
        isInternational = true
      case "(", "[", "\u{FF08}", "\u{FF3B}":
        bracket = digits.count
      case ")", "]", "\u{FF09}", "\u{FF3D}":
        if let start = bracket, digits[start...] == [0] { bracketedZero = start }
        bracket = nil
      case ".", "\u{FF0E}":
        dots += 1
        group = (digits.count, true)
      default:
        let isTilde = scalar == "~" || scalar == "\u{FF5E}"
        if isTilde || !Self.isSeparator(scalar) {
          if !digits.isEmpty, takeExtension(scalars[index...]) { return }
          guard isTilde else {
            throw !digits.isEmpty && Self.beginsText(scalar)
              ? Self.hasText(text) : Self.malformed(text)
          }
        }
        group = (digits.count, false)
      }
    }
  }

  /// Takes the rest as an extension, if it is one. `#` may also follow the extension's digits.
  private mutating func takeExtension(_ rest: ArraySlice<Unicode.Scalar>) -> Bool {
    if rest.count == 1, rest.first == "#" || rest.first == "\u{FF03}" {
      guard group.start > 0, 1...6 ~= digits.count - group.start else { return false }
      digits.removeSubrange(group.start...)
      hasExtension = true
      return true
    }
    hasExtension = PhoneExtension.isOne(rest)
    return hasExtension
  }

  /// True if the number ends in `.0`, as spreadsheets write whole numbers.
  private var isDecimal: Bool {
    guard group.isBehindDot, !hasExtension else { return false }
    let last = digits[group.start...]
    return last == [0] || (dots == 1 && !last.isEmpty && last.allSatisfy { $0 == 0 })
  }

  private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "-", "/", "~", "\u{FF0D}", "\u{FF0F}", "\u{30FC}", "\u{AD}":
      true
    case "\u{2010}"..."\u{2015}", "\u{2212}": true  // hyphens and dashes of word processors
    case "\u{223C}", "\u{2053}", "\u{FF5E}": true  // tildes
    case "\u{200B}", "\u{2060}", "\u{FEFF}": true  // spaces without width
    case "\u{200E}", "\u{200F}", "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}":
      true  // direction marks that are copied along with a number
    default: scalar.isWhitespace
    }
  }

  private static func beginsText(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || scalar == "#" || scalar == ";" || scalar == ","
  }
}

// MARK: - Errors

extension WrittenPhone {
  private static func hasText(_ text: String) -> RuleError {
    isScientific(text)
      ? decimal(text)
      : RuleError(
        reason: "PHONE_HAS_EXTENSION",
        message: """
          The phone number holds letters that are no extension. Expected is E.164 alone, e.g. \
          +14155550100.
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

  /// Returns true for digits with an exponent: `4.477E+11`.
  private static func isScientific(_ text: String) -> Bool {
    let parts = text.split(omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
    return parts.count == 2 && Int(parts[1]) != nil
      && parts[0].allSatisfy { "0123456789.,".contains($0) }
  }

  private static func decimal(_ text: String) -> RuleError {
    RuleError(
      reason: "PHONE_NOT_E164",
      message: """
        The phone number is a decimal or scientific number, as spreadsheets write them. Expected \
        are its digits: format the column as text.
        """,
      given: text
    )
  }
}
