import ArgumentParser

/// Values of the contract's enums as users type them: `partially-paid` for
/// `PAYMENT_STATUS_PARTIALLY_PAID`.
enum EnumArgument {
  /// Parses a value, ignoring case and surrounding white space. Words may be joined by `-`, `_` or
  /// a space, and the enum's prefix may be left out. Error messages join the words with `joiner`.
  static func parse<Value: CaseIterable & CustomStringConvertible>(
    _ text: String,
    as type: Value.Type,
    joiner: String = "-"
  ) throws -> Value {
    let wanted = underscored(text).uppercased()
    let prefix = prefix(type)
    let named = type.allCases.filter { !$0.description.hasSuffix("_UNSPECIFIED") }
    for value in named where value.description == wanted || value.description == prefix + wanted {
      return value
    }
    throw ValidationError("Expected one of \(names(type, joiner: joiner)).")
  }

  /// Returns the text with `_` in place of hyphens and white space.
  static func underscored(_ text: String) -> String {
    String(
      text.trimmingSpace().map { (character: Character) -> Character in
        character == "-" || character.isWhitespace ? "_" : character
      }
    )
  }

  /// Parses a comma-separated list of values.
  static func parseList<Value: CaseIterable & CustomStringConvertible>(
    _ text: String,
    as type: Value.Type
  ) throws -> [Value] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map {
      try parse(String($0), as: type)
    }
  }

  /// Returns the accepted names as a comma-separated list, for help and errors.
  static func names<Value: CaseIterable & CustomStringConvertible>(
    _ type: Value.Type,
    joiner: String = "-"
  ) -> String {
    let prefix = prefix(type)
    return type.allCases.map(\.description).filter { !$0.hasSuffix("_UNSPECIFIED") }
      .map { $0.dropFirst(prefix.count).lowercased().replacing("_", with: joiner) }
      .joined(separator: ", ")
  }

  /// Returns the accepted names, for completion.
  static func list<Value: CaseIterable & CustomStringConvertible>(
    _ type: Value.Type
  ) -> CompletionKind {
    .list(names(type).split(separator: ", ").map(String.init))
  }

  /// Returns the prefix of the enum's values, such as `PAYMENT_STATUS_`. The first value of every
  /// enum consists of the prefix and `UNSPECIFIED`.
  static func prefix<Value: CaseIterable & CustomStringConvertible>(_ type: Value.Type) -> String {
    let first = type.allCases.first?.description ?? ""
    return first.hasSuffix("UNSPECIFIED") ? String(first.dropLast("UNSPECIFIED".count)) : ""
  }
}
