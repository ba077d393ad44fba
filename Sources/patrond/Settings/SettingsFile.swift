import Foundation
import PatronSettings

/// The settings of a YAML file: names of the table of settings, with values that these take.
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
    var entries: [Entry] = []
    for entry in try SettingsText(text, path: path).entries {
      entries.append(try Self.entry(entry, path))
    }
    self.entries = entries
  }

  private static func entry(
    _ entry: SettingsText.Entry,
    _ path: String
  ) throws(SettingsError) -> Entry {
    let name = entry.name
    guard let setting = Setting.find(name), setting.isInFile else {
      let near = Setting.nearest(to: name).map { "; did you mean \($0)?" }
      throw SettingsError(
        path,
        entry.line,
        "\(name.prefix(64)) is no setting" + (near ?? "; `patrond config template` lists them")
      )
    }
    let texts: [String]
    switch entry.value {
    case .one(let item): texts = [try text(of: item, setting, path)]
    case .list(let items) where setting.kind == .list:
      guard !items.isEmpty else { throw noValue(setting, entry.line, path) }
      var found: [String] = []
      for item in items { found.append(try text(of: item, setting, path)) }
      texts = found
    case .list, .nested:
      throw SettingsError(
        path,
        entry.line,
        "\(name) takes one value; expected \(setting.expected)"
      )
    }
    return Entry(name: name, texts: texts, line: entry.line)
  }

  private static func text(
    of item: SettingsText.Item,
    _ setting: Setting,
    _ path: String
  ) throws(SettingsError) -> String {
    switch item.content {
    case .nothing: throw noValue(setting, item.line, path)
    case .nested:
      throw SettingsError(path, item.line, "\(setting.name): expected a list of texts")
    case .text(let text):
      guard setting.takes(text) else {
        throw SettingsError(
          path,
          item.line,
          "\(setting.name) is \(text.prefix(64)); expected \(setting.expected)"
        )
      }
      return text
    }
  }

  private static func noValue(_ setting: Setting, _ line: Int, _ path: String) -> SettingsError {
    SettingsError(
      path,
      line,
      "\(setting.name) has no value; expected \(setting.expected), or remove the line"
    )
  }
}
