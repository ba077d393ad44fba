import ArgumentParser

/// The options of commands that take many records from a file.
struct BatchFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Take NDJSON, one record a line, from a file, or from standard input with `-`.",
      valueName: "file|-"
    ),
    completion: .file()
  )
  var batch: String?

  @Option(
    help: ArgumentHelp(
      "Where rejected lines go, with their numbers and reasons. The file is there only "
        + "when there are any. (default: rejects.ndjson)",
      valueName: "file"
    ),
    completion: .file()
  )
  var rejects: String?

  @Option(help: ArgumentHelp("Records in one call, 1 to 1000.", valueName: "count"))
  var batchSize = 1000

  func validate() throws {
    guard (1...1000).contains(batchSize) else {
      throw ValidationError("--batch-size is \(batchSize); expected 1 to 1000.")
    }
    guard batch != nil || rejects == nil else {
      throw ValidationError("--rejects goes with --batch.")
    }
  }
}
