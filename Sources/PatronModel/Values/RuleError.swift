/// A value that breaks a rule of the model: which rule, in words, and the value itself.
///
/// `message` never repeats the value, so it may be logged; `given` may hold personal data and
/// goes back to the caller only.
public struct RuleError: Error, Sendable, Hashable {
  /// Stable constant in SCREAMING_SNAKE case, for programs, e.g. `PHONE_NOT_E164`.
  public let reason: String
  /// What was wrong, what is expected, what to do. Holds no part of the value.
  public let message: String
  /// The caller's own value, cut to 32 characters; nil where it says nothing.
  public let given: String?

  /// Makes an error; `given` is cut to ``Redaction/limit`` characters here.
  public init(reason: String, message: String, given: String? = nil) {
    self.reason = reason
    self.message = message
    self.given = given.map { Redaction.cut($0) }
  }
}
