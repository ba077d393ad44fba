/// Names as lists sort them.
package enum SortText {
  /// The form whose bytes are in the order of the alphabet: without case and accents.
  package static func key(_ text: String) -> String {
    let folded = TextForm.folded(TextForm.trimmed(text))
    return folded.utf8.allSatisfy { $0 < 0x80 } ? folded : TextForm.unaccented(folded)
  }
}
