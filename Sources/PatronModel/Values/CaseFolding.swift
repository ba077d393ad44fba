/// Text without regard to case.
package enum CaseFolding {
  /// The form in which texts are equal that differ in case or in Unicode normalization only.
  package static func folded(_ text: String) -> String {
    // Most text is ASCII, which needs no normalization.
    text.utf8.allSatisfy { $0 < 0x80 } ? text.lowercased() : TextForm.folded(text)
  }
}
