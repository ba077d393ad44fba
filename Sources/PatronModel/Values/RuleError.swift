/// A value that breaks a rule of the model: which rule, in words, and the value itself.
///
/// `message` never repeats the value, so it may be logged; `given` may hold personal data and
/// goes back to the caller only.
package struct RuleError: Error, Sendable, Hashable {
  /// Stable constant in SCREAMING_SNAKE case, for programs, e.g. `PHONE_NOT_E164`.
  package let reason: String
  /// What was wrong, what is expected, what to do. Holds no part of the value.
  package let message: String
  /// The caller's own value, cut to 32 characters; nil where it says nothing.
  package let given: String?

  /// Makes an error; `given` is cut to ``Redaction/limit`` characters here.
  package init(reason: String, message: String, given: String? = nil) {
    self.reason = reason
    self.message = message
    self.given = given.map { Redaction.cut($0) }
  }
}
