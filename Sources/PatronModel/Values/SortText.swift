/// The sort keys of names in lists.
package enum SortText {
  /// Returns a form whose byte order is alphabetical: without case and accents.
  package static func key(_ text: String) -> String {
    let folded = TextForm.folded(TextForm.trimmed(text))
    return folded.utf8.allSatisfy { $0 < 0x80 } ? folded : TextForm.unaccented(folded)
  }
}
