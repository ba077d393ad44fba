import ArgumentParser
import Foundation
import PatronModel

/// The root command `patrond`: the server and the commands for its data directory.
@main
struct Patrond: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patrond",
    abstract: "Keep a shop's customers and their timelines, and serve them by RPC.",
    discussion: """
      Without a command it serves; without flags on 127.0.0.1:7420, from the directory \
      ./patron-data, which it creates if it is missing. SIGTERM and SIGINT finish the calls in \
      flight and stop the server. Settings are flags, variables PATRON_… or lines of a file: see \
      `patrond config --help`.
      """,
    version: ServerVersion.text,
    subcommands: [
      Serve.self, Config.self, Doctor.self, StatusCommand.self, Keys.self, Stores.self, Audit.self,
      Backup.self, Restore.self, Check.self, Compact.self, Generate.self,
    ],
    defaultSubcommand: Serve.self
  )

  /// Runs the command line. Wrong usage exits with status 2, as in `patron`.
  static func main() async {
    // The files hold personal data, so only their owner may read them.
    umask(0o077)
    // A file at its maximum size must fail the write, as a full disk does, and not kill the
    // process.
    signal(SIGXFSZ, SIG_IGN)
    var start: StartSettings?
    do {
      start = try startSettings()
      var command = try parseAsRoot(start?.arguments)
      if let serve = command as? Serve, let start {
        try await serve.run(start)
      } else if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      let message = unknownCommand ?? fullMessage(for: error)
      report(message)
      for line in start?.sources(namedIn: message) ?? [] { report(line) }
      Foundation.exit(2)
    }
  }
}

extension Patrond {
  /// Returns the settings of a start of the server; nil for another command, and for a request of
  /// help, which must work whatever the settings are.
  fileprivate static func startSettings() throws -> StartSettings? {
    let arguments = CommandLine.arguments.dropFirst()
    let informs = arguments.contains { word in
      ["-h", "--version"].contains(word)
        || ["--help", "--generate-", "--experimental-"].contains { word.hasPrefix($0) }
    }
    guard !informs, arguments.first.map({ $0 == "serve" || $0.hasPrefix("-") }) ?? true else {
      return nil
    }
    do {
      return try StartSettings.ofProcess()
    } catch {
      throw ValidationError("\(error)")
    }
  }
}

extension Patrond {
  /// The error for a first word that is not a command, or a second one that is not a command of the
  /// first; nil if there is none.
  fileprivate static var unknownCommand: String? {
    var command: any ParsableCommand.Type = Patrond.self
    var path = ""
    for word in CommandLine.arguments.dropFirst() {
      let subcommands = command.configuration.subcommands
      guard !subcommands.isEmpty, !word.hasPrefix("-"), word != "help" else { return nil }
      if let next = subcommands.first(where: { name(of: $0) == word }) {
        command = next
        path += word + " "
        continue
      }
      let names = subcommands.map(name)
      let near = NearestNames.of(word.lowercased(), among: names).first
      return "Error: there is no command `\(path)\(word.prefix(64))`; "
        + (near.map { "did you mean `\(path)\($0)`?" }
          ?? "the commands are \(names.joined(separator: ", "))")
    }
    return nil
  }

  private static func name(of command: any ParsableCommand.Type) -> String {
    command.configuration.commandName ?? "\(command)".lowercased()
  }
}

enum ServerVersion {
  static let text = "0.1.0"
}
