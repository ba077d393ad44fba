import ArgumentParser
import PatronClient

/// Runs one command line and turns every outcome into an exit status.
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
        // While a command runs it is known: the help of the whole program would not help.
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

  /// The command of a command line. A misspelt word is named before anything else that is wrong.
  private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
    // ArgumentParser's own command shows help of what it knows and is silent about the rest.
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

  /// 64 and the status code.
  static func status(of error: RPCError) -> Int32 {
    (0...63).contains(error.code.rawValue) ? 64 + error.code.rawValue : 64 + 2
  }

  /// ArgumentParser's text about a value of its own types, which are all numbers here, with what
  /// was expected.
  private static func completed(_ text: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines[0].contains("' is invalid for '"), lines[0].hasSuffix("'") {
      lines[0] += ": expected a whole number"
    }
    return lines.joined(separator: "\n")
  }

  /// What ArgumentParser threw: a request for help, wrong usage, or a plain exit status.
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

/// An error on this side: a file, a terminal, an argument that only the command can judge.
struct LocalError: Error, CustomStringConvertible {
  /// What was wrong, what was expected, what to do.
  var description: String
  /// 1 for local and I/O errors, 2 for usage.
  var status: Int32 = 1

  init(_ description: String) { self.description = description }

  static func usage(_ description: String) -> LocalError {
    var error = LocalError(description)
    error.status = 2
    return error
  }
}
