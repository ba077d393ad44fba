import ArgumentParser
import Foundation
import PatronModel

/// The server and the commands for its data directory.
@main
struct Patrond: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patrond",
    abstract: "Keeps a shop's customers and their timelines, and serves them by RPC.",
    discussion: """
      Without a command it serves: with no flags at all on 127.0.0.1:7420, from the \
      directory ./patron-data, which it makes when it is missing. SIGTERM or SIGINT makes it \
      finish the calls in flight and stop.
      """,
    version: ServerVersion.text,
    subcommands: [Serve.self, Check.self, Compact.self, Generate.self],
    defaultSubcommand: Serve.self
  )

  /// Runs the command line. Wrong usage is exit status 2, as it is with `patron`.
  static func main() async {
    // The files hold personal data: nobody but the owner reads them.
    umask(0o077)
    // A file at its greatest size is an error of the write, as a full disk is, and no end.
    signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      report(unknownCommand ?? fullMessage(for: error))
      Foundation.exit(2)
    }
  }
}

extension Patrond {
  /// What is wrong when the first argument is a word that is no command.
  fileprivate static var unknownCommand: String? {
    guard let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-") else {
      return nil
    }
    let names = configuration.subcommands.map { "\($0)".lowercased() }
    if names.contains(word) || word == "help" { return nil }
    let near = NearestNames.of(word.lowercased(), among: names).first
    return "Error: there is no command `\(word.prefix(64))`; "
      + (near.map { "did you mean `\($0)`?" }
        ?? "the commands are serve, check, compact and generate")
  }
}

/// The version of the server.
enum ServerVersion {
  static let text = "0.1.0"
}
