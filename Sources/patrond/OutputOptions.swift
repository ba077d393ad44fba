import ArgumentParser
import Foundation
import ProtobufC

/// The form of what a command prints on standard output.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case table
  case json
}

/// The flag for the form of the output.
struct OutputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: "Form of the output: a table for people, or JSON for programs."
  )
  var output: OutputFormat = .table

  /// Prints a response as JSON, or as the text that `table` returns.
  func print<Response: Message>(_ response: Response, _ table: () -> String) throws {
    let text =
      switch output {
      case .json: try response.json(JSONWriteOptions(pretty: true)) + "\n"
      case .table: table()
      }
    try StandardOutput.write(text)
  }

  /// Prints values that are no messages as JSON, or as the text that `table` returns.
  func print(_ values: some Encodable, _ table: () -> String) throws {
    guard output == .json else { return try StandardOutput.write(table()) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(values), as: UTF8.self)
    try StandardOutput.write(text + "\n")
  }
}

/// Standard output. Its failures are errors: a key that was not written is lost.
enum StandardOutput {
  /// Writes all of `text`.
  ///
  /// - Throws: ``Failure``, for example when the disk is full or a pipe was closed.
  static func write(_ text: String) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    } catch {
      throw Failure(description: "cannot write to standard output: \(error.localizedDescription)")
    }
  }
}
