import ArgumentParser
import PatronClient

/// Runs one command line and maps every outcome to an exit status.
enum CommandLineRun {
  /// Runs `arguments` in the current ``CLIEnvironment``. Returns the exit status; see
  /// `patron --help`.
  static func run(_ arguments: [String]) async -> Int32 {
    let environment = CLIEnvironment.current
    do {
      let command = try parse(arguments)
      do {
        try await execute(command)
      } catch let error as ValidationError {
        // The command is known at this point, so the usage of the whole program would not help.
        throw LocalError.usage(error.message)
      }
      return 0
    } catch let error as RPCError {
      environment.err(ErrorText.text(error, Style(colors: environment.errorHasColors)))
      return status(of: error)
    } catch let error as LocalError {
      environment.err(ErrorText.text(error, Style(colors: environment.errorHasColors)))
      return error.status
    } catch {
      return report(error, environment)
    }
  }

  /// Parses a command line. An unknown command or option is reported before any other error.
  private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
    // ArgumentParser's `help` command ignores words that it does not know.
    if arguments.first == "help", let text = UnknownWord.text(in: Array(arguments.dropFirst())) {
      throw LocalError.usage(text)
    }
    do {
      return try Patron.parseAsRoot(arguments)
    } catch let error where Patron.exitCode(for: error) == .validationFailure {
      if let text = UnknownWord.text(in: arguments) { throw LocalError.usage(text) }
      throw error
    }
  }

  private static func execute(_ command: any ParsableCommand) async throws {
    var command = command
    if var asynchronous = command as? any AsyncParsableCommand {
      try await asynchronous.run()
    } else {
      try command.run()
    }
  }

  /// Returns 64 plus the status code; codes outside 0...63 count as UNKNOWN.
  static func status(of error: RPCError) -> Int32 {
    (0...63).contains(error.code.rawValue) ? 64 + error.code.rawValue : 64 + 2
  }

  /// Returns ArgumentParser's message with the expected value added. All options that reach this
  /// are whole numbers.
  private static func completed(_ text: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines[0].contains("' is invalid for '"), lines[0].hasSuffix("'") {
      lines[0] += ": expected a whole number"
    }
    return lines.joined(separator: "\n")
  }

  /// Reports an error thrown by ArgumentParser: a request for help, wrong usage or a plain exit
  /// status.
  private static func report(_ error: any Error, _ environment: CLIEnvironment) -> Int32 {
    let code = Patron.exitCode(for: error)
    let text = Patron.fullMessage(for: error)
    if code == .success {
      if !text.isEmpty { environment.out(text + "\n") }
      return 0
    }
    if !text.isEmpty && !(error is ExitCode) { environment.err(completed(text) + "\n") }
    return code == .validationFailure ? 2 : code.rawValue
  }
}

/// An error on the client's side: a file, a terminal, or an argument that only the command can
/// check.
struct LocalError: Error, CustomStringConvertible {
  /// The message: what was wrong, what is expected, what to do.
  var description: String
  /// The exit status: 1 for local and I/O errors, 2 for wrong usage.
  var status: Int32 = 1

  init(_ description: String) { self.description = description }

  /// Creates the error of an address, a key or TLS: wrong usage, unless a file cannot be read.
  init(access error: RPCError) {
    description = error.message
    if error.code == .invalidArgument { status = 2 }
  }

  static func usage(_ description: String) -> LocalError {
    var error = LocalError(description)
    error.status = 2
    return error
  }
}
