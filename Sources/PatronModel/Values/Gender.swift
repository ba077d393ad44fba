/// A customer's gender. Raw values are the spelling of the public contract.
package enum Gender: String, Sendable, Hashable, CaseIterable {
  case female = "F"
  case male = "M"
  case other = "Other"

  /// Accepts `F`, `M`, `Other`, `female` and `male`, in any case.
  ///
  /// - Throws: `GENDER_UNKNOWN`.
  package init(_ text: String) throws(RuleError) {
    switch TextForm.trimmed(text).lowercased() {
    case "f", "female": self = .female
    case "m", "male": self = .male
    case "other": self = .other
    default:
      throw RuleError(
        reason: "GENDER_UNKNOWN",
        message: "The gender is not known. Expected is one of F, M, Other.",
        given: text
      )
    }
  }
}
