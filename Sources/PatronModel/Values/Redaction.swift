/// How a caller's own value is shown back to it in an error.
package enum Redaction {
  /// The greatest number of characters (Unicode scalars) shown of a value.
  package static let limit = 32

  /// `text` in at most `limit` Unicode scalars; a longer one is cut and ends in `…`.
  ///
  /// Control characters become U+FFFD, because the value may end up on a terminal.
  package static func cut(_ text: String, to limit: Int = Redaction.limit) -> String {
    var shown = String.UnicodeScalarView()
    var count = 0
    for scalar in text.unicodeScalars {
      guard count < limit else {
        shown.removeLast(min(1, shown.count))
        if limit > 0 { shown.append("…") }
        break
      }
      shown.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
      count += 1
    }
    return String(shown)
  }
}
