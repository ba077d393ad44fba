import Yams

/// The text of a settings file, in YAML: one mapping from names to values. Which names and values
/// there may be is up to the caller. Anchors and aliases are refused, because nothing needs them.
package struct SettingsText: Sendable, Equatable {
  /// A name and its value.
  package struct Entry: Sendable, Equatable {
    package let name: String
    /// The line of the name, from 1.
    package let line: Int
    package let value: Value
  }

  /// The value of a name.
  package enum Value: Sendable, Equatable {
    case one(Item)
    case list([Item])
    /// A mapping.
    case nested
  }

  /// A value, or one of a list.
  package struct Item: Sendable, Equatable {
    package let content: Content
    /// The line of the item, from 1.
    package let line: Int
  }

  package enum Content: Sendable, Equatable {
    case text(String)
    /// Nothing, or a null.
    case nothing
    /// A list or a mapping.
    case nested
  }

  package let entries: [Entry]

  /// Reads the text of a file; `path` is for errors.
  ///
  /// - Throws: ``SettingsError`` with the line of the first mistake.
  package init(_ text: String, path: String) throws(SettingsError) {
    try Self.refuseAliases(text, path)
    guard let root = try Self.root(text, path) else {
      entries = []
      return
    }
    guard case .mapping(let mapping) = root else {
      throw SettingsError(path, root.mark?.line ?? 1, "expected lines such as `max-calls: 100`")
    }
    var entries: [Entry] = []
    var names: Set<String> = []
    for (key, value) in mapping {
      let line = key.mark?.line ?? 1
      guard case .scalar(let scalar) = key else {
        throw SettingsError(path, line, "expected the name of a setting before the colon")
      }
      let name = scalar.string
      // The parser takes names with different tags for different ones.
      guard names.insert(name).inserted else { throw Self.twice(name, line, path) }
      entries.append(Entry(name: name, line: line, value: Self.value(value, line)))
    }
    self.entries = entries
  }

  private static func root(_ text: String, _ path: String) throws(SettingsError) -> Node? {
    do {
      return try Parser(yaml: text, encoding: .utf8).singleRoot()
    } catch let error as YamlError {
      throw Self.error(error, text, path)
    } catch {
      throw SettingsError(path, 1, "\(error)")
    }
  }

  private static func value(_ node: Node, _ line: Int) -> Value {
    switch node {
    case .scalar: .one(Item(content: content(node), line: line))
    case .sequence(let items):
      .list(items.map { Item(content: content($0), line: $0.mark?.line ?? line) })
    case .mapping, .alias: .nested
    }
  }

  private static func content(_ node: Node) -> Content {
    guard case .scalar(let scalar) = node else { return .nested }
    let text = scalar.string
    let isPlain = scalar.style == .any || scalar.style == .plain
    return text.isEmpty || isPlain && (text == "null" || text == "~") ? .nothing : .text(text)
  }

  // MARK: Errors

  /// Refuses anchors and aliases before the parser copies anything for them.
  private static func refuseAliases(_ text: String, _ path: String) throws(SettingsError) {
    var before: Character = " "
    var line = 1
    var isComment = false
    var rest = Substring(text)
    while let character = rest.popFirst() {
      if character.isNewline {
        line += 1
        isComment = false
      } else if character == "#", before.isWhitespace {
        isComment = true
      } else if !isComment, character == "&" || character == "*", beginsNode(after: before),
        let next = rest.first, next.isASCII, next.isLetter || next.isNumber || "-_".contains(next)
      {
        throw SettingsError(
          path,
          line,
          "anchors and aliases (\(character)\(next)…) are not supported; write the value itself"
        )
      }
      before = character
    }
  }

  private static func beginsNode(after character: Character) -> Bool {
    character.isWhitespace || "[{,:?\"'".contains(character)
  }

  private static func error(_ error: YamlError, _ text: String, _ path: String) -> SettingsError {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return SettingsError(path, mark.line, "this is not YAML: \(problem)")
    case .reader(let problem, _, _, _):
      return SettingsError(path, 1, "this is not YAML: \(problem)")
    case .duplicatedKeysInMapping(let names, let context):
      let name = names.first ?? ""
      let line = secondLine(of: name, text) ?? context.mark.line
      return twice(name, line, path)
    default:
      return SettingsError(path, 1, "this is not YAML")
    }
  }

  private static func twice(_ name: String, _ line: Int, _ path: String) -> SettingsError {
    SettingsError(path, line, "\(name.prefix(64)) is there twice; remove one of them")
  }

  /// Returns the line of the second occurrence of a name at the beginning of a line.
  private static func secondLine(of name: String, _ text: String) -> Int? {
    var count = 0
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where line.drop(while: { $0 == "\"" || $0 == "'" }).hasPrefix(name) {
      count += 1
      if count == 2 { return index + 1 }
    }
    return nil
  }
}
