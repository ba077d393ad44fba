import ArgumentParser

/// The layout of a file, as flags.
struct ImportLayoutFlags: ParsableArguments {
  @Option(
    name: .customLong("map"),
    help: ArgumentHelp(
      "What a column is: 'First Name=first_name'; without a name behind the = it is left out. "
        + "Repeatable.",
      valueName: "name=column"
    )
  )
  var map: [String] = []

  @Option(
    help: ArgumentHelp("A file of such lines; # begins a remark.", valueName: "file"),
    completion: .file()
  )
  var mapFile: String?

  @Option(
    help: ArgumentHelp(
      "Whose export it is: \(ImportPreset.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "program"
    )
  )
  var preset: ImportPreset?

  @Option(
    help: ArgumentHelp(
      "What separates cells: comma, semicolon, tab, or a character. (default: what the header has)",
      valueName: "delimiter"
    ),
    transform: { text in
      guard let delimiter = DelimiterArgument.parse(text) else {
        throw ValidationError("Expected comma, semicolon, tab, or one character such as |.")
      }
      return delimiter
    }
  )
  var delimiter: UInt8?

  /// Reads the flags and the file of the map.
  func columnMap() throws(LocalError) -> ColumnMap { try ColumnMap(map, file: mapFile) }
}
