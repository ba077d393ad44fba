import ArgumentParser

/// Values of the contract's enums as people type them: `partially-paid` for
/// `PAYMENT_STATUS_PARTIALLY_PAID`.
enum EnumArgument {
  /// The value that `text` names, in any case, with `-`, `_` or space, with the prefix or without,
  /// and with any white space around it. Errors name the values with `joiner` between their words.
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

  /// The words of a text with `_` between them.
  static func underscored(_ text: String) -> String {
    String(
      text.trimmingSpace().map { (character: Character) -> Character in
        character == "-" || character.isWhitespace ? "_" : character
      }
    )
  }

  /// The values that `text` names, separated by commas.
  static func parseList<Value: CaseIterable & CustomStringConvertible>(
    _ text: String,
    as type: Value.Type
  ) throws -> [Value] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map {
      try parse(String($0), as: type)
    }
  }

  /// The names that may be typed, for help.
  static func names<Value: CaseIterable & CustomStringConvertible>(
    _ type: Value.Type,
    joiner: String = "-"
  ) -> String {
    let prefix = prefix(type)
    return type.allCases.map(\.description).filter { !$0.hasSuffix("_UNSPECIFIED") }
      .map { $0.dropFirst(prefix.count).lowercased().replacing("_", with: joiner) }
      .joined(separator: ", ")
  }

  /// The names that may be typed, for completion.
  static func list<Value: CaseIterable & CustomStringConvertible>(
    _ type: Value.Type
  ) -> CompletionKind {
    .list(names(type).split(separator: ", ").map(String.init))
  }

  /// `PAYMENT_STATUS_`: the first value of every enum is its prefix and `UNSPECIFIED`.
  static func prefix<Value: CaseIterable & CustomStringConvertible>(_ type: Value.Type) -> String {
    let first = type.allCases.first?.description ?? ""
    return first.hasSuffix("UNSPECIFIED") ? String(first.dropLast("UNSPECIFIED".count)) : ""
  }
}
