/// Recognition of an extension behind a number: `x12`, `ext. 12`, `;ext=12`, `доб. 12`.
enum PhoneExtension {
  /// A longer word comes before its own beginning.
  private static let words = [
    "extensión", "extensio\u{301}n", "extension", "extn", "ext", "xtn", "xt", "anexo", "доб", "int",
  ]
  private static let signs: Set<Unicode.Scalar> = [
    "x", "\u{FF58}", "#", "\u{FF03}", "~", "\u{FF5E}", ",", ";",
  ]
  /// Maximum number of digits of an extension.
  private static let longest = (behindWord: 20, behindSign: 9)

  /// Returns true if the text is a mark and digits, and nothing else.
  static func isOne(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
    var rest = Array(String(String.UnicodeScalarView(text)).lowercased().unicodeScalars)[...]
    let semicolon = rest.first == ";"
    if semicolon { rest = rest.dropFirst() }
    let isWord = dropWord(&rest)
    if !isWord, !semicolon, !dropSigns(&rest) { return false }
    if let sign = rest.first, ":.=\u{FF0E}".unicodeScalars.contains(sign) {
      rest = rest.dropFirst()
    }
    rest = rest.drop { $0 == "-" || $0 == "," || $0.isWhitespace }
    if rest.last == "#" { rest = rest.dropLast() }
    let limit = isWord ? longest.behindWord : longest.behindSign
    return 1...limit ~= rest.count && rest.allSatisfy { TextForm.digit($0) != nil }
  }

  private static func dropWord(_ rest: inout ArraySlice<Unicode.Scalar>) -> Bool {
    for word in words where rest.starts(with: word.unicodeScalars) {
      rest = rest.dropFirst(word.unicodeScalars.count)
      return true
    }
    return false
  }

  private static func dropSigns(_ rest: inout ArraySlice<Unicode.Scalar>) -> Bool {
    guard let sign = rest.first, signs.contains(sign) else { return false }
    rest = rest.dropFirst()
    // Two commas are two pauses of dialling.
    if sign == "," { rest = rest.drop { $0 == "," } }
    return true
  }
}
