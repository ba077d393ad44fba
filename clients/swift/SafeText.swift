/// Text that a server or another program wrote, made safe and short enough for a terminal.
public enum SafeText {
  /// Characters of one value.
  public static let longestLine = 10_000
  /// Characters of a sentence, such as a warning.
  public static let longestSentence = 500
  /// Characters of the stable name of a reason.
  public static let longestReason = 64

  /// The text on one line, with at most `limit` characters: line breaks become spaces, other
  /// control characters `�`, so that no data can move the cursor or change colours. `…` stands for
  /// the rest.
  public static func line(_ text: String, limit: Int = longestLine) -> String {
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

  /// The same for text of several lines, whole: it keeps line feeds and tabs.
  public static func lines(_ text: String) -> String {
    replacing(in: text) { scalar in
      switch scalar {
      case "\n", "\t": nil
      case "\r": ""
      default: "\u{FFFD}"
      }
    }
  }

  /// JSON with the control characters in its strings escaped, which are the only ones beside white
  /// space that JSON can have.
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

  /// True when a terminal may take the character for more than text.
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
