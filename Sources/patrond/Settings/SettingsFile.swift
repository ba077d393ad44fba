import Foundation
import Yams

/// The settings of a YAML file: one mapping from names to a value, or to a list of values. Anchors,
/// aliases and nested mappings are refused, because nothing needs them.
struct SettingsFile: Sendable, Equatable {
  /// The values of one name.
  struct Entry: Sendable, Equatable {
    let name: String
    let texts: [String]
    /// The line of the name, from 1.
    let line: Int
  }

  let entries: [Entry]

  /// The largest file that is read, in bytes.
  static let maxBytes = 64 << 10

  /// Reads a file.
  ///
  /// - Throws: ``SettingsError`` with the line of the first mistake.
  init(path: String) throws(SettingsError) {
    let data: Data
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? file.close() }
      data = try file.read(upToCount: Self.maxBytes + 1) ?? Data()
    } catch {
      throw SettingsError(
        "cannot read the settings file \(path): \(error.localizedDescription); correct --config "
          + "or PATRON_CONFIG"
      )
    }
    guard data.count <= Self.maxBytes else {
      throw SettingsError("the settings file \(path) has more than \(Self.maxBytes >> 10) KiB")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw SettingsError("the settings file \(path) is not UTF-8 text")
    }
    try self.init(text: text, path: path)
  }

  /// Reads the text of a file; `path` is for errors.
  init(text: String, path: String) throws(SettingsError) {
    try Self.refuseAliases(text, path)
    guard let root = try Self.root(text, path) else {
      entries = []
      return
    }
    guard case .mapping(let mapping) = root else {
      throw SettingsError(path, root.mark?.line ?? 1, "expected lines such as `max-calls: 100`")
    }
    var entries: [Entry] = []
    for (key, value) in mapping { entries.append(try Self.entry(key, value, path)) }
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

  private static func entry(
    _ key: Node,
    _ value: Node,
    _ path: String
  ) throws(SettingsError) -> Entry {
    let line = key.mark?.line ?? 1
    guard case .scalar(let scalar) = key else {
      throw SettingsError(path, line, "expected the name of a setting before the colon")
    }
    let name = scalar.string
    guard let setting = Setting.find(name), setting.isInFile else {
      let near = Setting.nearest(to: name).map { "; did you mean \($0)?" }
      throw SettingsError(
        path,
        line,
        "\(name.prefix(64)) is no setting" + (near ?? "; `patrond config template` lists them")
      )
    }
    let texts: [String]
    switch value {
    case .scalar(let scalar): texts = [try text(of: scalar, setting, line, path)]
    case .sequence(let items) where setting.kind == .list:
      var found: [String] = []
      for item in items {
        guard case .scalar(let scalar) = item else {
          throw SettingsError(path, item.mark?.line ?? line, "\(name): expected a list of texts")
        }
        found.append(try text(of: scalar, setting, item.mark?.line ?? line, path))
      }
      guard !found.isEmpty else { throw noValue(setting, line, path) }
      texts = found
    case .sequence, .mapping, .alias:
      throw SettingsError(path, line, "\(name) takes one value; expected \(setting.expected)")
    }
    return Entry(name: name, texts: texts, line: line)
  }

  private static func text(
    of scalar: Node.Scalar,
    _ setting: Setting,
    _ line: Int,
    _ path: String
  ) throws(SettingsError) -> String {
    let text = scalar.string
    let isPlain = scalar.style == .any || scalar.style == .plain
    guard !text.isEmpty, !(isPlain && (text == "null" || text == "~")) else {
      throw noValue(setting, line, path)
    }
    guard setting.takes(text) else {
      throw SettingsError(
        path,
        line,
        "\(setting.name) is \(text.prefix(64)); expected \(setting.expected)"
      )
    }
    return text
  }

  private static func noValue(_ setting: Setting, _ line: Int, _ path: String) -> SettingsError {
    SettingsError(
      path,
      line,
      "\(setting.name) has no value; expected \(setting.expected), or remove the line"
    )
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
      return SettingsError(path, line, "\(name.prefix(64)) is there twice; remove one of them")
    default:
      return SettingsError(path, 1, "this is not YAML")
    }
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
