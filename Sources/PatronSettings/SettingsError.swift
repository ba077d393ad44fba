/// A mistake in the settings, with its place: a variable, or a line of the settings file.
package struct SettingsError: Error, CustomStringConvertible, Equatable {
  package let description: String

  package init(_ description: String) { self.description = description }

  /// A mistake in the line of a file.
  package init(_ path: String, _ line: Int, _ text: String) {
    description = "\(path):\(line): \(text)"
  }
}
