package import PatronModel

/// The change that an input makes to a field. An absent field leaves the stored value, a present
/// and empty field clears it.
package enum FieldEdit<Value: Sendable>: Sendable {
  case leave
  case clear
  case set(Value)

  /// The new value; nil if the edit sets none.
  package var value: Value? {
    if case .set(let value) = self { value } else { nil }
  }

  /// True if the stored value stays.
  package var isLeave: Bool {
    if case .leave = self { true } else { false }
  }

  /// Returns the value after the edit of a stored value.
  package func applied(to stored: Value?) -> Value? {
    switch self {
    case .leave: stored
    case .clear: nil
    case .set(let value): value
    }
  }
}

extension Violations {
  /// Reads an optional text field. Absent text leaves the stored value, blank text clears it, and
  /// any other text must parse. A violation leaves the stored value.
  package mutating func edit<Value>(
    _ path: String,
    _ text: String?,
    isEssential: Bool = false,
    _ parse: (String) throws(RuleError) -> Value
  ) -> FieldEdit<Value> {
    guard let text else { return .leave }
    guard text.contains(where: { !$0.isWhitespace }) else { return .clear }
    let value =
      isEssential
      ? check(path) { () throws(RuleError) in try parse(text) }
      : secondary(path) { () throws(RuleError) in try parse(text) }
    return value.map(FieldEdit.set) ?? .leave
  }

  /// Reads an optional plain text. Text that is too long is cut if invalid values are dropped.
  mutating func editText(_ path: String, _ text: String?) -> FieldEdit<String> {
    guard let text else { return .leave }
    guard text.contains(where: { !$0.isWhitespace }) else { return .clear }
    return secondaryText(path, text).map(FieldEdit.set) ?? .leave
  }

  /// Returns the source that an input names, or `usual` if it names none. A name that breaks a rule
  /// is added as a violation of `source`.
  package mutating func source(_ given: String, usual: String) -> String {
    guard !given.isEmpty else { return usual }
    _ = check("source") { () throws(RuleError) in try ConsentRules.checkSource(given) }
    return given
  }

  /// Adds a violation if `number` is not a value of its enum, whose values run from 0 to
  /// `greatest`.
  package mutating func checkKnown(_ path: String, _ number: Int32, _ greatest: Int32) {
    guard number < 0 || number > greatest else { return }
    add(
      path,
      RuleError(
        reason: "ENUM_VALUE_UNKNOWN",
        message: "The value is none of the enum's: `patron describe` shows them."
      )
    )
  }
}
