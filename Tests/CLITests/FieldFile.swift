import Foundation

/// Inputs as other programs write them, in Tests/Field.
enum FieldFile {
  /// The path of a file, found from this one.
  static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Field").appending(path: name).path
  }
}
