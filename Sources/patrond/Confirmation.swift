import ArgumentParser
import Foundation

/// The confirmation of an operation that cannot be undone.
enum Confirmation {
  /// Checks that there is a terminal to ask on, unless `yes` is true. Call it where a command line
  /// is validated, so that the error comes with the usage of the command. `command` is the command
  /// line without `--yes`.
  ///
  /// - Throws: a usage error if there is no terminal.
  static func check(_ command: String, given yes: Bool) throws {
    if yes { return }
    guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else {
      throw ValidationError(
        "this cannot be undone, and there is no terminal to confirm it on; add --yes, as in "
          + "`\(command) --yes`."
      )
    }
  }

  /// Asks on the terminal, unless `yes` is true. The answer is `word`.
  ///
  /// - Throws: ``Failure`` if the answer is another.
  static func require(_ question: String, answer word: String, given yes: Bool) throws {
    if yes { return }
    FileHandle.standardError.write(Data("\(question)\nType `\(word)` to go on: ".utf8))
    guard readLine()?.filter({ !$0.isWhitespace }) == word else {
      throw Failure(description: "nothing was changed")
    }
  }
}
