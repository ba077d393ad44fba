package import PatronModel

/// What an input says of one field: an absent field leaves what is stored alone, a present and
/// empty one clears it.
package enum FieldEdit<Value: Sendable>: Sendable {
  case leave
  case clear
  case set(Value)

  /// The new value, if there is one.
  package var value: Value? {
    if case .set(let value) = self { value } else { nil }
  }

  /// Whether the field stays as it is.
  var isLeave: Bool {
    if case .leave = self { true } else { false }
  }

  /// What becomes of a stored value.
  package func applied(to stored: Value?) -> Value? {
    switch self {
    case .leave: stored
    case .clear: nil
    case .set(let value): value
    }
  }
}

extension Violations {
  /// Reads an optional text field: absent leaves, blank clears, everything else must parse. A
  /// violation leaves.
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

  /// Reads an optional plain text; one that is too long is cut where values are dropped.
  mutating func editText(_ path: String, _ text: String?) -> FieldEdit<String> {
    guard let text else { return .leave }
    guard text.contains(where: { !$0.isWhitespace }) else { return .clear }
    return secondaryText(path, text).map(FieldEdit.set) ?? .leave
  }

  /// The name that an input gives to its source, or the usual one; a name that breaks a rule is
  /// noted.
  package mutating func source(_ given: String, usual: String) -> String {
    guard !given.isEmpty else { return usual }
    _ = check("source") { () throws(RuleError) in try ConsentRules.checkSource(given) }
    return given
  }

  /// Notes a number that is none of its enum's, whose numbers go up to `greatest`.
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
