import PatronSettings

/// The settings that a start of the server takes: a flag wins over its environment variable, that
/// over the settings file, and that over the default.
struct StartSettings: Sendable {
  /// The source of a value.
  enum Origin: Sendable, Equatable {
    case flag
    case environment
    /// The line of the settings file, from 1.
    case file(line: Int)
    case standard

    /// The name of the source, as GetStatus has it.
    var name: String {
      switch self {
      case .flag: "flag"
      case .environment: "environment"
      case .file: "file"
      case .standard: "default"
      }
    }
  }

  /// A setting in force.
  struct Value: Sendable {
    let setting: Setting
    /// The value as the flag takes it; several for a list, none if it follows from others.
    let texts: [String]
    let origin: Origin

    /// The value for people and programs; empty for a secret.
    var text: String { setting.isSecret ? "" : texts.joined(separator: ",") }
  }

  /// Every setting, in the order of ``Setting/all``.
  let values: [Value]
  /// The path of the settings file; nil for none.
  let path: String?
  /// The arguments of `patrond` that set all these values.
  let arguments: [String]

  init(values: [Value], path: String?, arguments: [String]) {
    self.values = values
    self.path = path
    self.arguments = arguments
  }

  /// Reads the settings.
  ///
  /// - Parameter commandLine: The arguments without the program's name, with or without `serve`.
  /// - Throws: ``SettingsError``. Values of flags are checked by the command itself.
  init(commandLine: [String], environment: [String: String]) throws(SettingsError) {
    let given = commandLine.first == "serve" ? Array(commandLine.dropFirst()) : commandLine
    let flags = Self.flags(in: given)
    let path = flags["config"]?.last ?? Self.variable(.named("config"), environment)
    var file: [String: SettingsFile.Entry] = [:]
    if let path {
      for entry in try SettingsFile(path: path).entries { file[entry.name] = entry }
    }
    var values: [Value] = []
    var added: [String] = []
    for setting in Setting.all {
      let value = try Self.value(of: setting, flags[setting.name], environment, file[setting.name])
      values.append(value)
      if value.origin != .flag, value.origin != .standard {
        added += setting.arguments(value.texts)
      }
    }
    self.values = values
    self.path = path
    arguments = ["serve"] + added + given
  }

  /// Returns the value in force of a setting.
  func value(_ name: String) -> Value? { values.first { $0.setting.name == name } }

  /// Returns the settings whose values differ.
  func changes(to other: StartSettings) -> [Setting] {
    zip(values, other.values).compactMap { $0.texts == $1.texts ? nil : $0.setting }
  }

  /// Returns a line for each setting that a message names and that no flag has set.
  func sources(namedIn message: String) -> [String] {
    let words = Set(message.split { !($0.isLetter || $0.isNumber || $0 == "-") })
    return values.compactMap { value in
      guard words.contains(Substring(value.setting.flag)) else { return nil }
      switch value.origin {
      case .environment:
        return "note: \(value.setting.flag) is set by \(value.setting.variable)"
      case .file(let line):
        return "note: \(value.setting.flag) is set by \(path ?? "the settings file"):\(line)"
      case .flag, .standard: return nil
      }
    }
  }

  // MARK: Sources

  private static func value(
    of setting: Setting,
    _ flag: [String]?,
    _ environment: [String: String],
    _ entry: SettingsFile.Entry?
  ) throws(SettingsError) -> Value {
    if let flag {
      let texts = setting.kind == .list ? flag : Array(flag.suffix(1))
      return Value(setting: setting, texts: texts, origin: .flag)
    }
    if let text = variable(setting, environment) {
      let texts =
        setting.kind == .list ? text.split(separator: ",").map(String.init) : [text]
      guard !texts.isEmpty, texts.allSatisfy(setting.takes) else {
        throw SettingsError(
          "\(setting.variable) is \(text.prefix(64)); expected \(setting.expected)"
        )
      }
      return Value(setting: setting, texts: texts, origin: .environment)
    }
    if let entry {
      return Value(setting: setting, texts: entry.texts, origin: .file(line: entry.line))
    }
    let standard = setting.standard.isEmpty ? [] : [setting.standard]
    return Value(setting: setting, texts: standard, origin: .standard)
  }

  /// Returns the value of a setting's variable. An empty variable counts as missing.
  private static func variable(_ setting: Setting, _ environment: [String: String]) -> String? {
    environment[setting.variable].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Returns the values of the flags of a command line, by name. Other words are left to the
  /// command, which refuses them.
  private static func flags(in arguments: [String]) -> [String: [String]] {
    var found: [String: [String]] = [:]
    for (index, argument) in arguments.enumerated() {
      if argument == "--" { break }
      guard argument.hasPrefix("--") else { continue }
      let parts = argument.dropFirst(2).split(
        separator: "=",
        maxSplits: 1,
        omittingEmptySubsequences: false
      )
      let name = String(parts[0])
      if let setting = Setting.find(name) {
        switch setting.kind {
        case .off, .on: found[name] = ["true"]
        case .number, .choice, .text, .list:
          let next = index + 1 < arguments.count ? arguments[index + 1] : ""
          found[name, default: []].append(parts.count > 1 ? String(parts[1]) : next)
        }
      } else if name.hasPrefix("no-"), Setting.find(String(name.dropFirst(3)))?.kind == .on {
        found[String(name.dropFirst(3))] = ["false"]
      }
    }
    return found
  }
}
