import ArgumentParser
import Foundation

/// The server and the commands for its data directory.
@main
struct Patrond: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patrond",
    abstract: "Keeps a shop's customers and their timelines, and serves them by RPC.",
    discussion: """
      Without a command it serves: with no flags at all on 127.0.0.1:7420, from the directory
      ./patron-data, which it makes when it is missing. SIGTERM or SIGINT makes it finish the calls
      in flight and stop.
      """,
    version: ServerVersion.text,
    subcommands: [Serve.self, Check.self, Generate.self],
    defaultSubcommand: Serve.self
  )

  /// Runs the command line. Wrong usage is exit status 2, as it is with `patron`.
  static func main() async {
    // The files hold personal data: nobody but the owner reads them.
    umask(0o077)
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      report(fullMessage(for: error))
      Foundation.exit(2)
    }
  }
}

/// The version of the server.
enum ServerVersion {
  static let text = "0.1.0"
}
