import Synchronization

@testable import patron_load

/// The exit status and output of one run in this process.
struct ProgramRun: Sendable {
  let status: Int32
  let output: String
  let errors: String

  static func run(
    _ arguments: [String],
    environment: [String: String] = [:]
  ) async -> ProgramRun {
    let output = TextSink()
    let errors = TextSink()
    let program = LoadProgram(
      output: { output.add($0) },
      errors: { errors.add($0) },
      environment: { environment[$0] }
    )
    let status = await program.run(arguments)
    return ProgramRun(status: status, output: output.text, errors: errors.text)
  }
}

/// Text that any thread may append to.
final class TextSink: Sendable {
  private let content = Mutex("")

  var text: String { content.withLock { $0 } }

  func add(_ more: String) { content.withLock { $0 += more } }
}
