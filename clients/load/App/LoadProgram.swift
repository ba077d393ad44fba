import ArgumentParser
import ClientFlags
import PatronClient
import TTRPC

/// The whole program, except for the process around it.
struct LoadProgram: Sendable {
  /// Writes text to standard output.
  var output: @Sendable (String) -> Void
  /// Writes text to standard error.
  var errors: @Sendable (String) -> Void
  /// Returns a variable of the environment, or nil.
  var environment: @Sendable (String) -> String?
  /// True if standard error is a terminal.
  var showsProgress = false

  enum Status {
    static let ok: Int32 = 0
    static let local: Int32 = 1
    static let usage: Int32 = 2
    static let notOK: Int32 = 3
  }

  /// Runs one command line, without the program's name, and returns the exit status.
  func run(_ arguments: [String]) async -> Int32 {
    let command: LoadCommand
    do {
      command = try LoadCommand.parse(arguments)
    } catch {
      return refused(error)
    }
    do {
      return try await run(command)
    } catch let error as LoadError {
      errors("patron-load: \(error)\n")
      return error.kind == .usage ? Status.usage : Status.local
    } catch let error as RPCError {
      errors("patron-load: \(Self.text(error))\n")
      return Status.local
    } catch {
      errors("patron-load: \(error)\n")
      return Status.local
    }
  }

  private func run(_ command: LoadCommand) async throws -> Int32 {
    let request = try LoadRequest(command, environment: environment)
    for warning in request.warnings { errors("patron-load: warning: \(warning)\n") }
    var settings = request.settings
    settings.showsProgress = showsProgress
    var run = LoadRun(settings: settings, template: request.template)
    if showsProgress {
      run.onProgress = { interval, elapsed in
        errors("\r\u{1B}[K" + ProgressLine.text(interval, elapsed: elapsed))
      }
    }
    defer { if showsProgress { errors("\r\u{1B}[K") } }
    let result = try await run.run()
    if showsProgress { errors("\r\u{1B}[K") }
    switch command.output {
    case .text: output(TextReport(result: result, request: request.description).text)
    case .json: output(JSONReport(result: result, request: request.description).text)
    }
    if let path = command.hdr { try TextFile.write(result.statistics.response.table, to: path) }
    return result.isAllOK ? Status.ok : Status.notOK
  }

  /// Returns the message of a server's error with its code and reason, and advice if there is any.
  private static func text(_ error: RPCError) -> String {
    let text = SafeText.line(error.message, limit: SafeText.maxSentence)
    guard let reason = error.reason else { return "\(text) (\(error.code))" }
    let name = SafeText.line(reason, limit: SafeText.maxReason)
    let hint = AccessHint.text(for: reason).map { "\nhint: \($0)" } ?? ""
    return "\(text) (\(error.code), \(name))\(hint)"
  }

  private func refused(_ error: any Error) -> Int32 {
    let text = LoadCommand.fullMessage(for: error) + "\n"
    if LoadCommand.exitCode(for: error).isSuccess {
      output(text)
      return Status.ok
    }
    errors(text)
    return Status.usage
  }
}
