import TestKit

/// The exit and output of a program that has ended.
struct Finished: Sendable {
  var exit: Exit
  var output: String
  var errors: String

  /// The lines of standard error.
  var errorLines: [Substring] { errors.split(separator: "\n") }
}

/// Runs of programs to their end.
enum Programs {
  /// Runs a program of the system, or the program at a path.
  static func run(
    _ path: String,
    _ arguments: [String],
    input: String? = nil,
    environment: [String: String] = [:],
    within limit: Duration = .seconds(60)
  ) async throws -> Finished {
    let folder = TemporaryDirectory()
    let given = try input.map { try folder.write("input", $0) }
    let child = try ChildProcess(
      path,
      arguments,
      environment: environment,
      input: given ?? "/dev/null",
      output: folder.file("output"),
      errors: folder.file("errors")
    )
    let exit = try await child.exit(within: limit)
    return Finished(
      exit: exit,
      output: Files.text(folder.file("output")),
      errors: Files.text(folder.file("errors"))
    )
  }

  static func patron(
    _ arguments: [String],
    at address: String? = nil,
    input: String? = nil,
    environment: [String: String] = [:],
    within limit: Duration = .seconds(60)
  ) async throws -> Finished {
    var environment = environment
    if let address { environment["PATRON_ADDRESS"] = address }
    return try await run(
      try Installation.program("patron"),
      arguments,
      input: input,
      environment: environment,
      within: limit
    )
  }

  /// Runs `patrond` to its end, for its commands and for failing starts.
  static func patrond(
    _ arguments: [String],
    within limit: Duration = .seconds(60)
  ) async throws -> Finished {
    try await run(try Installation.program("patrond"), arguments, within: limit)
  }
}
