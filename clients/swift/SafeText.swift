/// Makes text of a server or of another program safe and short enough for a terminal.
public enum SafeText {
  /// The limit of one value, in characters.
  public static let maxLine = 10_000
  /// The limit of a sentence, such as a warning, in characters.
  public static let maxSentence = 500
  /// The limit of a reason, in characters.
  public static let maxReason = 64

  /// Returns the text on one line, cut to `limit` characters with `…` at the end: line breaks
  /// become spaces and other control characters `�`, so that no data can move the cursor or change
  /// colours.
  public static func line(_ text: String, limit: Int = maxLine) -> String {
    let text = cut(text, limit)
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n", "\r", "\t": result.append(" ")
      default: result.append(isControl(scalar) ? "\u{FFFD}" : scalar)
      }
    }
    return String(result)
  }

  /// Returns text of several lines, uncut, with line feeds and tabs as they are and other control
  /// characters replaced.
  public static func lines(_ text: String) -> String {
    replacing(in: text) { scalar in
      switch scalar {
      case "\n", "\t": nil
      case "\r": ""
      default: "\u{FFFD}"
      }
    }
  }

  /// Returns JSON with its control characters escaped. Beside white space, JSON can have them in
  /// strings only.
  public static func json(_ text: String) -> String {
    replacing(in: text) { scalar in
      switch scalar {
      case "\n", "\r", "\t": return nil
      default:
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      }
    }
  }

  /// Returns true for a character that a terminal may take as a command, or that changes the
  /// direction of text.
  public static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F...0x9F: true
    // Marks that change the direction of text can make one thing look like another.
    case 0x202A...0x202E, 0x2066...0x2069, 0x2028, 0x2029: true
    default: false
    }
  }

  private static func cut(_ text: String, _ limit: Int) -> String {
    guard text.utf8.count > limit,
      let end = text.unicodeScalars.index(
        text.startIndex,
        offsetBy: limit,
        limitedBy: text.endIndex
      ),
      end < text.endIndex
    else { return text }
    return String(text.unicodeScalars[..<end]) + "…"
  }

  private static func replacing(
    in text: String,
    _ replacement: (Unicode.Scalar) -> String?
  ) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if isControl(scalar), let text = replacement(scalar) {
        result.append(contentsOf: text.unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}
