import Foundation
import PatronClient
import Synchronization
import TestKit

@testable import patron

/// The exit status and output of a command line.
struct CommandOutcome {
  var status: Int32
  var out: String
  var err: String
}

/// Runs a command line in this process against a fake server.
func patron(
  _ arguments: String...,
  server: FakeServer = FakeServer(),
  input: String? = nil,
  variables: [String: String] = [:],
  terminal: Bool = false,
  columns: Int = 100
) async throws -> CommandOutcome {
  try await patron(
    arguments,
    server: server,
    input: input,
    variables: variables,
    terminal: terminal,
    columns: columns
  )
}

/// Runs a command line, given as an array, in this process against a fake server.
func patron(
  _ arguments: [String],
  server: FakeServer = FakeServer(),
  input: String? = nil,
  variables: [String: String] = [:],
  terminal: Bool = false,
  columns: Int = 100
) async throws -> CommandOutcome {
  let stdin = try TemporaryFile(input ?? "")
  let descriptor = open(stdin.path, O_RDONLY)
  defer { close(descriptor) }
  let outBox = TextBox()
  let errBox = TextBox()
  let environment = CLIEnvironment(
    variables: variables,
    out: { outBox.append($0) },
    err: { errBox.append($0) },
    input: descriptor,
    inputIsTerminal: terminal,
    outputIsTerminal: terminal,
    errorIsTerminal: terminal,
    columns: columns,
    connect: { address, options in
      // The real client checks addresses and options in the same way.
      _ = try PatronClient(address: address, options: options)
      server.connected(address, options)
      return PatronClient(channel: server)
    }
  )
  let status = await CLIEnvironment.$current.withValue(environment) {
    await CommandLineRun.run(arguments)
  }
  return CommandOutcome(status: status, out: outBox.text, err: errBox.text)
}

/// Text that several tasks append to.
final class TextBox: Sendable {
  private let content = Mutex("")

  var text: String { content.withLock { $0 } }

  func append(_ more: String) { content.withLock { $0 += more } }
}

/// A file in a directory of its own.
struct TemporaryFile {
  private let directory = TemporaryDirectory()
  let path: String

  init(_ text: String = "") throws { path = try directory.write("text", text) }

  var text: String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

  var lines: [Substring] { text.split(separator: "\n") }
}
