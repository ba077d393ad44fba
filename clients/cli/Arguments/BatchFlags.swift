import ArgumentParser

/// The flags of commands that read many records from a file.
struct BatchFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Read NDJSON, one record per line, from a file, or from standard input with `-`.",
      valueName: "file|-"
    ),
    completion: .file()
  )
  var batch: String?

  @Option(
    help: ArgumentHelp(
      "The file for rejected lines, with their numbers and reasons. It is written only "
        + "if there are any. (default: rejects.ndjson)",
      valueName: "file"
    ),
    completion: .file()
  )
  var rejects: String?

  @Option(help: ArgumentHelp("Records per call, 1 to 1000.", valueName: "count"))
  var batchSize = 1000

  func validate() throws {
    guard (1...1000).contains(batchSize) else {
      throw ValidationError("--batch-size is \(batchSize); expected 1 to 1000.")
    }
    guard batch != nil || rejects == nil else {
      throw ValidationError("--rejects requires --batch.")
    }
  }
}
