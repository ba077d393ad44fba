/// A mistake in the settings, with its place: a variable, or a line of the settings file.
struct SettingsError: Error, CustomStringConvertible, Equatable {
  let description: String

  init(_ description: String) { self.description = description }

  /// A mistake in the line of a file.
  init(_ path: String, _ line: Int, _ text: String) {
    description = "\(path):\(line): \(text)"
  }
}
