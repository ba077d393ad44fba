/// The form in which errors show a caller's own value.
package enum Redaction {
  /// Maximum number of Unicode scalars shown of a value.
  package static let limit = 32

  /// Returns `text` in at most `limit` Unicode scalars. A longer text is cut and ends in `…`.
  ///
  /// Control characters become U+FFFD, because the value may be shown on a terminal.
  package static func cut(_ text: String, to limit: Int = Redaction.limit) -> String {
    var shown = String.UnicodeScalarView()
    var count = 0
    for scalar in text.unicodeScalars {
      guard count < limit else {
        shown.removeLast(min(1, shown.count))
        if limit > 0 { shown.append("…") }
        break
      }
      shown.append(scalar.category == .control ? "\u{FFFD}" : scalar)
      count += 1
    }
    return String(shown)
  }
}
