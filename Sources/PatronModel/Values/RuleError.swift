/// The violation of a rule of the model: its reason, a message, and the caller's value.
///
/// `message` never contains the value, so it may be logged. `given` may hold personal data and must
/// only be returned to the caller.
package struct RuleError: Error, Sendable, Hashable {
  /// A stable constant in SCREAMING_SNAKE case, for programs, such as `PHONE_NOT_E164`.
  package let reason: String
  /// The problem, the expectation and the remedy. Contains no part of the value.
  package let message: String
  /// The caller's own value, cut to 32 characters; nil if it would not help.
  package let given: String?

  /// Makes an error, and cuts `given` to ``Redaction/limit`` characters.
  package init(reason: String, message: String, given: String? = nil) {
    self.reason = reason
    self.message = message
    self.given = given.map { Redaction.cut($0) }
  }
}
