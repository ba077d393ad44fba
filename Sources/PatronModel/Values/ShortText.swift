/// Plain text of bounded length: names, address lines, values of custom properties.
package enum ShortText {
  /// The default maximum length, in Unicode scalars.
  package static let limit = 255
  /// The reason of the error for text over its limit.
  static let tooLong = "TEXT_TOO_LONG"

  /// Returns `text` without surrounding white space. It may be empty, which clears a field.
  ///
  /// - Parameter limit: The maximum length after trimming, in Unicode scalars.
  /// - Throws: `TEXT_TOO_LONG`; `TEXT_HAS_CONTROL_CHARACTER` for controls other than tab, line feed
  ///   and carriage return.
  package static func parse(
    _ text: String,
    limit: Int = ShortText.limit
  ) throws(RuleError) -> String {
    let trimmed = TextForm.trimmed(text)
    try check(trimmed, limit: limit)
    return trimmed
  }

  /// Returns the longest prefix of the trimmed `text` that has at most `limit` Unicode scalars and
  /// whole characters.
  static func cut(_ text: String, to limit: Int) -> String {
    var count = 0
    let kept = TextForm.trimmed(text).prefix { character in
      count += character.unicodeScalars.count
      return count <= limit
    }
    return TextForm.trimmed(String(kept))
  }

  /// Checks `text` without trimming it. Throws as ``parse(_:limit:)`` does.
  package static func check(_ text: String, limit: Int = ShortText.limit) throws(RuleError) {
    var count = 0
    for scalar in text.unicodeScalars {
      count += 1
      let isBreak = scalar == "\t" || scalar == "\n" || scalar == "\r"
      if scalar.category == .control, !isBreak {
        throw RuleError(
          reason: "TEXT_HAS_CONTROL_CHARACTER",
          message: "The text holds a control character. Expected is printable text: remove it.",
          given: text
        )
      }
    }
    guard count <= limit else {
      throw RuleError(
        reason: tooLong,
        message: "The text has \(count) characters; at most \(limit) are allowed. Shorten it.",
        given: text
      )
    }
  }
}
