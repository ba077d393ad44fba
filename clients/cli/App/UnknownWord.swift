import ArgumentParser
import PatronClient

/// Finds the unknown command or option in a refused command line, or the negative number that was
/// parsed as an option.
enum UnknownWord {
  /// Returns a message with a suggestion, or nil if all commands and options exist.
  static func text(in arguments: [String]) -> String? {
    var command: any ParsableCommand.Type = Patron.self
    var path = ["patron"]
    var options = options(of: command)
    var index = arguments.startIndex
    while index < arguments.endIndex, arguments[index] != "--" {
      let word = arguments[index]
      index += 1
      if word.hasPrefix("--") {
        let name = String(word.prefix { $0 != "=" })
        guard let takesValue = options[name] else { return noOption(name, path, options) }
        // ArgumentParser never takes a word with a leading hyphen as a value, except after `=`.
        guard takesValue, name == word, index < arguments.endIndex else { continue }
        if isNegative(arguments[index]) { return negative(arguments[index], name) }
        if !arguments[index].hasPrefix("-") { index += 1 }
      } else if word.hasPrefix("-") {
        if options[word] == true { index += 1 }
      } else if !command.configuration.subcommands.isEmpty {
        if word == "help" { return nil }
        guard let next = subcommand(word, of: command) else {
          return noCommand(word, path, command)
        }
        command = next
        path.append(next.configuration.commandName ?? word)
        options = self.options(of: next)
      }
    }
    return nil
  }

  private static func isNegative(_ word: String) -> Bool {
    word.hasPrefix("-") && word.dropFirst().first.map { $0.isNumber || $0 == "." } ?? false
  }

  private static func negative(_ word: String, _ name: String) -> String {
    let word = SafeText.line(word)
    return "`\(name) \(word)`: a value that begins with a hyphen is parsed as an option; "
      + "write `\(name)=\(word)`"
  }

  private static func subcommand(
    _ name: String,
    of command: any ParsableCommand.Type
  ) -> (any ParsableCommand.Type)? {
    command.configuration.subcommands.first {
      $0.configuration.commandName == name || $0.configuration.aliases.contains(name)
    }
  }

  private static func noCommand(
    _ word: String,
    _ path: [String],
    _ command: any ParsableCommand.Type
  ) -> String {
    let names = command.configuration.subcommands.compactMap { $0.configuration.commandName }
    return "there is no command `\((path + [SafeText.line(word)]).joined(separator: " "))`; "
      + (Nearest.name(to: word, among: names).map { "did you mean `\($0)`?" }
        ?? "the commands are \(names.joined(separator: ", "))")
  }

  private static func noOption(
    _ name: String,
    _ path: [String],
    _ options: [String: Bool]
  ) -> String {
    let names = options.keys.filter { $0.hasPrefix("--") }.sorted()
    let help = "`\(path.joined(separator: " ")) --help` lists the options"
    let longer = names.filter { $0.hasPrefix(name + "-") }
    let near =
      (Nearest.name(to: name, among: names) ?? (longer.count == 1 ? longer[0] : nil))
      .map { "did you mean `\($0)`? " } ?? ""
    return "there is no option `\(SafeText.line(name))`; \(near)\(help)"
  }

  /// Returns the options of a command and whether each takes a value. ArgumentParser exposes them
  /// only in its help text, where the line of an option begins with two spaces and a hyphen.
  private static func options(of command: any ParsableCommand.Type) -> [String: Bool] {
    var result = ["--help": false, "--version": false, "--generate-completion-script": true]
    let help = Patron.helpMessage(for: command, includeHidden: true, columns: 10_000)
    for line in help.split(separator: "\n") where line.hasPrefix("  -") {
      var names = [String]()
      var takesValue = false
      for word in line.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "/" }) {
        if word.hasPrefix("<") { takesValue = true }
        guard word.hasPrefix("-") else { break }
        names.append(String(word))
      }
      for name in names { result[name] = takesValue }
    }
    return result
  }
}
