import ArgumentParser

/// The flags that describe the layout of an import file.
struct ImportLayoutFlags: ParsableArguments {
  @Option(
    name: .customLong("map"),
    help: ArgumentHelp(
      "Maps a column of the file: 'First Name=first_name'. An empty name after the = ignores it. "
        + "Repeatable.",
      valueName: "name=column"
    )
  )
  var map: [String] = []

  @Option(
    help: ArgumentHelp(
      "A file with one such mapping per line; # begins a comment.",
      valueName: "file"
    ),
    completion: .file()
  )
  var mapFile: String?

  @Option(
    help: ArgumentHelp(
      "The program that exported the file: "
        + "\(ImportPreset.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "program"
    )
  )
  var preset: ImportPreset?

  @Option(
    help: ArgumentHelp(
      "Separator of cells: comma, semicolon, tab, or a character. (default: found in the header)",
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

  /// Returns the map of `--map` and `--map-file`.
  func columnMap() throws(LocalError) -> ColumnMap { try ColumnMap(map, file: mapFile) }
}
