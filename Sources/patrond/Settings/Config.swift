import ArgumentParser
import Foundation
import TTRPCNIO

/// The command `patrond config`.
struct Config: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show and check the settings that a start of the server would take.",
    discussion: """
      A setting is a flag of `patrond serve`, an environment variable, or a line of the YAML file \
      that --config or PATRON_CONFIG names. A flag wins over the variable, and that over the file. \
      Names in the file are those of the flags: `max-calls: 100` is --max-calls 100 and \
      PATRON_MAX_CALLS=100.

      EXAMPLES
        patrond config template > patron.yaml
        patrond config check --config patron.yaml
        patrond config show --config patron.yaml -- --threads 4
      """,
    subcommands: [ConfigShow.self, ConfigCheck.self, ConfigTemplate.self]
  )
}

/// The flags that name the settings of a start.
struct ConfigOptions: ParsableArguments {
  @Option(help: .setting("config")) var config: String?

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp("Flags of `patrond serve`, behind --.", valueName: "flag")
  )
  var flags: [String] = []

  /// Reads the settings, and parses the command that they make.
  ///
  /// - Throws: a usage error for a mistake in them.
  func read() throws -> (settings: StartSettings, command: Serve) {
    let settings: StartSettings
    do {
      settings = try StartSettings(
        commandLine: (config.map { ["--config=\($0)"] } ?? []) + flags,
        environment: ProcessInfo.processInfo.environment
      )
    } catch {
      throw ValidationError("\(error)")
    }
    do {
      return (settings, try Serve.parse(Array(settings.arguments.dropFirst())))
    } catch {
      let message = Serve.message(for: error)
      throw ValidationError(
        ([message] + settings.sources(namedIn: message)).joined(separator: "\n")
      )
    }
  }
}

struct ConfigShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show every setting with its value and where that comes from.",
    discussion: """
      Nothing asks a running server; `patrond status` does.

      EXAMPLES
        patrond config show
        patrond config show --config patron.yaml --output json
      """
  )

  @OptionGroup var options: ConfigOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let (settings, _) = try options.read()
    try output.print(settings.values.map(Row.init)) {
      var table = PlainTable(["SETTING", "VALUE", "FROM"])
      for value in settings.values {
        table.add([value.setting.name, Self.text(value), Self.origin(value, settings.path)])
      }
      return table.text
    }
  }

  private static func text(_ value: StartSettings.Value) -> String {
    if value.setting.isSecret, !value.texts.isEmpty { return "(secret)" }
    return value.texts.isEmpty ? "(\(value.setting.standardText))" : value.text
  }

  private static func origin(_ value: StartSettings.Value, _ path: String?) -> String {
    switch value.origin {
    case .flag: "flag"
    case .environment: value.setting.variable
    case .file(let line): "\(path ?? "file"):\(line)"
    case .standard: "default"
    }
  }

  /// A setting in JSON.
  private struct Row: Encodable {
    let name: String
    let value: String
    let origin: String
    let line: Int?
    let isReloadable: Bool

    init(_ value: StartSettings.Value) {
      name = value.setting.name
      self.value = value.text
      origin = value.origin.name
      if case .file(let line) = value.origin { self.line = line } else { line = nil }
      isReloadable = value.setting.isReloadable
    }
  }
}

struct ConfigCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check the settings without starting anything.",
    discussion: """
      Exit status: 0 if a server can start with them, 2 for a mistake, whose place is printed. \
      Certificates are read too. Nothing is created.

      EXAMPLES
        patrond config check --config patron.yaml
      """
  )

  @OptionGroup var options: ConfigOptions

  func run() throws {
    let (settings, command) = try options.read()
    _ = try command.plan { wanted, _ in wanted }
    do {
      try command.tls.settings()?.check()
    } catch {
      throw ValidationError("\(error)")
    }
    for name in settings.misspeltVariables(in: ProcessInfo.processInfo.environment) {
      report("warning: \(name.found) is no setting; did you mean \(name.meant)?")
    }
    let set = settings.values.count { $0.origin != .standard }
    try StandardOutput.write("ok: \(CountText.of(set, "setting")) beside the defaults\n")
  }
}

struct ConfigTemplate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "template",
    abstract: "Print a settings file with every setting and its default, all commented out.",
    discussion: """
      EXAMPLES
        patrond config template > patron.yaml
      """
  )

  func run() throws {
    var text = """
      # Settings of `patrond serve --config FILE`. Flags and variables PATRON_… win over them.
      # `patrond config check --config FILE` checks this file.

      """
    for setting in Setting.all where setting.isInFile {
      text += "\n" + Self.lines(setting)
    }
    try StandardOutput.write(text)
  }

  private static func lines(_ setting: Setting) -> String {
    var help = setting.help + "."
    if setting.standard.isEmpty { help += " Default: \(setting.standardText)." }
    if setting.isReloadable { help += " SIGHUP reloads it." }
    let text = TextLines.wrapped(help, width: 98).map { "# \($0)\n" }.joined()
    // Quotes keep octal numbers and addresses from being read as something else.
    let quotes = Int(setting.standard) != nil && !setting.standard.hasPrefix("0") ? "" : "\""
    let isBool = setting.kind == .on || setting.kind == .off
    let value =
      isBool || setting.standard == "0" ? setting.standard : quotes + setting.standard + quotes
    return text + "#\(setting.name): \(value)\n"
  }
}
