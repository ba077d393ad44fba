/// Comparison of text without regard to case.
package enum CaseFolding {
  /// Returns the form in which texts are equal that differ only in case or Unicode normalization.
  package static func folded(_ text: String) -> String {
    // Most text is ASCII, which needs no normalization.
    text.utf8.allSatisfy { $0 < 0x80 } ? text.lowercased() : TextForm.folded(text)
  }
}
